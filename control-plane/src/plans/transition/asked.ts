import { callsAfter } from "../hook.ts";
import type { Approval, AskedAction } from "../plan.ts";
import type { StepRow, WholePlan } from "../plans.store.ts";
import { unstartedStatuses } from "../statuses.ts";
import { goingBack, tellingAgain } from "./going-back.ts";
import { type Changed, notPaused, planTo, stepTo, withoutPending, withPlan } from "./rows.ts";

/* What people ask of a plan. */

export function execute(rows: WholePlan, now: Date): Changed {
  const status = planTo(rows.plan, "running");
  if (!unstartedStatuses.includes(rows.plan.status))
    throw new Error(`the plan ${rows.plan.id} has been executed`);
  return { rows: busy(withPlan(rows, { status, startedAt: now })), effects: [] };
}

/** The plan is the active one of its services. */
function busy(rows: WholePlan): WholePlan {
  const services = rows.services.map((service) =>
    service.serviceId === null ? service : { ...service, active: true },
  );
  return { ...rows, services };
}

export function askApproval(
  rows: WholePlan,
  { by, byId, required }: Extract<AskedAction, { kind: "ask_approval" }>,
  now: Date,
): Changed {
  const asked = { askedBy: by, askedById: byId, approvalsRequired: required, waitingSince: now };
  const status = planTo(rows.plan, "waiting_for_approval");
  return { rows: withPlan(rows, { ...asked, status }), effects: [] };
}

export function approve(rows: WholePlan, approval: Approval): Changed {
  const { id, status, approvals } = rows.plan;
  if (status !== "waiting_for_approval") throw new Error(`the plan ${id} waits for no approval`);
  return { rows: withPlan(rows, { approvals: [...approvals, approval] }), effects: [] };
}

export function cancel(rows: WholePlan, error: string | null, now: Date): Changed {
  const { plan } = rows;
  if (isBeingTold(rows)) {
    return { rows: withoutTelling(rows, now), effects: [{ kind: "call_off_hook" }] };
  }
  const cancelRequestedAt = plan.cancelRequestedAt ?? now;
  if (plan.status === "running") {
    return { rows: withPlan(rows, { cancelRequestedAt }), effects: [] };
  }
  if (plan.status === "paused") {
    const status = planTo(plan, "running");
    return { rows: withPlan(rows, { ...notPaused, status, cancelRequestedAt }), effects: [] };
  }
  const status = planTo(plan, "cancelled");
  const over = withPlan(rows, { status, error, cancelRequestedAt, completedAt: now });
  return { rows: withoutPending(over), effects: [] };
}

/** The hooks after a plan are told how it ends. */
export function isBeingTold({ steps }: Pick<WholePlan, "steps">): boolean {
  return steps.some((step) => callsAfter(step) && step.status === "running");
}

/** What the plan does is done, and how it ends stays so: only the hooks that are told of it are called off. */
function withoutTelling(rows: WholePlan, now: Date): WholePlan {
  const running = rows.plan.status === "running" ? {} : { status: planTo(rows.plan, "running") };
  const steps = rows.steps.map((step): StepRow => {
    if (!callsAfter(step) || !["pending", "running"].includes(step.status)) return step;
    return { ...step, status: stepTo(step, "skipped"), error: "Called off", completedAt: now };
  });
  return { ...withPlan(rows, running), steps };
}

export function rollBackByHand(
  rows: WholePlan,
  services: number[],
  now: Date,
  newId: () => string,
): Changed {
  const status = planTo(rows.plan, "running");
  const begun = withPlan(rows, { status, completedAt: null, cancelRequestedAt: null });
  const back = goingBack(busy(begun), services, now, newId);
  return { rows: tellingAgain(back, newId), effects: [] };
}
