import { expect, test } from "vitest";
import { hostOf } from "$lib/wording/wording.ts";
import {
  layersText,
  movesOf,
  nameOf,
  settingGroups,
  shortRevision,
  sizeText,
} from "./what-changed.ts";

const facts = {
  source: null,
  revision: null,
  version: null,
  created: null,
  url: null,
  documentation: null,
  licenses: null,
};

test("a digest is called by its tag, its version, or its own first letters", () => {
  const manifestDigest = `sha256:${"0123456789abcdef".repeat(4)}`;
  const labelled = { ...facts, version: "1.2.3" };
  expect(nameOf({ bestTag: "v1", image: labelled, manifestDigest })).toBe("v1");
  expect(nameOf({ bestTag: null, image: labelled, manifestDigest })).toBe("1.2.3");
  expect(nameOf({ bestTag: null, image: facts, manifestDigest })).toBe("0123456789ab");
});

test("a commit is shortened, and nothing else is", () => {
  expect(shortRevision("0123456789abcdef0123456789abcdef01234567")).toBe("0123456789ab");
  expect(shortRevision("0123456")).toBe("0123456");
  expect(shortRevision("release-of-the-third-of-november-2026-v1")).toMatch(/^release-.*v1$/);
});

test("services are told apart by what they run now, and what does not move is left out", () => {
  const service = (name: string, previousDigest: string | null, target = 0) =>
    ({ name, previousDigest, previousDigestId: previousDigest, target }) as Parameters<
      typeof movesOf
    >[0]["services"][number];
  const target = (imageName: string, imageDigest: string) =>
    ({ imageName, imageDigest, imageDigestId: "id", containerImageId: imageName }) as Parameters<
      typeof movesOf
    >[0]["targets"][number];
  const services = [
    service("new", null),
    service("behind", "sha256:1"),
    service("there", "sha256:3"),
    service("of another image", "sha256:3", 1),
    service("first", "sha256:2"),
    service("second", "sha256:2"),
    { ...service("of an unknown digest", "sha256:0"), previousDigestId: null },
  ];
  const targets = [target("shop", "sha256:3"), target("pay", "sha256:4")];
  const of = (imageName: string, to: string) => ({
    ...{ imageId: imageName, imageName, to },
    known: true,
  });
  expect(movesOf({ services, targets })).toEqual([
    { ...of("shop", "sha256:3"), from: "sha256:2", services: ["first", "second"] },
    { ...of("shop", "sha256:3"), from: "sha256:1", services: ["behind"] },
    {
      ...of("shop", "sha256:3"),
      ...{ from: "sha256:0", services: ["of an unknown digest"], known: false },
    },
    { ...of("pay", "sha256:4"), from: "sha256:3", services: ["of another image"] },
  ]);
});

test("sizes and layers are told with what is different", () => {
  expect(sizeText({ from: 1_000_000, to: 1_000_000 })).toBe("1 MB, as before");
  expect(sizeText({ from: 1_000_000, to: 3_500_000 })).toBe("3.5 MB (2.5 MB more)");
  expect(sizeText({ from: 3_500_000, to: 1_000_000 })).toBe("1 MB (2.5 MB less)");
  const layers = (shared: number, added: number) =>
    layersText({
      shared,
      added,
      removed: 0,
      bytes: { shared: 0, added: added * 1000, removed: 0 },
    });
  expect(layers(3, 0)).toBe("no new layer");
  expect(layers(3, 1)).toBe("1 new layer, 1 kB; 3 shared");
  expect(layers(0, 2)).toBe("2 new layers, 2 kB; none shared");
});

test("labels come apart from what containers get", () => {
  const change = (field: string) =>
    ({ field, change: "added", from: null, to: "x", hidden: false }) as const;
  const { settings, labels } = settingGroups(["cmd", "env.labels.x", "labels.a"].map(change));
  expect(settings.map(({ field }) => field)).toEqual(["cmd", "env.labels.x"]);
  expect(labels.map(({ field }) => field)).toEqual(["labels.a"]);
});

test.each([
  ["https://github.com/acme/shop", "github.com"],
  ["http://gitea.lan:3000/a/b", "gitea.lan:3000"],
  ["javascript:alert(1)", null],
  ["data:text/html,x", null],
  ["/e/production", null],
  ["git@github.com:acme/shop.git", null],
])("only web addresses lead anywhere: %s", (address, host) => {
  expect(hostOf(address)).toBe(host);
});
