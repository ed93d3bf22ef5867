import type { Approval, AskedAction } from "../plan.ts";
import type { WholePlan } from "../plans.store.ts";
import { unstartedStatuses } from "../statuses.ts";
import { goingBack } from "./going-back.ts";
import { type Changed, notPaused, planTo, withoutPending, withPlan } from "./rows.ts";

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

export function rollBackByHand(
  rows: WholePlan,
  services: number[],
  now: Date,
  newId: () => string,
): Changed {
  const status = planTo(rows.plan, "running");
  const begun = withPlan(rows, { status, completedAt: null, cancelRequestedAt: null });
  return { rows: goingBack(busy(begun), services, now, newId), effects: [] };
}
