import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  familiarName,
  isDigest,
  isImageId,
  isTag,
  nameAsWritten,
  normalizedName,
  parseImageName,
  parseReference,
  pinnedReference,
} from "./reference.ts";

const digest = `sha256:${"0123456789abcdef".repeat(4)}`;

describe("references that are read", () => {
  test.each([
    ["nginx", "docker.io", "library/nginx", null, null],
    ["nginx:1.27", "docker.io", "library/nginx", "1.27", null],
    ["library/nginx", "docker.io", "library/nginx", null, null],
    ["docker.io/nginx", "docker.io", "library/nginx", null, null],
    ["index.docker.io/nginx", "docker.io", "library/nginx", null, null],
    ["registry-1.docker.io/library/nginx", "docker.io", "library/nginx", null, null],
    ["team/app", "docker.io", "team/app", null, null],
    ["host:5000/app", "host:5000", "app", null, null],
    ["host:5000/app:v1", "host:5000", "app", "v1", null],
    ["localhost/app", "localhost", "app", null, null],
    ["localhost:5000/a/b/c", "localhost:5000", "a/b/c", null, null],
    ["Registry.Example.com/app", "registry.example.com", "app", null, null],
    ["UPPER/app", "upper", "app", null, null],
    ["127.0.0.1:5000/app", "127.0.0.1:5000", "app", null, null],
    ["[::1]:5000/app:v1", "[::1]:5000", "app", "v1", null],
    ["[2001:db8::1]/app", "[2001:db8::1]", "app", null, null],
    [`ghcr.io/o/p:v1@${digest}`, "ghcr.io", "o/p", "v1", digest],
    [`app@${digest}`, "docker.io", "library/app", null, digest],
    ["a__b/c-d--e.f_g", "docker.io", "a__b/c-d--e.f_g", null, null],
    ["app:_Under.Score-1", "docker.io", "library/app", "_Under.Score-1", null],
  ])("%s", (text, domain, path, tag, wantedDigest) => {
    expect(parseReference(text)).toEqual({
      ok: true,
      reference: { domain, path, tag, digest: wantedDigest },
    });
  });
});

describe("references that are refused, with a sentence", () => {
  test.each([
    [""],
    ["Nginx"],
    ["team/App"],
    ["host:5000/App"],
    ["app:"],
    ["app:-v1"],
    [`app:${"a".repeat(129)}`],
    ["app@sha256:123"],
    [`app@sha256:${"g".repeat(64)}`],
    [`app@sha256:${"A".repeat(64)}`],
    ["https://example.com/app"],
    ["/app"],
    ["app/"],
    ["a//b"],
    ["a..b"],
    ["a___b"],
    ["-app"],
    ["app-"],
    ["host:99999/app"],
    ["host:0/app"],
    ["[::zz]/app"],
    ["[::1/app"],
    ["ex ample/app"],
    ["exa_mple.com/app"],
    [`${"a".repeat(256)}`],
    [`example.com/${"a/".repeat(130)}b`],
    ["a".repeat(64)],
    ["x".repeat(1_000_000)],
  ])("%s", (text) => {
    const parsed = parseReference(text);
    expect(parsed.ok).toBe(false);
    if (!parsed.ok) expect(parsed.message).toMatch(/\.$/);
  });

  test("a name for a container image comes without tag and digest", () => {
    expect(parseImageName("host:5000/app").ok).toBe(true);
    expect(parseImageName("host:5000/app:v1")).toMatchObject({ ok: false });
    expect(parseImageName(`app@${digest}`)).toMatchObject({ ok: false });
  });
});

test("short and normalised forms name the same image", () => {
  for (const [text, familiar, normalized] of [
    ["docker.io/library/nginx", "nginx", "docker.io/library/nginx"],
    ["team/app", "team/app", "docker.io/team/app"],
    ["library/a/b", "library/a/b", "docker.io/library/a/b"],
    ["host:5000/app", "host:5000/app", "host:5000/app"],
  ] as const) {
    const parsed = parseReference(text);
    if (!parsed.ok) throw new Error(parsed.message);
    expect(familiarName(parsed.reference)).toBe(familiar);
    expect(normalizedName(parsed.reference)).toBe(normalized);
    expect(parseReference(familiar)).toEqual(parsed);
  }
});

test("the name as written keeps everything but tag and digest", () => {
  expect(nameAsWritten("nginx")).toBe("nginx");
  expect(nameAsWritten("host:5000/App")).toBe("host:5000/App");
  expect(nameAsWritten(`host:5000/app:v1@${digest}`)).toBe("host:5000/app");
  expect(pinnedReference("nginx", "1.27", digest)).toBe(`nginx:1.27@${digest}`);
  expect(pinnedReference("nginx", null, digest)).toBe(`nginx@${digest}`);
});

test("ids, digests and tags are told apart", () => {
  expect(isImageId(digest)).toBe(true);
  expect(isImageId("sha256:0123456789ab")).toBe(true);
  expect(isImageId("nginx")).toBe(false);
  expect(isDigest(digest)).toBe(true);
  expect(isDigest("sha512:abc")).toBe(false);
  expect(isDigest(`multihash+base58:${"a".repeat(32)}`)).toBe(true);
  expect(isTag("v1.2.3-rc.1_x")).toBe(true);
  expect(isTag(".hidden")).toBe(false);
});

const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8}){0,2}$/);
const host = fc.oneof(
  fc.constantFrom("localhost", "host:5000", "127.0.0.1:5000", "[::1]:5000", "[fe80::2]"),
  fc.stringMatching(/^[a-z][a-z0-9]{0,9}\.[a-z]{2,5}(?::[1-9][0-9]{0,3})?$/),
);
const valid = fc.record({
  domain: fc.option(host, { nil: null }),
  path: fc.array(part, { minLength: 1, maxLength: 4 }),
  tag: fc.option(fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,20}$/), { nil: null }),
  digest: fc.option(fc.constant(digest), { nil: null }),
});

test("any valid reference is read, and reading its own normal form changes nothing", () => {
  fc.assert(
    fc.property(valid, ({ domain, path, tag, digest: pinned }) => {
      fc.pre(domain !== null || path.length === 1 || !/[.:]|^localhost$/.test(path[0] ?? ""));
      const name = [...(domain === null ? [] : [domain]), ...path].join("/");
      const text = `${name}${tag === null ? "" : `:${tag}`}${pinned === null ? "" : `@${pinned}`}`;
      const parsed = parseReference(text);
      if (!parsed.ok) throw new Error(parsed.message);
      expect(parsed.reference).toMatchObject({ tag, digest: pinned });
      const again = parseReference(normalizedName(parsed.reference));
      expect(again).toEqual({
        ok: true,
        reference: { ...parsed.reference, tag: null, digest: null },
      });
      expect(nameAsWritten(text)).toBe(name);
    }),
  );
});

test("no text at all makes the parser throw", () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 400 }), (text) => {
      const parsed = parseReference(text);
      if (parsed.ok) expect(parsed.reference.path.length).toBeGreaterThan(0);
      else expect(parsed.message.length).toBeGreaterThan(10);
    }),
  );
});
