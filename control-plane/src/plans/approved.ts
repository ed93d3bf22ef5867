import type { Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { rolesOfUsers } from "./approvals.store.ts";
import { approvalDays, counting, expiresAt } from "./approvals.ts";
import type { WayBack } from "./build-plan.ts";
import type { PlanRow, PlanServiceRow } from "./plans.store.ts";

/** How many approvals a plan needs beside those that count now. */
export async function missingApprovals(sql: Sql, plan: PlanRow): Promise<number> {
  const roles = await rolesOfUsers(
    sql,
    plan.approvals.map(({ userId }) => userId),
  );
  return Math.max(0, plan.approvalsRequired - counting(plan, roles).length);
}

/** @throws {Problem} 409 where a plan that waits has too few approvals, or waits for too long */
export async function requireApproved(sql: Sql, plan: PlanRow): Promise<void> {
  requireInTime(plan);
  const missing = await missingApprovals(sql, plan);
  if (missing === 0) return;
  throw new Problem(
    "conflict",
    "not_approved",
    `This plan waits for ${missing} more approval${missing === 1 ? "" : "s"}, by people who have no part in it.`,
  );
}

/** @throws {Problem} 409 */
export function requireInTime(plan: PlanRow): void {
  const end = expiresAt(plan);
  if (end === null || end.getTime() > Date.now()) return;
  throw new Problem(
    "conflict",
    "approval_expired",
    `This plan was not approved within ${approvalDays} days: create it again.`,
  );
}

/**
 * An approval is for what was shown: this container, to be moved from that digest.
 * @param now what the service would go back to now
 * @throws {Problem} 409 where that is another one
 */
export function requireAsApproved(
  { serviceName, serverName, previousDigest, observed }: PlanServiceRow,
  now: WayBack,
): void {
  const same =
    previousDigest === now.previousDigest &&
    (observed?.containerId ?? null) === (now.observed?.containerId ?? null);
  if (same) return;
  throw new Problem(
    "conflict",
    "plan_out_of_date",
    `${serviceName} on ${serverName} has been deployed or re-created since this plan was shown for approval: cancel it, and create it again.`,
  );
}
