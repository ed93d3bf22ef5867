import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { automaticKinds } from "../update-kinds.ts";
import { storedTagFilter } from "./tag-filter.ts";
import { type DatedDigest, updateAvailable } from "./update-available.ts";

const plain = { undated: false, quarantined: false, skipped: false };
const old: DatedDigest = { id: "a", tags: ["v1.0.0"], pushedAt: 1000, ...plain };
const newer: DatedDigest = { id: "b", tags: ["v1.1.0"], pushedAt: 2000, ...plain };
const image = {
  hasRegistry: true,
  deployedDigestId: "a",
  deployedTags: ["v1.0.0"],
  filter: storedTagFilter("v*.*.*"),
  digests: [newer, old],
  automaticKinds,
};

describe("an update is claimed", () => {
  test("when a matching digest was pushed later than the deployed one", () => {
    const update = {
      digestId: "b",
      tag: "v1.1.0",
      pushedAt: 2000,
      kind: "minor",
      because: "v1.1.0 was pushed later than what is deployed.",
    };
    expect(updateAvailable(image)).toEqual({
      available: true,
      reason: "newer_digest",
      newestId: "b",
      update,
      automatic: update,
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
    ["skipped", { digests: [old, { ...newer, skipped: true }] }],
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
  expect(updateAvailable({ ...image, digests })).toMatchObject({ update: { digestId: "c" } });
});

test("what is claimed is always a matching, trusted, later digest", () => {
  const digest = fc.record({
    id: fc.constantFrom("a", "b", "c", "d"),
    tags: fc.subarray(["v1.0.0", "v1.1.0", "latest", "main"]),
    pushedAt: fc.integer({ min: 0, max: 5 }),
    undated: fc.boolean(),
    quarantined: fc.boolean(),
    skipped: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.uniqueArray(digest, { selector: ({ id }) => id }), (digests) => {
      const state = updateAvailable({ ...image, digests });
      const deployed = digests.find(({ id }) => id === "a");
      const wanted = digests.some(
        ({ id, tags, pushedAt, undated, quarantined, skipped }) =>
          deployed !== undefined &&
          id !== "a" &&
          !undated &&
          !quarantined &&
          !skipped &&
          pushedAt > deployed.pushedAt &&
          tags.some((tag) => tag.startsWith("v")),
      );
      expect(state.available).toBe(wanted);
    }),
  );
});

describe("an exact pattern is followed wherever its tag points", () => {
  const was: DatedDigest = { id: "a", tags: [], pushedAt: 2000, ...plain };
  const now: DatedDigest = { id: "b", tags: ["latest"], pushedAt: 1000, ...plain };
  const latest = {
    hasRegistry: true,
    deployedDigestId: "a",
    deployedTags: ["latest"],
    filter: storedTagFilter("latest"),
    digests: [was, now],
    automaticKinds,
  };

  test("also to an older build, and it is said that it is one", () => {
    expect(updateAvailable(latest)).toMatchObject({
      available: true,
      reason: "newer_digest",
      newestId: "b",
      update: {
        digestId: "b",
        tag: "latest",
        kind: "rebuild",
        because: "latest points to another digest now, whose build is older than what is deployed.",
      },
    });
  });

  test("to one whose date is not known", () => {
    const update = {
      digestId: "b",
      kind: "rebuild",
      because: "latest points to another digest now.",
    };
    const undated = { ...now, undated: true };
    expect(updateAvailable({ ...latest, digests: [was, undated] }).update).toMatchObject(update);
  });

  test("although nothing is known of how the deployed one was called", () => {
    expect(updateAvailable({ ...latest, deployedTags: [] }).update?.digestId).toBe("b");
  });

  test("but not where the deployed digest has the tag", () => {
    const moved = [
      { ...was, tags: ["latest"] },
      { ...now, tags: ["v1"] },
    ];
    expect(updateAvailable({ ...latest, digests: moved }).reason).toBe("up_to_date");
  });

  test("but not to one that failed here", () => {
    const failed = [was, { ...now, quarantined: true }];
    expect(updateAvailable({ ...latest, digests: failed }).reason).toBe("quarantined");
  });

  test("of several, the one that it was deployed by", () => {
    const filter = storedTagFilter("15, 16");
    const fifteen: DatedDigest = { id: "c", tags: ["15"], pushedAt: 1500, ...plain };
    const pg = { ...latest, filter, deployedTags: ["16"] };
    const other = [{ ...was, tags: ["16"] }, fifteen];
    expect(updateAvailable({ ...pg, digests: other }).reason).toBe("up_to_date");
    const next = [was, fifteen, { ...now, tags: ["16"] }];
    expect(updateAvailable({ ...pg, digests: next }).update).toMatchObject({ digestId: "b" });
  });

  test("but not one that it was not deployed by", () => {
    const filter = storedTagFilter("latest, v*");
    const digests = [{ ...was, tags: ["v2"] }, now];
    expect(updateAvailable({ ...latest, filter, deployedTags: ["v2"], digests }).reason).toBe(
      "up_to_date",
    );
  });
});

describe("a lower version that was pushed later", () => {
  const two: DatedDigest = { id: "a", tags: ["v2.0.0"], pushedAt: 1000, ...plain };
  const backport: DatedDigest = { id: "c", tags: ["v1.9.9"], pushedAt: 3000, ...plain };
  const versions = { ...image, deployedTags: ["v2.0.0"], digests: [two, backport] };

  test("is an older version, and said to be", () => {
    expect(updateAvailable(versions)).toMatchObject({
      newestId: "c",
      update: { digestId: "c", kind: "older", because: expect.stringContaining("lower version") },
    });
  });

  test("does not hide a higher one that was pushed before it", () => {
    const higher: DatedDigest = { id: "b", tags: ["v2.0.1"], pushedAt: 2000, ...plain };
    const digests = [two, higher, backport];
    expect(updateAvailable({ ...versions, digests }).update).toMatchObject({
      digestId: "b",
      kind: "patch",
    });
  });
});

describe("kinds that auto-update may deploy", () => {
  const minor: DatedDigest = { id: "b", tags: ["v1.1.0"], pushedAt: 2000, ...plain };
  const major: DatedDigest = { id: "c", tags: ["v2.0.0"], pushedAt: 3000, ...plain };
  const many = { ...image, digests: [old, minor, major] };

  test("the newest is shown, and the newest of an allowed kind is deployed", () => {
    const state = updateAvailable({ ...many, automaticKinds: ["patch", "minor"] });
    expect(state).toMatchObject({ update: { digestId: "c" }, automatic: { digestId: "b" } });
  });

  test("where none is allowed, there still is an update", () => {
    const state = updateAvailable({ ...many, automaticKinds: [] });
    expect(state).toMatchObject({ update: { digestId: "c" }, automatic: null });
  });

  test("a lower version never is, whatever is allowed", () => {
    const lower: DatedDigest = { id: "d", tags: ["v0.9.0"], pushedAt: 4000, ...plain };
    const state = updateAvailable({
      ...image,
      digests: [old, lower],
      automaticKinds: [...automaticKinds, "older"],
    });
    expect(state).toMatchObject({ update: { kind: "older" }, automatic: null });
  });
});

describe("a backport that was pushed after a higher version", () => {
  const higher: DatedDigest = { id: "b", tags: ["v1.1.0", "v1"], pushedAt: 2000, ...plain };
  const backport: DatedDigest = { id: "c", tags: ["v1.0.9"], pushedAt: 3000, ...plain };
  const both = { ...image, digests: [old, higher, backport] };

  test("is not what one who is behind both is led to", () => {
    expect(updateAvailable(both)).toMatchObject({
      newestId: "c",
      update: { digestId: "b", kind: "minor" },
      automatic: { digestId: "b" },
    });
  });

  test("is, where the policy allows nothing higher", () => {
    const state = updateAvailable({ ...both, automaticKinds: ["patch"] });
    expect(state).toMatchObject({ update: { digestId: "b" }, automatic: { digestId: "c" } });
  });

  test("counts beside what has another shape by its date", () => {
    const variant: DatedDigest = { id: "d", tags: ["v1.0.9.1"], pushedAt: 4000, ...plain };
    const state = updateAvailable({ ...both, digests: [...both.digests, variant] });
    expect(state.update?.digestId).toBe("d");
  });
});
