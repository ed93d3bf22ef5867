import { describe, expect, it } from "vitest";
import { RolloutDraft } from "./rollout-draft.svelte.ts";

const draft = (typed: Partial<RolloutDraft> = {}) => Object.assign(new RolloutDraft(), typed);

const measured = { soak: 10, analysisUrl: "http://p:9090", query: "errors", limit: 0.01 };

it("asks for nothing until something is filled in", () => {
  expect(draft()).toMatchObject({ body: null, problem: null });
  // What is empty again is not asked for.
  expect(draft({ batch: " ", soak: 0, maxUnavailable: null }).body).toBeNull();
});

it("sends what was filled in, and nothing else", () => {
  expect(draft({ batch: "1", soak: 10, pause: "batch" }).body).toEqual({
    ...{ batch: 1, soakMs: 600_000, pauseAfter: 1 },
  });
  expect(
    draft({
      ...{ batch: " 25 % ", maxUnavailable: 2, soak: 1.5, soakUnit: "seconds" as const },
      ...{ pause: "each" as const, pauseAfter: 3, onFailure: "pause" as const },
    }).body,
  ).toEqual({
    ...{ batch: "25%", maxUnavailable: 2, soakMs: 1500, pauseAfter: "each", onFailure: "pause" },
  });
});

it.each([
  {
    batch: "25%",
    maxUnavailable: 2,
    soakMs: 600_000,
    pauseAfter: "each",
    onFailure: "pause",
    analysis: null,
  },
  {
    batch: 1,
    maxUnavailable: null,
    soakMs: 5_400_000,
    pauseAfter: 2,
    onFailure: "rollback",
    analysis: null,
  },
  {
    batch: null,
    maxUnavailable: null,
    soakMs: 1500,
    pauseAfter: null,
    onFailure: "rollback",
    analysis: null,
  },
  {
    ...{ batch: 1, maxUnavailable: null, soakMs: 60_000, pauseAfter: null },
    onFailure: "rollback",
    analysis: {
      prometheus: {
        ...{ url: "http://p:9090", query: "errors", intervalMs: 5000 },
        condition: { operator: "<", value: 0.01 },
      },
    },
  },
] as const)("begins with what is kept, and sends the same: %o", (kept) => {
  const { body } = new RolloutDraft(kept);
  const none = { batch: null, maxUnavailable: null, pauseAfter: null, analysis: null };
  expect({ ...none, soakMs: 0, onFailure: "rollback", ...body }).toEqual(kept);
});

it("shows a soak in the largest unit that fits", () => {
  const none = { batch: null, maxUnavailable: null, pauseAfter: null, analysis: null };
  const kept = { ...none, onFailure: "pause" } as const;
  expect(new RolloutDraft({ ...kept, soakMs: 7_200_000 })).toMatchObject({
    ...{ soak: 2, soakUnit: "hours" },
  });
  expect(new RolloutDraft({ ...kept, soakMs: 90_000 })).toMatchObject({
    ...{ soak: 90, soakUnit: "seconds" },
  });
});

it("sends what is measured, with its condition", () => {
  expect(draft({ ...measured, operator: ">=", limit: 0 }).body).toEqual({
    soakMs: 600_000,
    analysis: {
      prometheus: {
        ...{ url: "http://p:9090", query: "errors" },
        condition: { operator: ">=", value: 0 },
      },
    },
  });
});

describe("what cannot be sent is said beside its field", () => {
  it.each(["0", "-1", "two", "1.5", "0%", "101%", "1001", "10%%", "%"])(
    "a batch of %s",
    (batch) => {
      const wrong = draft({ batch });
      expect(wrong.batchError).toContain("such as 25%");
      expect(wrong.problem).toBe(wrong.batchError);
      expect(wrong.body).toBeNull();
    },
  );
  it.each(["1", "1000", "1%", "100%"])("not a batch of %s", (batch) => {
    expect(draft({ batch }).problem).toBeNull();
  });
  it.each([
    [{ soak: -1 }, "soakError", "less than no time"],
    [{ soak: 25, soakUnit: "hours" }, "soakError", "a day at most"],
    [{ maxUnavailable: 0 }, "maxUnavailableError", "from 1 to 1000"],
    [{ maxUnavailable: 1.5 }, "maxUnavailableError", "whole"],
    [{ pause: "batch", pauseAfter: null }, "pauseAfterError", "after which batch"],
    [{ pause: "batch", pauseAfter: 0 }, "pauseAfterError", "from 1"],
    [{ query: "errors", limit: 1, soak: 1 }, "analysisUrlError", "such as http://"],
    [{ ...measured, analysisUrl: "prometheus:9090" }, "analysisUrlError", "such as http://"],
    [{ ...measured, query: " " }, "queryError", "in PromQL"],
    [{ ...measured, soak: null }, "queryError", "say how long"],
    [{ ...measured, limit: null }, "limitError", "< 0.01"],
  ] as const)("%o", (typed, field, words) => {
    const wrong = draft(typed);
    expect(wrong[field]).toContain(words);
    expect(wrong.problem).toBe(wrong[field]);
  });
  it("but not of a field that is not shown", () => {
    expect(draft({ pause: "each", pauseAfter: 0 })).toMatchObject({
      problem: null,
      body: { pauseAfter: "each" },
    });
  });
});
