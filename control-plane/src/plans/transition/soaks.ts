import type { StepRow, WholePlan } from "../plans.store.ts";
import type { SoakStart } from "../rollout.ts";
import { type Changed, stepTo, withStep } from "./rows.ts";

/* Batches that are watched. No agent is told of it. */

/** Its time begins later, when each container has been seen. */
export function startSoak(rows: WholePlan, step: StepRow, now: Date): Changed {
  const status = stepTo(step, "running");
  return { rows: withStep(rows, step, { status, startedAt: now }), effects: [] };
}

/** From now on each container is compared with what it is now. */
export function beginSoak(rows: WholePlan, step: StepRow, now: Date): Changed {
  const durationMs = step.body.kind === "soak" ? step.body.durationMs : 0;
  const deadlineAt = new Date(now.getTime() + durationMs);
  return {
    rows: withStep(rows, step, { deadlineAt, soakStart: containersOf(rows, step) }),
    effects: [],
  };
}

/** @param blamed positions of services that did not stay healthy */
export function withBlamed(rows: WholePlan, step: StepRow, blamed: readonly number[]): SoakStart[] {
  return (step.soakStart ?? containersOf(rows, step)).map((start) =>
    blamed.includes(start.servicePosition) ? { ...start, failed: true } : start,
  );
}

function containersOf({ services }: WholePlan, { batch }: StepRow): SoakStart[] {
  return services.flatMap((service) => {
    const container = service.seen?.container;
    if (service.batch !== batch || !container) return [];
    const { id: containerId, restartCount, startedAt } = container;
    return [{ servicePosition: service.position, containerId, restartCount, startedAt }];
  });
}
