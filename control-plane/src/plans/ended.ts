import type { PlanRow, StepRow, WholePlan } from "./plans.store.ts";

/** What has ended between two states of a plan's rows. */
export interface Ended {
  plan: PlanRow;
  /** whether the plan itself has */
  over: boolean;
  steps: StepRow[];
}

/** Pure. A step that was never begun has not ended, nor has a plan. */
export function endedBetween(before: WholePlan, after: WholePlan): Ended {
  const known = new Map(before.steps.map((step) => [step.id, step]));
  const { plan } = after;
  return {
    plan,
    over: before.plan.completedAt === null && plan.startedAt !== null && plan.completedAt !== null,
    steps: after.steps.filter((step) => {
      if (step.startedAt === null || step.completedAt === null) return false;
      return known.get(step.id) !== step && !known.get(step.id)?.completedAt;
    }),
  };
}
