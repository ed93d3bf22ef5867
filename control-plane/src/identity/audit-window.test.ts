import { expect, test } from "vitest";
import { auditWindow } from "./audit-window.ts";

const minute = 60_000;

test("a hundred in ten minutes are written, and the next says how many were not", () => {
  const window = auditWindow();
  for (let n = 0; n < 100; n += 1) expect(window(`subject ${n}`, minute)).toEqual({});
  for (let n = 100; n < 150; n += 1) expect(window(`subject ${n}`, minute)).toBeNull();
  expect(window("later", 12 * minute)).toEqual({ moreNotListed: 50 });
  expect(window("later still", 12 * minute)).toEqual({});
});

test("the same subject is written once an hour, and others meanwhile", () => {
  const window = auditWindow();
  expect(window("one", minute)).toEqual({});
  expect(window("one", 2 * minute)).toBeNull();
  expect(window("two", 3 * minute)).toEqual({ moreNotListed: 1 });
  expect(window("one", 62 * minute)).toEqual({});
});

test("subjects that are never seen again are forgotten", () => {
  const window = auditWindow();
  for (let n = 0; n < 1001; n += 1) window(`subject ${n}`, (1 + 11 * n) * minute);
  const now = 1 + 11 * 1000;
  // The oldest is gone; it would have been too long ago anyway.
  expect(window("subject 1000", (now + 1) * minute)).toBeNull();
});
