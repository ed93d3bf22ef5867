import { expect, test } from "vitest";
import { endedBetween } from "./ended.ts";
import { measurementsOf } from "./measured.ts";
import { answer, bad, good, newPlan, settle } from "./plan-model.fixture.ts";

const ended = (plan: ReturnType<typeof newPlan>, act: () => void) => {
  const before = plan.rows;
  act();
  return measurementsOf(endedBetween(before, plan.rows));
};

test("a step is told once, when it ends, with the time since it began", () => {
  const plan = newPlan({ services: [{ name: "a" }] });
  settle(plan, 1000);
  const told = ended(plan, () => {
    answer(plan, "pull one", good);
    settle(plan, 3500);
  });
  expect(told).toEqual([{ of: "step", action: "pull", status: "success", seconds: 2.5 }]);
  expect(measurementsOf(endedBetween(plan.rows, plan.rows))).toEqual([]);
});

test("a plan is told when it ends, and what never began is not", () => {
  const plan = newPlan({ services: [{ name: "a" }], autoRollback: false });
  settle(plan, 1000);
  const told = ended(plan, () => {
    answer(plan, "pull one", bad("full"));
    settle(plan, 2000);
  });
  expect(told).toEqual([
    { of: "step", action: "pull", status: "failed", seconds: 1 },
    { of: "plan", trigger: "manual", status: "failed", seconds: expect.any(Number) },
  ]);
});
