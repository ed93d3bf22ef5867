import { describe, expect, it } from "vitest";
import type { PlanStep } from "$lib/api/model.ts";
import { elapsed, workingTime } from "./working-time.ts";

const at = (second: number) => new Date(second * 1000).toISOString();
const ran = (from: number, to: number | null) =>
  ({
    status: to === null ? "running" : "success",
    startedAt: at(from),
    completedAt: to === null ? null : at(to),
  }) as PlanStep;

describe("a plan's clock", () => {
  it("stands still while there is no work", () => {
    const clock = workingTime([
      { start: 0, end: 4000 },
      { start: 2000, end: 6000 },
      null,
      { start: 100_000, end: 103_000 },
    ]);
    expect([0, 5000, 50_000, 101_000, 200_000].map(clock)).toEqual([0, 5000, 6000, 7000, 9000]);
  });

  it("goes on over the moments between two steps", () => {
    const clock = workingTime([
      { start: 0, end: 1000 },
      { start: 1500, end: 2000 },
    ]);
    expect(clock(2000)).toBe(2000);
  });
});

describe("elapsed", () => {
  it("is the work of all steps, the way back long afterwards among them", () => {
    const steps = [ran(1, 5), ran(5, 11), ran(400, 408)];
    expect(elapsed({ startedAt: at(0), steps }, 0)).toBe(19_000);
  });

  it("counts what runs until now, and nothing before a start", () => {
    expect(elapsed({ startedAt: at(0), steps: [ran(1, null)] }, 9_000)).toBe(9_000);
    expect(elapsed({ startedAt: null, steps: [] }, 9_000)).toBeNull();
    expect(elapsed({ startedAt: at(0), steps: [] }, 9_000)).toBe(0);
  });
});
