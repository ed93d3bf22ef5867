import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { storedTagFilter } from "./tag-filter.ts";
import { type DatedDigest, updateAvailable } from "./update-available.ts";

const plain = { undated: false, quarantined: false };
const old: DatedDigest = { id: "a", tags: ["v1.0.0"], pushedAt: 1000, ...plain };
const newer: DatedDigest = { id: "b", tags: ["v1.1.0"], pushedAt: 2000, ...plain };
const image = {
  hasRegistry: true,
  deployedDigestId: "a",
  filter: storedTagFilter("v*.*.*"),
  digests: [newer, old],
};

describe("an update is claimed", () => {
  test("when a matching digest was pushed later than the deployed one", () => {
    expect(updateAvailable(image)).toEqual({
      available: true,
      reason: "newer_digest",
      newestId: "b",
      updateId: "b",
    });
  });

  test("although the tag moved off the deployed digest", () => {
    const moved = { ...old, tags: [] };
    expect(updateAvailable({ ...image, digests: [moved, newer] }).available).toBe(true);
  });
});

describe("no update is claimed", () => {
  test.each([
    ["no_registry", { hasRegistry: false }],
    ["nothing_deployed", { deployedDigestId: null }],
    ["deployed_unknown", { deployedDigestId: "elsewhere" }],
    ["up_to_date", { deployedDigestId: "b" }],
    ["up_to_date", { filter: storedTagFilter("latest") }],
    ["up_to_date", { digests: [old, { ...newer, pushedAt: 1000 }] }],
    ["up_to_date", { digests: [old, { ...newer, pushedAt: 999 }] }],
    ["quarantined", { digests: [old, { ...newer, quarantined: true }] }],
    ["undated", { digests: [old, { ...newer, undated: true }] }],
    ["up_to_date", { digests: [old, { ...newer, undated: true, pushedAt: 999 }] }],
    ["up_to_date", { digests: [{ ...old, undated: true }] }],
  ])("%s", (reason, difference) => {
    expect(updateAvailable({ ...image, ...difference })).toMatchObject({
      available: false,
      reason,
    });
  });
});

test("a digest newer than a quarantined one counts again", () => {
  const newest = { id: "c", tags: ["v1.2.0"], pushedAt: 3000, ...plain };
  const digests = [old, { ...newer, quarantined: true }, newest];
  expect(updateAvailable({ ...image, digests })).toMatchObject({ available: true, updateId: "c" });
});

test("what is claimed is always a matching, trusted, later digest", () => {
  const digest = fc.record({
    id: fc.constantFrom("a", "b", "c", "d"),
    tags: fc.subarray(["v1.0.0", "v1.1.0", "latest", "main"]),
    pushedAt: fc.integer({ min: 0, max: 5 }),
    undated: fc.boolean(),
    quarantined: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.uniqueArray(digest, { selector: ({ id }) => id }), (digests) => {
      const state = updateAvailable({ ...image, digests });
      const deployed = digests.find(({ id }) => id === "a");
      const wanted = digests.some(
        ({ id, tags, pushedAt, undated, quarantined }) =>
          deployed !== undefined &&
          id !== "a" &&
          !undated &&
          !quarantined &&
          pushedAt > deployed.pushedAt &&
          tags.some((tag) => tag.startsWith("v")),
      );
      expect(state.available).toBe(wanted);
    }),
  );
});
