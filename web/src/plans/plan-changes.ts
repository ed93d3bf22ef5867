import type { Plan, PlanStep } from "$lib/api/model.ts";

/** What the server tells of a plan that it has told before. */
export interface PlanChanges {
  /** fields that have changed */
  plan: Partial<Omit<Plan, "steps">>;
  /** steps that have changed, or are new */
  steps: PlanStep[];
}

/** A plan with what has changed of it; everything else stays the same object. */
export function withChanges(plan: Plan, { plan: fields, steps }: PlanChanges): Plan {
  const changed = new Map(steps.map((step) => [step.id, step]));
  const kept = plan.steps.map((step) => {
    const newer = changed.get(step.id);
    changed.delete(step.id);
    return newer ?? step;
  });
  const isLonger = changed.size > 0;
  const all = isLonger ? [...kept, ...changed.values()].sort((a, b) => a.order - b.order) : kept;
  return { ...plan, ...fields, steps: steps.length > 0 ? all : plan.steps };
}
