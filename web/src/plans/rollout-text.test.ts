import { expect, it } from "vitest";
import type { Plan } from "$lib/api/model.ts";
import { askedSentence, batchSizes, rolloutSentence } from "./rollout-text.ts";

const usual = {
  ...{ batch: 1, maxUnavailable: null, soakMs: 0, pauseAfter: null },
  ...{ onFailure: "rollback" as const, analysis: null },
};
const plan = (rollout: Partial<NonNullable<Plan["rollout"]>> | null, ...batches: number[]) =>
  ({
    rollout: rollout && { ...usual, ...rollout },
    services: batches.map((batch) => ({ batch })),
  }) as unknown as Plan;

it("says what a plan will do", () => {
  expect(rolloutSentence(plan(null, 1, 1))).toBeNull();
  expect(rolloutSentence(plan({ soakMs: 600_000, pauseAfter: 1 }, 1, 2, 3))).toBe(
    "3 batches: 1, 1, 1; each is watched for 10 min; waits for you after batch 1.",
  );
  expect(
    rolloutSentence(plan({ maxUnavailable: 1, pauseAfter: "each", onFailure: "pause" }, 1, 1, 2)),
  ).toBe(
    "2 batches: 2, 1; at most 1 service of an image down at a time; waits for you after each; pauses if something fails.",
  );
  expect(rolloutSentence(plan({ batch: null, soakMs: 90_000 }, 1, 1))).toBe(
    "One batch of 2 services; it is watched for 1 min 30 s.",
  );
});

it("says what is measured while a batch is watched", () => {
  const prometheus = {
    ...{ url: "http://p:9090", query: "errors", intervalMs: 30_000 },
    condition: { operator: "<" as const, value: 0.01 },
  };
  expect(rolloutSentence(plan({ soakMs: 90_000, analysis: { prometheus } }, 1))).toBe(
    "One batch of 1 service; it is watched for 1 min 30 s; errors has to be < 0.01 meanwhile.",
  );
});

it("says nothing of a wait that does not come", () => {
  expect(rolloutSentence(plan({ pauseAfter: 2 }, 1, 2))).toBe("2 batches: 1, 1.");
  expect(rolloutSentence(plan({ pauseAfter: "each" }, 1))).toBe("One batch of 1 service.");
});

it("does not list many batches", () => {
  const many = Array.from({ length: 20 }, (_, index) => Math.floor(index / 2) + 1);
  expect(rolloutSentence(plan({ batch: 2 }, ...many, 11))).toBe(
    "11 batches of at most 2 services.",
  );
  expect(batchSizes(plan({}, 1, 2, 2))).toEqual([1, 2]);
});

it.each([
  [
    { batch: 1, soakMs: 600_000, pauseAfter: 1 },
    "1 service of each image at a time; each batch is watched for 10 min; waits for you after batch 1.",
  ],
  [
    { batch: "25%" as const, maxUnavailable: 2 },
    "25% of each image's services at a time; at most 2 services of an image down at a time.",
  ],
  [
    { soakMs: 60_000, onFailure: "pause" as const },
    "All services are one batch; it is watched for 1 min; pauses if something fails.",
  ],
])("says what %o asks for before there is a plan", (asked, text) => {
  expect(askedSentence(asked)).toBe(text);
});
