import { describe, expect, test } from "vitest";
import { imageFacts, type Marks, noFacts } from "./image-facts.ts";

const oci = (facts: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`org.opencontainers.image.${name}`, value]),
  );
const older = (facts: Record<string, unknown>) =>
  Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [`org.label-schema.${name}`, value]),
  );
const labels = (marks: Marks) => imageFacts([], marks);

test("every fact is read from labels as from annotations", () => {
  const said = {
    source: "https://github.com/acme/shop",
    revision: "0a1b2c3d",
    version: "1.2.3",
    created: "2026-03-01T10:00:00+02:00",
    url: "https://shop.example.com/",
    documentation: "https://shop.example.com/docs",
    licenses: "MIT OR Apache-2.0",
  };
  const read = { ...said, created: "2026-03-01T08:00:00.000Z" };
  expect(labels(oci(said))).toEqual(read);
  expect(imageFacts([oci(said)], {})).toEqual(read);
});

test("label-schema.org's names count where OCI's say nothing", () => {
  expect(
    labels({
      ...older({
        "vcs-url": "https://github.com/acme/shop",
        "vcs-ref": "0a1b2c3d",
        version: "1.0",
        "build-date": "2019-05-06T07:08:09Z",
        url: "https://shop.example.com/",
        usage: "https://shop.example.com/docs",
      }),
      ...oci({ version: "1.2.3" }),
    }),
  ).toEqual({
    source: "https://github.com/acme/shop",
    revision: "0a1b2c3d",
    version: "1.2.3",
    created: "2019-05-06T07:08:09.000Z",
    url: "https://shop.example.com/",
    documentation: "https://shop.example.com/docs",
    licenses: null,
  });
});

describe("precedence", () => {
  test("an annotation counts before a label, the nearer before the farther", () => {
    const versions = ["manifest", "entry", "index"].map((version) => oci({ version }));
    const label = oci({ version: "label" });
    expect(imageFacts(versions, label).version).toBe("manifest");
    expect(imageFacts([null, ...versions.slice(1)], label).version).toBe("entry");
    expect(imageFacts([{}, undefined, versions[2]], label).version).toBe("index");
    expect(imageFacts([{}, {}, {}], label).version).toBe("label");
  });

  test.each<[string, Marks[], Marks, [string | null, string | null]]>([
    [
      "the revision of an inherited label is not that of an annotated source",
      [oci({ source: "https://github.com/acme/shop" })],
      oci({ source: "https://github.com/nodejs/docker-node", revision: "bbbbbbb" }),
      ["https://github.com/acme/shop", null],
    ],
    [
      "the source of an inherited label does not have an annotated revision",
      [oci({ revision: "aaaaaaa" })],
      oci({ source: "https://github.com/nodejs/docker-node", revision: "bbbbbbb" }),
      [null, "aaaaaaa"],
    ],
    [
      "a label of the same source completes it",
      [oci({ source: "https://github.com/acme/shop" })],
      oci({ source: "https://github.com/acme/shop", revision: "aaaaaaa" }),
      ["https://github.com/acme/shop", "aaaaaaa"],
    ],
    [
      "a label that says only the source is completed by an annotated revision",
      [oci({ revision: "aaaaaaa" })],
      oci({ source: "https://github.com/acme/shop" }),
      ["https://github.com/acme/shop", "aaaaaaa"],
    ],
    [
      "an inherited label of the older form does not complete one of the newer form",
      [],
      {
        ...oci({ source: "https://github.com/acme/shop" }),
        ...older({ "vcs-url": "https://github.com/CentOS/x", "vcs-ref": "bbbbbbb" }),
      },
      ["https://github.com/acme/shop", null],
    ],
  ])("%s", (_name, annotations, label, [source, revision]) => {
    expect(imageFacts(annotations, label)).toMatchObject({ source, revision });
  });
});

describe("what cannot be used is left out", () => {
  test.each<[string, Marks]>([
    ["nothing", null],
    ["another's labels", { maintainer: "acme" }],
    ["an inherited property", Object.create(oci({ version: "1" }))],
    ["numbers", oci({ version: 1, source: 2, created: 3 })],
    ["null", oci({ version: null, url: null })],
    ["lists and objects", oci({ version: ["1"], licenses: { mit: true } })],
    ["blanks", oci({ version: " ", source: "", created: "\t" })],
    [
      "what is too long",
      oci({ version: "1".repeat(201), source: `https://a/${"b".repeat(1000)}` }),
    ],
    ["control characters", oci({ version: "1\u0000", revision: "a\u001b[31mb" })],
    ["half a character", oci({ version: "\ud800" })],
    ["a time that is none", oci({ created: "yesterday" })],
    ["the epoch of reproducible builds", oci({ created: "1970-01-01T00:00:00Z" })],
    [
      "an address that runs",
      oci({ url: "javascript:alert(1)", documentation: "data:text/html,x" }),
    ],
    [
      "an address that is none",
      oci({ url: "shop", documentation: "see the wiki", source: "http://" }),
    ],
    ["a source that is a sentence", oci({ source: "see the wiki" })],
  ])("%s", (_name, marks) => {
    expect(labels(marks)).toEqual(noFacts);
    expect(imageFacts([marks], null)).toEqual(noFacts);
  });
});

test.each([
  ["https://user:secret@github.com/acme/shop", "https://github.com/acme/shop"],
  ["https://secret@github.com/acme/shop.git", "https://github.com/acme/shop.git"],
  ["https://git:secret@github.com/acme/shop.git", "https://github.com/acme/shop.git"],
  ["https://git.example.com/x?private_token=secret&h=main", "https://git.example.com/x?h=main"],
  ["https://git.example.com/x#access_token=secret", "https://git.example.com/x"],
  ["ssh://git:secret@github.com/acme/shop", "ssh://git@github.com/acme/shop"],
  ["ssh://secret@github.com/acme/shop", "ssh://github.com/acme/shop"],
  ["git@github.com:acme/shop.git", "git@github.com:acme/shop.git"],
  ["user:secret@github.com/acme/shop", "github.com/acme/shop"],
  ["https:/user:secret@github.com/acme/shop", null],
  ["//user:secret@github.com/acme/shop", null],
  ["git@user:secret@github.com/acme/shop", null],
])("no credential is kept of the source %s", (said, kept) => {
  expect(labels(oci({ source: said })).source).toBe(kept);
});

test("no credential is kept of other addresses", () => {
  const { url, documentation } = labels(
    oci({
      url: "https://u:secret@a.example.com",
      documentation: "https://b.example.com/?api_key=x",
    }),
  );
  expect([url, documentation]).toEqual(["https://a.example.com/", "https://b.example.com/"]);
});
