import { describe, expect, test } from "vitest";
import { type Attempt, type Counter, LoginThrottle, loginCounters } from "./login-throttle.ts";

const stranger = loginCounters("A@example.com", "10.0.0.1", false);

async function entered(throttle: LoginThrottle, counters: Counter[], now = 0): Promise<Attempt> {
  const attempt = await throttle.enter(counters, () => now);
  if (typeof attempt === "number") throw new Error(`it has to wait ${attempt} s`);
  return attempt;
}

async function fail(throttle: LoginThrottle, counters: Counter[], now = 0): Promise<void> {
  (await entered(throttle, counters, now)).failed(now);
}

async function wait(throttle: LoginThrottle, counters: Counter[], now = 0): Promise<number> {
  const attempt = await throttle.enter(counters, () => now);
  if (typeof attempt === "number") return attempt;
  attempt.abandoned();
  return 0;
}

test("four failures cost nothing, then each doubles the wait up to five minutes", async () => {
  const throttle = new LoginThrottle();
  const waits: number[] = [];
  let now = 0;
  for (let attempt = 0; attempt < 16; attempt++) {
    await fail(throttle, stranger, now);
    const seconds = await wait(throttle, loginCounters("a@EXAMPLE.com", "10.0.0.2", false), now);
    waits.push(seconds);
    now += seconds * 1000;
  }
  expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test("a success forgives", async () => {
  const throttle = new LoginThrottle();
  for (let attempt = 0; attempt < 4; attempt++) await fail(throttle, stranger);
  (await entered(throttle, stranger)).succeeded();
  for (let attempt = 0; attempt < 4; attempt++) await fail(throttle, stranger);
  expect(await wait(throttle, stranger)).toBe(0);
});

test("of attempts at one moment only as many are looked at as may fail", async () => {
  const throttle = new LoginThrottle();
  const looked: Attempt[] = [];
  const answers = Array.from({ length: 90 }, async () => {
    const attempt = await throttle.enter(stranger, () => 0);
    if (typeof attempt === "number") return attempt;
    looked.push(attempt);
    return 0;
  });
  await Promise.all(answers.slice(0, 5));
  expect(looked).toHaveLength(5);
  for (const attempt of looked) attempt.failed(0);
  const waits = await Promise.all(answers);
  expect(waits.filter((seconds) => seconds > 0)).toHaveLength(85);
  expect(looked).toHaveLength(5);
});

test("attempts at one moment that are all right are all let in", async () => {
  const throttle = new LoginThrottle();
  const ends = await Promise.all(
    Array.from({ length: 90 }, async () => {
      const attempt = await throttle.enter(stranger, () => 0);
      if (typeof attempt === "number") return attempt;
      await Promise.resolve();
      attempt.succeeded();
      return 0;
    }),
  );
  expect(ends.every((seconds) => seconds === 0)).toBe(true);
});

test("not without end wait for the others", async () => {
  const throttle = new LoginThrottle();
  const all = Array.from({ length: 300 }, () => throttle.enter(stranger, () => 0));
  const refused = await Promise.all(all.slice(105));
  expect(refused).toEqual(Array.from({ length: 195 }, () => 1));
});

describe("a lock", () => {
  test("holds up no other address", async () => {
    const throttle = new LoginThrottle();
    for (let attempt = 0; attempt < 5; attempt++) await fail(throttle, stranger);
    expect(await wait(throttle, stranger)).toBe(1);
    expect(await wait(throttle, loginCounters("b@example.com", "10.0.0.1", false))).toBe(0);
  });

  test("does not shut the owner out where the owner has been before", async () => {
    const throttle = new LoginThrottle();
    for (let attempt = 0; attempt < 5; attempt++) await fail(throttle, stranger);
    const owner = loginCounters("a@example.com", "10.9.9.9", true);
    expect(await wait(throttle, owner)).toBe(0);
    for (let attempt = 0; attempt < 5; attempt++) await fail(throttle, owner);
    expect(await wait(throttle, owner)).toBe(1);
  });

  test("falls on a source that guesses at many accounts, and success at one forgives none", async () => {
    const throttle = new LoginThrottle();
    const at = (name: string) => loginCounters(`${name}@example.com`, "10.0.0.1", false);
    for (let account = 0; account < 19; account++) await fail(throttle, at(`user-${account}`));
    (await entered(throttle, at("own"))).succeeded();
    await fail(throttle, at("one-more"));
    expect(await wait(throttle, at("another"))).toBe(1);
    expect(await wait(throttle, loginCounters("another@example.com", "10.0.0.2", false))).toBe(0);
  });
});
