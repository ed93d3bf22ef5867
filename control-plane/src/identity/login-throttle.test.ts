import { expect, test } from "vitest";
import { loginThrottle } from "./login-throttle.ts";

test("four failures cost nothing, then each doubles the wait up to five minutes", () => {
  const throttle = loginThrottle();
  const waits: number[] = [];
  for (let attempt = 0; attempt < 16; attempt++) {
    throttle.failed("A@example.com", 0);
    waits.push(throttle.blockedFor("a@EXAMPLE.com", 0));
  }
  expect(waits).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
});

test("a wait ends by itself, and a success forgives", () => {
  const throttle = loginThrottle();
  for (let attempt = 0; attempt < 6; attempt++) throttle.failed("a@example.com", 0);
  expect(throttle.blockedFor("a@example.com", 1999)).toBe(1);
  expect(throttle.blockedFor("a@example.com", 2000)).toBe(0);
  throttle.succeeded("a@example.com");
  throttle.failed("a@example.com", 3000);
  expect(throttle.blockedFor("a@example.com", 3000)).toBe(0);
});

test("other addresses are not held up", () => {
  const throttle = loginThrottle();
  for (let attempt = 0; attempt < 9; attempt++) throttle.failed("a@example.com", 0);
  expect(throttle.blockedFor("b@example.com", 0)).toBe(0);
});
