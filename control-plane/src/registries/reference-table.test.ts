import { describe, expect, test } from "vitest";
import { familiarName, normalizedName, parseReference } from "./reference.ts";

/*
 * What public tests of reference parsers say: those of distribution/reference, regclient and
 * go-containerregistry. The inputs and outcomes are facts of the grammar.
 *
 * Four things are ours: a port above 65535 is refused; a domain is compared in lower case; 255 characters are domain and path
 * together, as older engines count; and a text such as `sha256:…`, which the grammar takes for the
 * name "sha256" with a tag, is told from a name where engines give ids (`isImageId`).
 */

const f64 = "f".repeat(64);
const id = "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a";
const long = "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev";
const hub = "docker.io";

describe("are read", () => {
  test.each<[string, string, string, string | null, string | null]>([
    ["test_com", hub, "library/test_com", null, null],
    ["test.com:tag", hub, "library/test.com", "tag", null],
    ["test.com:5000", hub, "library/test.com", "5000", null],
    ["test.com/repo:tag", "test.com", "repo", "tag", null],
    ["test:5000/repo", "test:5000", "repo", null, null],
    ["test:5000/repo:tag", "test:5000", "repo", "tag", null],
    [`test:5000/repo@sha256:${f64}`, "test:5000", "repo", null, `sha256:${f64}`],
    [`test:5000/repo:tag@sha256:${f64}`, "test:5000", "repo", "tag", `sha256:${f64}`],
    ["lowercase:Uppercase", hub, "library/lowercase", "Uppercase", null],
    [
      "sub-dom1.foo.com/bar/baz/quux:some-long-tag",
      "sub-dom1.foo.com",
      "bar/baz/quux",
      "some-long-tag",
      null,
    ],
    [
      "b.gcr.io/test.example.com/my-app:test.example.com",
      "b.gcr.io",
      "test.example.com/my-app",
      "test.example.com",
      null,
    ],
    ["xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com", "myimage", "xn--n3h.com", null],
    [
      `xn--7o8h.com/myimage:v1@sha512:${f64}${f64}`,
      "xn--7o8h.com",
      "myimage",
      "v1",
      `sha512:${f64}${f64}`,
    ],
    ["foo_bar.com:8080", hub, "library/foo_bar.com", "8080", null],
    ["foo/foo_bar.com:8080", hub, "foo/foo_bar.com", "8080", null],
    ["192.168.1.1", hub, "library/192.168.1.1", null, null],
    ["192.168.1.1:tag", hub, "library/192.168.1.1", "tag", null],
    ["192.168.1.1:5000", hub, "library/192.168.1.1", "5000", null],
    ["192.168.1.1/repo", "192.168.1.1", "repo", null, null],
    ["192.168.1.1:5000/repo:5050", "192.168.1.1:5000", "repo", "5050", null],
    ["192.168.0.1:8/debian", "192.168.0.1:8", "debian", null, null],
    ["[2001:db8::1]/repo", "[2001:db8::1]", "repo", null, null],
    ["[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]", "repo", "tag", null],
    ["[2001:db8::]:5000/repo", "[2001:db8::]:5000", "repo", null, null],
    [
      `[2001:db8::1]:5000/repo:tag@sha256:${f64}`,
      "[2001:db8::1]:5000",
      "repo",
      "tag",
      `sha256:${f64}`,
    ],
    ["[::1]:5000/repo", "[::1]:5000", "repo", null, null],
    ["[fc00::1]:5000/docker/docker", "[fc00::1]:5000", "docker/docker", null, null],
    [`localhost:8080@sha256:${f64}`, hub, "library/localhost", "8080", `sha256:${f64}`],
    [`localhost@sha256:${f64}`, hub, "library/localhost", null, `sha256:${f64}`],
    ["localhost/testimage", "localhost", "testimage", null, null],
    ["localhost:8080/bar", "localhost:8080", "bar", null, null],
    [long, hub, `library/${long}`, null, null],
    // With its domain, it cannot be meant as an id.
    [`docker.io/${id}`, hub, `library/${id}`, null, null],
    [`docker.io/library/${id}`, hub, `library/${id}`, null, null],
    ["dbcc1", hub, "library/dbcc1", null, null],
    [id.slice(1), hub, `library/${id.slice(1)}`, null, null],
    ["0", hub, "library/0", null, null],
    ["d/docker", hub, "d/docker", null, null],
    ["docker---rules/docker", hub, "docker---rules/docker", null, null],
    ["dock__er/docker", hub, "dock__er/docker", null, null],
    ["test_com/foo", hub, "test_com/foo", null, null],
    ["docker/migrator", hub, "docker/migrator", null, null],
    ["Foo/bar", "foo", "bar", null, null],
    ["DOCKER/docker", "docker", "docker", null, null],
    ["Asdf.com/foo/bar", "asdf.com", "foo/bar", null, null],
    ["0101.com/a", "0101.com", "a", null, null],
    ["ab.c-om/a", "ab.c-om", "a", null, null],
    [
      "registry.io/foo/project--id.module--name.ver---sion--name",
      "registry.io",
      "foo/project--id.module--name.ver---sion--name",
      null,
      null,
    ],
    ["example.com/xn--7o8h.com/myimage", "example.com", "xn--7o8h.com/myimage", null, null],
    [
      "example.com/some_separator__underscore/myimage",
      "example.com",
      "some_separator__underscore/myimage",
      null,
      null,
    ],
    [
      "gcr.io/google.com/project-id/hello-world",
      "gcr.io",
      "google.com/project-id/hello-world",
      null,
      null,
    ],
    ["index.docker.io/library/ubuntu", hub, "library/ubuntu", null, null],
    ["docker.io/library/foo/bar", hub, "library/foo/bar", null, null],
  ])("%s", (text, domain, path, tag, digest) => {
    const parsed = parseReference(text);
    expect(parsed).toEqual({ ok: true, reference: { domain, path, tag, digest } });
  });
});

