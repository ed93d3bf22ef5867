import { expect, test } from "vitest";
import { RateBudget, retryAfterMs } from "./rate-budget.ts";

const now = Date.parse("2026-05-01T12:00:00Z");

test.each([
  ["30", 30_000],
  ["0", 0],
  ["Fri, 01 May 2026 12:01:00 GMT", 60_000],
  ["Fri, 01 May 2026 11:00:00 GMT", 0],
  ["99999999", 3_600_000],
  ["soon", null],
  [undefined, null],
])("Retry-After: %s", (header, wanted) => {
  expect(retryAfterMs(header, now)).toBe(wanted);
});

test("a refusal pauses the host, for longer each time until it answers again", () => {
  const budget = new RateBudget("host", () => 0);
  budget.observe(429, {}, now);
  expect(budget.pauseMs(now)).toBe(1000);
  budget.observe(429, {}, now);
  expect(budget.pauseMs(now)).toBe(2000);
  budget.observe(200, {}, now);
  budget.observe(429, {}, now + 10_000);
  expect(budget.pauseMs(now + 10_000)).toBe(1000);
});

test("an ordered pause is never shortened, and never followed too early", () => {
  const budget = new RateBudget("host", () => 0.5);
  budget.observe(503, { "retry-after": "60" }, now);
  expect(budget.pauseMs(now)).toBeGreaterThan(60_000);
  budget.observe(429, { "retry-after": "1" }, now);
  expect(budget.pauseMs(now)).toBeGreaterThan(60_000);
});

test("an error without an order pauses nothing", () => {
  const budget = new RateBudget("host");
  budget.observe(503, {}, now);
  budget.observe(500, { "retry-after": "60" }, now);
  expect(budget.pauseMs(now)).toBe(0);
});

test("quota headers are kept for people to see", () => {
  const budget = new RateBudget("host");
  expect(budget.snapshot(now)).toMatchObject({ limit: null, remaining: null, observedAt: null });
  budget.sent();
  budget.observe(
    200,
    { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "76;w=21600" },
    now,
  );
  expect(budget.snapshot(now)).toEqual({
    host: "host",
    limit: 100,
    remaining: 76,
    windowSeconds: 21_600,
    pausedUntil: null,
    observedAt: now,
    requests: 1,
  });
  budget.observe(200, { "x-ratelimit-remaining": "12" }, now);
  expect(budget.snapshot(now).remaining).toBe(12);
});
