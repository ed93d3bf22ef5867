/*
 * The statuses of plans and of their steps, and which may follow which. Whatever changes one asks
 * here: `transition`, the routes, the stores and the tests.
 */

/*
 *            execute                          every step succeeded
 *   pending ─────────────▶ running ─────────────────────────────────▶ completed ──┐
 *     │  │  approval is     ▲ │  ▲                                               │ rollback
 *     │  │  asked for       │ │  └──▶ paused                                     │ by hand
 *     │  └─▶ waiting_for_ ──┘ │                                                  │
 *     │        approval       ├─ a step failed ─▶ failed ────────────────────────┤
 *     │ cancel   │ cancel     │                                                  ▼
 *     ▼          ▼            │                                               running
 *   cancelled ◀───── cancel ──┤
 *                             └─ a step failed, everything touched is back ─▶ rolled_back
 *
 * A plan that waits for approval has started nothing, and keeps its services free, like a pending
 * one. A paused plan has begun, and keeps them busy.
 */
export const planStatuses = [
  "pending",
  "waiting_for_approval",
  "running",
  "paused",
  "completed",
  "failed",
  "rolled_back",
  "cancelled",
] as const;
export type PlanStatus = (typeof planStatuses)[number];

const plansMaySet: Record<PlanStatus, readonly PlanStatus[]> = {
  pending: ["waiting_for_approval", "running", "cancelled"],
  waiting_for_approval: ["running", "cancelled"],
  running: ["paused", "completed", "failed", "rolled_back", "cancelled"],
  // A plan that is cancelled or rolled back while it is paused runs again to its end. After a
  // restore of the database it has failed.
  paused: ["running", "failed"],
  // Rolling back by hand.
  completed: ["running"],
  failed: ["running"],
  cancelled: ["running"],
  rolled_back: [],
};

/*
 *   pending ──▶ running ──▶ success ──▶ rolled_back
 *      │           ├──────▶ failed
 *      └──▶ skipped ◀──────┘ (cancelled)
 *
 * A paused plan that is resumed tries again what has failed: those steps are pending once more.
 *
 * A pending deploy may be prepared: its agent has the command already, and holds it back until the
 * health gate before it has passed. It becomes success or failed without running where the plan
 * ends before that, and its agent went on all the same.
 */
export const stepStatuses = [
  "pending",
  "running",
  "success",
  "failed",
  "skipped",
  "rolled_back",
] as const;
export type StepStatus = (typeof stepStatuses)[number];

const stepsMaySet: Record<StepStatus, readonly StepStatus[]> = {
  pending: ["running", "success", "failed", "skipped"],
  running: ["success", "failed", "skipped"],
  success: ["rolled_back"],
  // Resuming a paused plan.
  failed: ["pending"],
  skipped: ["pending"],
  rolled_back: [],
};

/** Whether a plan with one status may get the other. */
export function planMaySet(from: PlanStatus, to: PlanStatus): boolean {
  return plansMaySet[from].includes(to);
}

/** Whether a step with one status may get the other. */
export function stepMaySet(from: StepStatus, to: StepStatus): boolean {
  return stepsMaySet[from].includes(to);
}

/** A plan that has begun and not ended: no other plan may touch its services. */
export function isActive(status: PlanStatus): boolean {
  return activeStatuses.includes(status);
}
export const activeStatuses: readonly PlanStatus[] = ["running", "paused"];

/** A plan that nobody has started: what it goes back to is read again when it is. */
export const unstartedStatuses: readonly PlanStatus[] = ["pending", "waiting_for_approval"];

/** Over, but for a rollback by hand. */
export function isEnded(status: PlanStatus): boolean {
  return !isActive(status) && !unstartedStatuses.includes(status);
}

const verbs = {
  // One that waits, where it has been approved.
  execute: unstartedStatuses,
  approve: ["waiting_for_approval"],
  reject: ["waiting_for_approval"],
  pause: ["running"],
  resume: ["paused"],
  cancel: [...unstartedStatuses, ...activeStatuses],
  rollback: ["paused", "completed", "failed", "cancelled"],
} satisfies Record<string, readonly PlanStatus[]>;

/** What a person may do with a plan. */
export type PlanVerb = keyof typeof verbs;

/** The statuses of a plan with which a person may do this. */
export function allowed(verb: PlanVerb): readonly PlanStatus[] {
  return verbs[verb];
}
