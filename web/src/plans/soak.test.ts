import { expect, it } from "vitest";
import type { PlanStep } from "$lib/api/model.ts";
import { measuredText, runningSoak, soakFact, soakLeft, soakText } from "./soak.ts";

const soak = (status: PlanStep["status"], more: Partial<NonNullable<PlanStep["soak"]>> = {}) =>
  ({
    ...{ action: "soak", status, batch: 1, services: [{}, {}] },
    soak: { durationMs: 600_000, endsAt: null, pauses: false, analysis: null, ...more },
  }) as unknown as PlanStep;
const endsAt = "2026-01-01T00:10:00.000Z";
const now = Date.parse("2026-01-01T00:05:30.400Z");

it("counts down what is watched, once its time has begun", () => {
  expect(soakText(soak("pending"), now)).toBe("2 services, for 10 min");
  expect(soakText(soak("running"), now)).toBe("2 services, for 10 min");
  expect(soakText(soak("running", { endsAt }), now)).toBe("2 services, 4 min 30 s left");
  expect(soakLeft(soak("running", { endsAt }), now)).toBe(269_600);
  // The browser's clock may be ahead.
  expect(soakLeft(soak("running", { endsAt }), now + 3_600_000)).toBe(0);
  expect(soakLeft(soak("success", { endsAt }), now)).toBeNull();
  expect(soakText(soak("success", { endsAt }), now)).toBe("2 services, for 10 min");
});

it("says what is watched, and what comes after it", () => {
  expect(soakFact(soak("pending"))).toBe(
    "watched for 10 min, in which nothing may become unhealthy or restart",
  );
  expect(soakFact(soak("pending", { pauses: true }))).toContain("; the plan is paused after it");
  expect(soakFact(soak("pending", { durationMs: 0, pauses: true }))).toBe(
    "the plan is paused after it",
  );
  expect(soakText(soak("pending", { durationMs: 0, pauses: true }), now)).toBe("2 services");
});

it("finds the soak that runs", () => {
  const steps = [soak("success"), soak("running")];
  expect(runningSoak({ steps })).toBe(steps[1]);
  expect(runningSoak({ steps: steps.slice(0, 1) })).toBeUndefined();
});

it("says what is measured, and what it was last", () => {
  const prometheus = {
    ...{ url: "http://p:9090", query: "errors", intervalMs: 30_000 },
    condition: { operator: "<" as const, value: 0.01 },
  };
  const last = (value: number | null, problem: string | null) =>
    soak("running", { analysis: { prometheus, last: { at: endsAt, value, problem } } });
  expect(soakFact(last(1, null))).toContain("; errors has to be < 0.01 meanwhile");
  expect(measuredText(last(0.003, null))).toBe("The query gave 0.003.");
  expect(measuredText(last(null, "The query gave nothing."))).toBe("The query gave nothing.");
  expect(measuredText(soak("running", { analysis: { prometheus, last: null } }))).toBeNull();
  expect(measuredText(soak("running"))).toBeNull();
});
