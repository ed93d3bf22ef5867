import type { Effect } from "../effects.ts";
import type { PlanRow, StepRow, WholePlan } from "../plans.store.ts";
import { type PlanStatus, planMaySet, type StepStatus, stepMaySet } from "../statuses.ts";

/** A plan's rows after an action, and what is to be done beside them, in this order. */
export interface Changed {
  rows: WholePlan;
  effects: Effect[];
}

export function stepOf({ plan, steps }: WholePlan, id: string): StepRow {
  const step = steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`the plan ${plan.id} has no step ${id}`);
  return step;
}

export function withPlan(rows: WholePlan, to: Partial<PlanRow>): WholePlan {
  return { ...rows, plan: { ...rows.plan, ...to } };
}

export function withStep(rows: WholePlan, step: StepRow, to: Partial<StepRow>): WholePlan {
  const at = rows.steps.findIndex(({ id }) => id === step.id);
  return { ...rows, steps: rows.steps.with(at, { ...stepOf(rows, step.id), ...to }) };
}

export function withSteps(
  rows: WholePlan,
  which: (step: StepRow) => boolean,
  to: Partial<StepRow>,
): WholePlan {
  return { ...rows, steps: rows.steps.map((step) => (which(step) ? { ...step, ...to } : step)) };
}

/** What a plan that is not paused says of it. */
export const notPaused = {
  pausedAt: null,
  pausedReason: null,
  pausedBy: null,
} as const satisfies Partial<PlanRow>;

/** @throws {Error} where the plan may not get this status */
export function planTo({ id, status }: PlanRow, to: PlanStatus): PlanStatus {
  if (!planMaySet(status, to)) throw new Error(`the plan ${id} is ${status}: it cannot be ${to}`);
  return to;
}

/** @throws {Error} where the step may not get this status */
export function stepTo({ id, status }: StepRow, to: StepStatus): StepStatus {
  if (!stepMaySet(status, to)) throw new Error(`the step ${id} is ${status}: it cannot be ${to}`);
  return to;
}

/** What has not begun never will. */
export function withoutPending(rows: WholePlan): WholePlan {
  return withSteps(rows, ({ status }) => status === "pending", { status: "skipped" });
}
