import type { StepRow, WholePlan } from "../plans.store.ts";
import { toldAgain, watchedAgain } from "../resume.ts";
import { type Changed, notPaused, planTo, stepTo, withPlan, withStep, withSteps } from "./rows.ts";

/* A plan that is paused, and how it goes on. */

export function pause(
  rows: WholePlan,
  { reason, by }: { reason: string; by: string | null },
  now: Date,
): Changed {
  const status = planTo(rows.plan, "paused");
  const paused = { pausedAt: now, pausedReason: reason, pausedBy: by };
  return { rows: withPlan(rows, { ...paused, status }), effects: [] };
}

/** What has failed is tried again, with new commands; a soak that could not be judged begins again. */
export function resume(rows: WholePlan, now: Date, newId: () => string): Changed {
  const status = planTo(rows.plan, "running");
  let going = withPlan(rows, { ...notPaused, status });
  for (const step of toldAgain(rows)) going = renew(going, step, newId);
  // One that waits for something outside of the plan has its whole time again.
  going = withSteps(going, isWaiting, { deadlineAt: null, note: null });
  for (const step of watchedAgain(rows, now)) {
    going = withStep(going, step, {
      ...{ startedAt: now, deadlineAt: null, soakStart: null, soakAsked: null },
    });
  }
  return { rows: going, effects: [] };
}

function isWaiting({ status, commandStatus, deadlineAt }: StepRow): boolean {
  return status === "pending" && commandStatus === null && deadlineAt !== null;
}

/** Nothing goes back before what is in flight has ended. */
export function rollBackPaused(rows: WholePlan, now: Date): Changed {
  const status = planTo(rows.plan, "running");
  return {
    rows: withPlan(rows, { ...notPaused, status, rollbackRequestedAt: now }),
    effects: [],
  };
}

/** The step is as if it had never begun, and has another command. Going back undoes that one. */
export function renew(rows: WholePlan, step: StepRow, newId: () => string): WholePlan {
  const commandId = newId();
  const renewed = withStep(rows, step, {
    ...{ status: step.status === "pending" ? step.status : stepTo(step, "pending"), commandId },
    ...{ startedAt: null, completedAt: null, deadlineAt: null, error: null, note: null },
    ...{ commandStatus: null, commandSent: false, commandDeadlineAt: null, outcome: null },
    ...{ progress: null, cancelSent: false, soakStart: null, hookCall: null },
    soakAsked: null,
  });
  if (step.action !== "deploy") return renewed;
  const services = renewed.services.map((service) =>
    service.position === step.servicePosition
      ? { ...service, rollbackBody: { ...service.rollbackBody, runCommandId: commandId } }
      : service,
  );
  return { ...renewed, services };
}