describe("are refused", () => {
  test.each([
    "",
    " ",
    "::",
    "$$$",
    ":justtag",
    `@sha256:${f64}`,
    `repo@sha256:${"f".repeat(34)}`,
    `validname@invaliddigest:${f64}`,
    "registry.com:8080/myapp@sha256:badbadbadbad",
    "registry.com:8080/myapp@bad",
    "registry.com:8080/myapp@2bad",
    "registry.com:8080/myapp:invalid~tag",
    "b@char/image",
    "white space",
    "Uppercase:tag",
    "test:5000/Uppercase/lowercase:tag",
    "Foo/FarB",
    `${"a/".repeat(128)}a:tag`,
    "aa/asdf$$^/aa",
    "[2001:db8::1]",
    "[2001:db8::1]:5000",
    "[2001:db8::1]:tag",
    "[fe80::1%eth0]:5000/repo",
    "[fe80::1%@invalidzone]:5000/repo",
    "[2001:db8:3:4::192.0.2.33]:5000/debian",
    "[fd00:1:2::3]75050/a",
    "[fd00:1:2::3]::75050/a",
    "[fd00123123123]:7505/a",
    "fd00:1:2::3:75050/a",
    "https://github.com/docker/docker",
    "docker://quay.io/library/foo:bar",
    "docker///docker",
    "docker.io/docker///docker",
    "-docker/docker",
    "-docker.io/docker/docker",
    "docker-/docker",
    "____/____",
    "_docker/_docker",
    "docker_/docker_",
    "dock..er/docker",
    "dock_.er/docker",
    "dock-.er/docker",
    "docker./docker",
    ".docker/docker",
    "do__cker:8080/docker",
    "foo_bar.com:8080/app",
    "test.com:http/a",
    "ab-.com/a",
    "ab.-com/a",
    "ab.com-/a",
    "a/a/a/a/",
    "a//a/a",
    "foo.com/",
    "a^a",
    "foo.com/a-/a/a",
    "foo/-bar",
    "example.com/__underscore/myimage",
    "example.com/..dots/myimage",
    "192.168.1.1:750050/a",
    id,
  ])("%s", (text) => {
    expect(parseReference(text).ok).toBe(false);
  });
});

test.each([
  ["docker.io/fooo/bar", "fooo/bar"],
  ["index.docker.io/library/ubuntu-12.04-base", "ubuntu-12.04-base"],
  ["nonlibrary/ubuntu", "nonlibrary/ubuntu"],
  ["library/foo/bar", "library/foo/bar"],
  ["127.0.0.1:8000/private/moonbase", "127.0.0.1:8000/private/moonbase"],
  ["example.com:8000/privatebase", "example.com:8000/privatebase"],
  // Alone it would be an id.
  [`docker.io/library/${id}`, `library/${id}`],
])("%s is called %s, and means the same", (text, familiar) => {
  const parsed = parseReference(text);
  if (!parsed.ok) throw new Error(parsed.message);
  expect(familiarName(parsed.reference)).toBe(familiar);
  expect(parseReference(familiar)).toEqual(parsed);
  expect(parseReference(normalizedName(parsed.reference))).toEqual(parsed);
});
