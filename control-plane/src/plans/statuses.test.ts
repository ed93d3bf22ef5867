import { expect, test } from "vitest";
import {
  activeStatuses,
  allowed,
  isEnded,
  planMaySet,
  planStatuses,
  stepMaySet,
  stepStatuses,
  unstartedStatuses,
} from "./statuses.ts";

const followers = (status: (typeof planStatuses)[number]) =>
  planStatuses.filter((next) => planMaySet(status, next));

test("a plan is waiting, active or ended, and only an active one ends otherwise than cancelled", () => {
  const ended = planStatuses.filter(isEnded);
  expect(ended).toEqual(["completed", "failed", "rolled_back", "cancelled"]);
  for (const status of unstartedStatuses) {
    expect(followers(status).filter((next) => ended.includes(next))).toEqual(["cancelled"]);
  }
  expect(followers("running").filter((next) => ended.includes(next))).toEqual(ended);
});

test("an ended plan is begun again only by rolling it back, and one that is back stays so", () => {
  for (const status of allowed("rollback").filter(isEnded)) {
    expect(followers(status)).toEqual(["running"]);
  }
  expect(followers("rolled_back")).toEqual([]);
});

test("a person may only do what leads somewhere", () => {
  for (const status of allowed("execute")) expect(planMaySet(status, "running")).toBe(true);
  for (const status of allowed("cancel")) {
    expect(planMaySet(status, "cancelled") || planMaySet(status, "running")).toBe(true);
  }
  expect(allowed("cancel")).toEqual([...unstartedStatuses, ...activeStatuses]);
});

test("a running plan is paused, and a paused one runs on or has failed", () => {
  for (const status of allowed("pause")) expect(planMaySet(status, "paused")).toBe(true);
  expect(allowed("resume")).toEqual(["paused"]);
  expect(followers("paused")).toEqual(["running", "failed"]);
});

test("a step ends once: what succeeded may be taken back, and the rest done again", () => {
  const ends = stepStatuses.filter((status) => status !== "pending" && status !== "running");
  for (const from of ends) {
    const next = stepStatuses.filter((to) => stepMaySet(from, to));
    const after = { success: ["rolled_back"], failed: ["pending"], skipped: ["pending"] };
    expect(next).toEqual(after[from as keyof typeof after] ?? []);
  }
  for (const status of [...planStatuses]) expect(planMaySet(status, status)).toBe(false);
  for (const status of [...stepStatuses]) expect(stepMaySet(status, status)).toBe(false);
});
