import { expect, test } from "vitest";
import { type Batched, batchesOf, type Rollout, rolloutOf, soakAfter } from "./rollout.ts";

/** `a1` is of the image `a`; what follows `<` is what it needs. */
function services(text: string): Batched[] {
  return text.split(" ").map((one) => {
    const [id = "", needs = ""] = one.split("<");
    return { id, imageId: id.slice(0, 1), needs: needs === "" ? [] : needs.split(",") };
  });
}

function cut(text: string, size: Rollout["batch"]): string {
  const batches = batchesOf(services(text), size);
  const count = Math.max(...batches.values());
  return Array.from({ length: count }, (_, at) =>
    [...batches].flatMap(([id, batch]) => (batch === at + 1 ? [id] : [])).join(" "),
  ).join(" | ");
}

const same = "a1 a2 a3 a4 a5";
test.each([
  [same, null, "a1 a2 a3 a4 a5"],
  [same, 1, "a1 | a2 | a3 | a4 | a5"],
  [same, 2, "a1 a2 | a3 a4 | a5"],
  [same, 9, "a1 a2 a3 a4 a5"],
  // Shares are rounded up.
  [same, "1%", "a1 | a2 | a3 | a4 | a5"],
  [same, "25%", "a1 a2 | a3 a4 | a5"],
  [same, "100%", "a1 a2 a3 a4 a5"],
  // Batch n of every image is one batch, each with a share of its own.
  ["a1 a2 a3 a4 b1 b2", 1, "a1 b1 | a2 b2 | a3 | a4"],
  ["a1 a2 a3 a4 b1 b2", "50%", "a1 a2 b1 | a3 a4 b2"],
  // What needs another service is never in a batch before it, and what needs none does not wait for it.
  ["a1 a2 a3 b1<a3 b2", 1, "a1 b2 | a2 | a3 b1"],
  ["a1 a2 b1<a1 b2<a2", 1, "a1 b1 | a2 b2"],
  ["a1 a2<a1 a3<a2", 1, "a1 | a2 | a3"],
  ["a1 a2<a1 a3<a2", 2, "a1 a2 | a3"],
])("cuts %s by %s into batches", (given, size, expected) => {
  expect(cut(given, size)).toBe(expected);
});

test("a soak follows a batch that is watched, or after which the plan is paused", () => {
  const after = (asked: Partial<Rollout>) => {
    const rollout = rolloutOf(asked);
    return rollout && [1, 2, 3].map((batch) => soakAfter(rollout, batch, 3));
  };
  const soak = (durationMs: number, pauses = false) => ({ kind: "soak", durationMs, pauses });
  expect(after({ batch: 1 })).toEqual([null, null, null]);
  expect(after({ soakMs: 5 })).toEqual([soak(5), soak(5), soak(5)]);
  expect(after({ pauseAfter: 1 })).toEqual([soak(0, true), null, null]);
  // Nothing follows the last one that could be paused.
  expect(after({ pauseAfter: 3 })).toEqual([null, null, null]);
  expect(after({ pauseAfter: "each", soakMs: 5 })).toEqual([soak(5, true), soak(5, true), soak(5)]);
});

test("what is not said of a rollout is as without one", () => {
  expect(rolloutOf(undefined)).toBeNull();
  expect(rolloutOf({ soakMs: null })).toEqual({
    ...{ batch: null, maxUnavailable: null, soakMs: 0, pauseAfter: null, onFailure: "rollback" },
    analysis: null,
  });
});
