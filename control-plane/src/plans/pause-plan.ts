import type { Actor } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { apply } from "./apply.store.ts";
import { auditPlan, lockedPlan, requireStatus } from "./create-plan.ts";
import { whyNotResumed } from "./resume.ts";
import { isBeingTold } from "./transition/asked.ts";

/** Nothing new starts until the plan is resumed, cancelled or rolled back. */
export async function pausePlan(
  database: Database,
  actor: Actor,
  planId: string,
  reason: string | null,
): Promise<void> {
  await transaction(database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    const { plan } = whole;
    requireStatus(plan, "pause");
    const ends = plan.rollbackStartedAt ?? plan.rollbackRequestedAt;
    const told = isBeingTold(whole);
    if (ends !== null || plan.cancelRequestedAt !== null || told) {
      const how = ends !== null ? "rolling back" : "being cancelled";
      const what = told ? "over, and tells its hooks so" : how;
      throw new Problem(
        "invalid",
        "plan_is_ending",
        `Cannot pause plan: it is ${what}. Wait until it has ended.`,
      );
    }
    const said = reason ?? `${actor.name} paused it.`;
    await apply(sql, whole, { kind: "pause", reason: said, by: actor.name });
    await auditPlan(sql, actor, "pause_plan", whole, reason === null ? {} : { reason });
  });
}

/** A paused plan goes on; what has failed is tried again where its rollout pauses at a failure. */
export async function resumePlan(database: Database, actor: Actor, planId: string): Promise<void> {
  await transaction(database, async (sql) => {
    const whole = await lockedPlan(sql, planId);
    requireStatus(whole.plan, "resume");
    const why = whyNotResumed(whole);
    if (why !== null) throw new Problem("conflict", "deploy_not_repeatable", why);
    await apply(sql, whole, { kind: "resume" });
    await auditPlan(sql, actor, "resume_plan", whole);
  });
}
