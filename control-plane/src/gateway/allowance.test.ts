import { expect, test } from "vitest";
import { allowances, isWhole, newAllowance, tokenBucket } from "./allowance.ts";

test("a bucket gives what it holds, and what has come back since", () => {
  let now = 0;
  const bucket = tokenBucket({ burst: 10, perSecond: 2 }, () => now);
  expect(bucket.take(10)).toBe(true);
  expect(bucket.take()).toBe(false);
  now = 500;
  expect(bucket.take()).toBe(true);
  expect(bucket.take()).toBe(false);
  now = 1_000_000;
  expect(bucket.take(11)).toBe(false);
  expect(bucket.take(10)).toBe(true);
});

test("a thousand containers that start at once, and all of them reported, are allowed twice in a row", () => {
  const allowance = newAllowance(() => 0);
  for (let round = 0; round < 2; round += 1) {
    // Each is created, started, and starting, then healthy; its command is accepted, told of and answered.
    for (let message = 0; message < 1000 * (4 + 8); message += 1) {
      expect(allowance.messages.take()).toBe(true);
      expect(allowance.bytes.take(2000)).toBe(true);
    }
    expect(allowance.containers.take(1000 * 4 + 1000)).toBe(true);
  }
  expect(allowances.containers.burst).toBeGreaterThan(4 * 20_000);
});

test("an allowance is whole until something of it is taken, and when all of that has come back", () => {
  let now = 0;
  const allowance = newAllowance(() => now);
  expect(isWhole(allowance)).toBe(true);
  allowance.streams.take();
  allowance.renewals.take();
  expect(isWhole(allowance)).toBe(false);
  now = 2_000;
  expect([allowance.streams.full, isWhole(allowance)]).toEqual([true, false]);
  now = 60_000;
  expect(isWhole(allowance)).toBe(true);
});
