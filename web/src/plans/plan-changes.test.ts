import { expect, it } from "vitest";
import type { Plan, PlanStep } from "$lib/api/model.ts";
import { withChanges } from "./plan-changes.ts";

const step = (order: number, status = "pending") =>
  ({ id: `s${order}`, order, status }) as PlanStep;
const plan = { id: "p", status: "running", services: [], steps: [step(0), step(1)] };
const before = plan as unknown as Plan;

it("has what has changed, and everything else as the same objects", () => {
  const after = withChanges(before, { plan: {}, steps: [step(1, "running")] });
  expect(after.steps.map(({ status }) => status)).toEqual(["pending", "running"]);
  expect(after.steps[0]).toBe(before.steps[0]);
  expect(after.services).toBe(before.services);
});

it("has the plan's own fields without touching its steps", () => {
  const after = withChanges(before, { plan: { status: "completed" }, steps: [] });
  expect(after.status).toBe("completed");
  expect(after.steps).toBe(before.steps);
});

it("puts new steps in their order", () => {
  const wider = { ...before, steps: [step(0), step(5)] };
  const after = withChanges(wider, { plan: {}, steps: [step(7), step(3), step(0, "success")] });
  expect(after.steps.map(({ order }) => order)).toEqual([0, 3, 5, 7]);
  expect(after.steps[0]?.status).toBe("success");
});
