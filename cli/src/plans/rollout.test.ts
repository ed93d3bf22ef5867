import { describe, expect, it } from "vitest";
import type { Plan } from "../find/resources.ts";
import { pausedText, type RolloutOptions, rolloutOf, rolloutText } from "./rollout.ts";

const measured = {
  ...{ analysisUrl: "http://p:9090", analysisQuery: "errors", analysisCondition: "< 0.01" },
};

describe("the options", () => {
  it.each<[RolloutOptions, object | null]>([
    [{}, null],
    [
      { batch: "1", soak: "10m", pauseAfter: "1" },
      { batch: 1, soakMs: 600_000, pauseAfter: 1 },
    ],
    [
      { batch: "25%", maxUnavailable: "2", pauseAfter: "each", onFailure: "pause", soak: "90s" },
      { batch: "25%", maxUnavailable: 2, soakMs: 90_000, pauseAfter: "each", onFailure: "pause" },
    ],
    [
      { soak: "10m", ...measured, analysisInterval: "10s" },
      {
        soakMs: 600_000,
        analysis: {
          prometheus: {
            ...{ url: "http://p:9090", query: "errors", intervalMs: 10_000 },
            condition: { operator: "<", value: 0.01 },
          },
        },
      },
    ],
    [
      { soak: "1s", ...measured, analysisCondition: " >=1e3 " },
      {
        soakMs: 1000,
        analysis: {
          prometheus: {
            ...{ url: "http://p:9090", query: "errors" },
            condition: { operator: ">=", value: 1000 },
          },
        },
      },
    ],
  ])("%o", (options, body) => {
    expect(rolloutOf(options)).toEqual(body);
  });
  it.each<[RolloutOptions, string]>([
    [{ batch: "0" }, "--batch 0: write a whole number from 1, or a percentage from 1% to 100%."],
    [{ batch: "101%" }, "--batch 101%"],
    [{ batch: "half" }, "--batch half"],
    [{ soak: "10" }, "--soak 10: write a period such as 90s, 10m or 2h."],
    [{ pauseAfter: "all" }, "--pause-after all: write a whole number from 1, or `each`."],
    [{ soak: "1m", analysisUrl: "http://p:9090" }, "--analysis-query and --analysis-condition"],
    [measured, "An analysis needs --soak"],
    [{ soak: "1m", ...measured, analysisCondition: "0.01" }, "such as '< 0.01'"],
    [{ soak: "1m", ...measured, analysisCondition: "=> 1" }, "one of < <= > >= =="],
    [{ soak: "1m", ...measured, analysisCondition: "< much" }, "and a number"],
    [{ soak: "1m", ...measured, analysisInterval: "10" }, "--analysis-interval 10: write a period"],
    [{ maxUnavailable: "1.5" }, "--max-unavailable 1.5: write a whole number from 1."],
  ])("%o is refused with what it may be", (options, words) => {
    expect(() => rolloutOf(options)).toThrow(words);
  });
});

const usual = {
  ...{ batch: 1, maxUnavailable: null, soakMs: 0, pauseAfter: null },
  ...{ onFailure: "rollback" as const, analysis: null },
};
const plan = (rollout: Partial<NonNullable<Plan["rollout"]>> | null, ...batches: number[]) =>
  ({
    rollout: rollout && { ...usual, ...rollout },
    services: batches.map((batch) => ({ batch })),
  }) as unknown as Plan;

it("says in a sentence what a plan will do", () => {
  expect(rolloutText(plan(null, 1))).toBeNull();
  expect(rolloutText(plan({ soakMs: 600_000, pauseAfter: 1 }, 1, 2, 2))).toBe(
    "In 2 batches: 1, 2; a soak of 10 min after each; paused after batch 1.",
  );
  expect(
    rolloutText(plan({ pauseAfter: "each", onFailure: "pause", maxUnavailable: 1 }, 1, 2)),
  ).toBe(
    "In 2 batches: 1, 1; at most 1 service of an image down at a time; paused after each; paused if something fails.",
  );
  const many = Array.from({ length: 9 }, (_, index) => index + 1);
  expect(rolloutText(plan({}, ...many))).toBe("In 9 batches of at most 1 service.");
  const prometheus = {
    ...{ url: "http://p:9090", query: "errors", intervalMs: 30_000 },
    condition: { operator: "<" as const, value: 0.01 },
  };
  expect(rolloutText(plan({ soakMs: 5000, analysis: { prometheus } }, 1))).toBe(
    "In one batch of 1 service; a soak of 5 s after it; errors has to be < 0.01 meanwhile.",
  );
  // After the last one there is nothing to wait for.
  expect(rolloutText(plan({ soakMs: 5000, pauseAfter: 1 }, 1, 1))).toBe(
    "In one batch of 2 services; a soak of 5 s after it.",
  );
});

it("says why a plan is paused, by whom, and each way on", () => {
  const paused = { id: "p", pausedReason: "Batch 1 is done.", pausedBy: null, resumeDoes: null };
  expect(pausedText(paused)).toBe(
    [
      "Paused: Batch 1 is done.",
      "Go on:               bridgeport resume p",
      "Put everything back: bridgeport rollback p",
      "Leave it as it is:   bridgeport cancel p",
    ].join("\n"),
  );
  const by = { ...paused, pausedBy: "ann\u001b[2J", resumeDoes: "It goes on with batch 2." };
  expect(pausedText(by).split("\n").slice(1, 4)).toEqual([
    "By: ann",
    "Go on:               bridgeport resume p",
    "                     It goes on with batch 2.",
  ]);
});
