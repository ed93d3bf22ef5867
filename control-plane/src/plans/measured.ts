import type { Measurement } from "../measures.ts";
import type { Ended } from "./ended.ts";

/** How long each of what has ended took. Pure. */
export function measurementsOf({ plan, over, steps }: Ended): Measurement[] {
  const measured = steps.map(
    ({ action, status, ...times }): Measurement => ({
      ...{ of: "step", action, status, seconds: secondsOf(times) },
    }),
  );
  const { triggerType: trigger, status } = plan;
  return over ? [...measured, { of: "plan", trigger, status, seconds: secondsOf(plan) }] : measured;
}

interface Times {
  startedAt: Date | null;
  completedAt: Date | null;
}

function secondsOf({ startedAt, completedAt }: Times): number {
  if (startedAt === null || completedAt === null) return 0;
  // Begun by one replica and ended by another, whose clocks differ.
  return Math.max(0, (completedAt.getTime() - startedAt.getTime()) / 1000);
}
