import { describe, expect, it } from "vitest";
import { duration, period, relativeTime, timeLeft } from "./relative-time.ts";

const now = Date.UTC(2026, 10, 23, 12);
const ago = (ms: number) => relativeTime(now - ms, now);

describe("relativeTime", () => {
  it.each([
    [0, "just now"],
    [4_999, "just now"],
    [5_000, "5 s ago"],
    [59_999, "59 s ago"],
    [60_000, "1 min ago"],
    [3_599_999, "59 min ago"],
    [3_600_000, "1 h ago"],
    [86_400_000, "1 day ago"],
    [29 * 86_400_000, "29 days ago"],
  ])("%i ms ago", (ms, text) => expect(ago(ms)).toBe(text));

  it("gives the date of what is old", () => {
    expect(ago(400 * 86_400_000)).toMatch(/^2025-10-\d\d$/);
  });
  it("speaks of the future, and forgives a clock that is ahead", () => {
    expect(relativeTime(now + 3_000, now)).toBe("just now");
    expect(relativeTime(now + 7_200_000, now)).toBe("in 2 h");
  });
});

describe("duration", () => {
  it.each([
    [0, "0 ms"],
    [999, "999 ms"],
    [4_230, "4.2 s"],
    [45_000, "45 s"],
    [185_000, "3 min 05 s"],
    [7_800_000, "2 h 10 min"],
  ])("%i ms", (ms, text) => expect(duration(ms)).toBe(text));
});

it("writes what was asked for, and what is left of it, without tenths that say nothing", () => {
  expect([1000, 1500, 600_000, 500].map(period)).toEqual(["1 s", "1.5 s", "10 min", "500 ms"]);
  expect([9400, 185_000, 1, -5].map(timeLeft)).toEqual(["10 s", "3 min 05 s", "1 s", "0 s"]);
});
