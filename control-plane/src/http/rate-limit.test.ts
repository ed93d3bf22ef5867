import { expect, test } from "vitest";
import { RateLimit } from "./rate-limit.ts";

test("a burst, then so many a second, each by itself", () => {
  const limit = new RateLimit(10, 30);
  const allowed = (key: string, now: number) =>
    Array.from({ length: 100 }, () => limit.take(key, now)).filter((wait) => wait === 0).length;
  expect(allowed("a", 0)).toBe(30);
  expect(limit.take("a", 0)).toBe(1);
  expect(allowed("b", 0)).toBe(30);
  expect(allowed("a", 1000)).toBe(10);
  expect(allowed("a", 3_600_000)).toBe(30);
});

test("slow ones are told when", () => {
  const limit = new RateLimit(0.1, 1);
  expect([limit.take("a", 0), limit.take("a", 0), limit.take("a", 5000)]).toEqual([0, 10, 5]);
});

test("who may ask as often as if it had never asked is forgotten", () => {
  const limit = new RateLimit(10, 30);
  for (let session = 0; session < 1000; session += 1) limit.take(`session ${session}`, 0);
  expect(limit.size).toBe(1000);
  for (let asked = 0; asked < 10; asked += 1) limit.take("busy", 50);
  limit.take("another", 100);
  // All of the first thousand are full again; the busy one is not.
  expect(limit.size).toBe(2);
  limit.take("another", 10_000);
  expect(limit.size).toBe(1);
});

test("none at all", () => {
  const limit = new RateLimit(0);
  expect(Array.from({ length: 1000 }, () => limit.take("a", 0)).every((wait) => wait === 0)).toBe(
    true,
  );
});
