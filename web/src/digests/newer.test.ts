import { expect, it } from "vitest";
import type { Digest } from "$lib/api/model.ts";
import { newerDigests } from "./newer.ts";

const digest = (manifestDigest: string, day: number, tags = ["v1"]) =>
  ({
    manifestDigest,
    tags,
    pushedAt: `2026-11-0${day}T00:00:00.000Z`,
    discoveredAt: "2026-11-09T00:00:00.000Z",
  }) as Digest;
const ids = (list: Digest[]) => list.map(({ manifestDigest }) => manifestDigest);

it("offers what is newer and matches, newest first", () => {
  const all = [digest("a", 3), digest("b", 5), digest("c", 4, ["main"]), digest("d", 1)];
  expect(ids(newerDigests(all, "a", ["v*"]))).toEqual(["b"]);
  expect(ids(newerDigests(all, "d", ["v*", "main"]))).toEqual(["b", "c", "a"]);
});

it("offers everything that matches where it cannot compare", () => {
  expect(ids(newerDigests([digest("a", 1), digest("b", 2)], null, ["v*"]))).toEqual(["b", "a"]);
});
