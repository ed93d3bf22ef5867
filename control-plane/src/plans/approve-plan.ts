import { type Actor, system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import type { SignatureParts } from "../signatures/gate.ts";
import { apply } from "./apply.store.ts";
import { plansNotApproved, waitingUpdates } from "./approvals.store.ts";
import { approvalDays, requireDecider } from "./approvals.ts";
import { missingApprovals, requireInTime } from "./approved.ts";
import {
  auditPlan,
  guarded,
  lockedPlan,
  requireStatus,
  signaturesOf,
  startNow,
} from "./create-plan.ts";
import { findPlan } from "./plans.store.ts";

/**
 * Approves exactly what the plan would do, and starts it where that was the last approval it needs. Of the
 * same person twice it counts once.
 * @throws {Problem} 403 for who may not; 409 where it is out of date or cannot start now, and nothing is kept
 */
export async function approvePlan(
  parts: SignatureParts,
  actor: Actor,
  planId: string,
  comment: string | null,
): Promise<void> {
  const { database } = parts;
  const signatures = await signaturesOf(parts, planId);
  await guarded(database, async (sql) => {
    let whole = await lockedPlan(sql, planId);
    const { plan } = whole;
    requireStatus(plan, "approve");
    requireDecider(actor, plan);
    requireInTime(plan);
    const userId = actor.id ?? "";
    if (!plan.approvals.some((approval) => approval.userId === userId)) {
      const approval = { userId, user: actor.name, at: new Date().toISOString(), comment };
      whole = await apply(sql, whole, { kind: "approve", approval });
      await auditPlan(sql, actor, "approve_plan", whole, comment === null ? {} : { comment });
    }
    if ((await missingApprovals(sql, whole.plan)) === 0) await startNow(sql, whole, signatures);
  });
}

/** The plan is cancelled, for that reason. */
export async function rejectPlan(
  database: Database,
  actor: Actor,
  planId: string,
  reason: string,
): Promise<void> {
  await transaction(database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    requireStatus(whole.plan, "reject");
    requireDecider(actor, whole.plan);
    await apply(sql, whole, { kind: "cancel", error: `Rejected by ${actor.name}: ${reason}` });
    await auditPlan(sql, actor, "reject_plan", whole, { reason });
  });
}

/** Cancels plans that nobody has approved in time. @returns how many */
export async function expireApprovals(database: Database): Promise<number> {
  const reason = `It was not approved within ${approvalDays} days.`;
  const ids = await plansNotApproved(database);
  for (const id of ids) await cancelIfWaiting(database, id, reason);
  return ids.length;
}

/** Of each image's updates that wait, only the newest is still wanted. */
export async function supersedeWaiting(database: Database, planId: string): Promise<void> {
  const plan = await findPlan(database, planId);
  if (plan?.status !== "waiting_for_approval") return;
  const reason = `Plan ${planId}, which is for a newer digest, waits in its place.`;
  for (const id of await waitingUpdates(database, planId)) {
    await cancelIfWaiting(database, id, reason);
  }
}

async function cancelIfWaiting(database: Database, id: string, reason: string): Promise<void> {
  await transaction(database, async (sql) => {
    const whole = await lockedPlan(sql, id);
    if (whole.plan.status !== "waiting_for_approval") return;
    await apply(sql, whole, { kind: "cancel", error: reason });
    await auditPlan(sql, system, "cancel_plan", whole, { reason });
  });
}
