import type { Measurement } from "../measures.ts";
import type { WholePlan } from "./plans.store.ts";

/**
 * What has ended between two states of a plan's rows, each with how long it took. Pure. A step that was never
 * begun took no time, and is not told.
 */
export function endedBetween(before: WholePlan, after: WholePlan): Measurement[] {
  const known = new Map(before.steps.map((step) => [step.id, step]));
  const steps = after.steps.flatMap((step): Measurement[] => {
    const { action, status, startedAt, completedAt } = step;
    if (known.get(step.id) === step || startedAt === null || completedAt === null) return [];
    if (known.get(step.id)?.completedAt) return [];
    return [{ of: "step", action, status, seconds: secondsBetween(startedAt, completedAt) }];
  });
  const { triggerType: trigger, status, startedAt, completedAt } = after.plan;
  if (before.plan.completedAt !== null || startedAt === null || completedAt === null) return steps;
  const seconds = secondsBetween(startedAt, completedAt);
  return [...steps, { of: "plan", trigger, status, seconds }];
}

function secondsBetween(from: Date, to: Date): number {
  // Begun by one replica and ended by another, whose clocks differ.
  return Math.max(0, (to.getTime() - from.getTime()) / 1000);
}
