import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planTagMoves, type TaggedDigest } from "./tag-moves.ts";

const rows: TaggedDigest[] = [
  { id: "1", manifestDigest: "sha256:a", tags: ["latest", "v1"] },
  { id: "2", manifestDigest: "sha256:b", tags: ["v2"] },
  { id: "3", manifestDigest: "sha256:c", tags: [] },
];
const moves = (resolved: Record<string, string>, gone: string[] = []) =>
  planTagMoves(rows, {
    resolved: new Map(Object.entries(resolved)),
    isGone: (tag) => gone.includes(tag),
  });

describe("tags and rows", () => {
  test("nothing changes while every tag is where it was", () => {
    expect(moves({ latest: "sha256:a", v2: "sha256:b" })).toEqual({ changed: [], fresh: [] });
  });

  test("a tag that moved leaves its old row and joins the new one", () => {
    expect(moves({ latest: "sha256:b" }).changed).toEqual([
      { id: "1", tags: ["v1"] },
      { id: "2", tags: ["latest", "v2"] },
    ]);
  });

  test("a tag that moves to an unknown digest makes a row", () => {
    expect(moves({ latest: "sha256:d", v4: "sha256:d" })).toEqual({
      changed: [{ id: "1", tags: ["v1"] }],
      fresh: [{ manifestDigest: "sha256:d", tags: ["latest", "v4"] }],
    });
  });

  test("a deleted tag leaves its row, which stays", () => {
    expect(moves({}, ["v2"]).changed).toEqual([{ id: "2", tags: [] }]);
  });

  test("a tag that moves back to an old digest", () => {
    expect(moves({ latest: "sha256:c" }).changed).toEqual([
      { id: "1", tags: ["v1"] },
      { id: "3", tags: ["latest"] },
    ]);
  });
});

test("afterwards each observed tag is on exactly the digest that it points to", () => {
  const tag = fc.constantFrom("latest", "v1", "v2", "v3", "main");
  const digest = fc.constantFrom("a", "b", "c", "d", "e");
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.record({ tag, digest }), { selector: (pair) => pair.tag }),
      fc.array(fc.record({ tag, digest })),
      fc.subarray(["latest", "v1", "v2", "v3", "main"]),
      (before, observed, deleted) => {
        const gone: readonly string[] = deleted;
        const resolved = new Map<string, string>(observed.map((pair) => [pair.tag, pair.digest]));
        const start: TaggedDigest[] = ["a", "b", "c"].map((manifestDigest) => ({
          id: manifestDigest,
          manifestDigest,
          tags: before.filter((pair) => pair.digest === manifestDigest).map((pair) => pair.tag),
        }));
        const result = planTagMoves(start, { resolved, isGone: (one) => gone.includes(one) });
        const after = new Map<string, readonly string[]>(start.map((row) => [row.id, row.tags]));
        for (const { id, tags } of result.changed) after.set(id, tags);
        for (const { manifestDigest, tags } of result.fresh) after.set(manifestDigest, tags);
        for (const [one, wanted] of resolved) {
          const holders = [...after].filter(([, tags]) => tags.includes(one));
          expect(holders.map(([holder]) => holder)).toEqual([wanted]);
        }
        for (const one of gone) {
          if (!resolved.has(one)) {
            expect([...after.values()].some((tags) => tags.includes(one))).toBe(false);
          }
        }
      },
    ),
  );
});
