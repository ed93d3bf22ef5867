import type { Sql } from "../database/connection.ts";
import { planIsActive } from "./plans.store.ts";
import { unstartedStatuses } from "./statuses.ts";

/**
 * Cancels every plan that nobody has started. The ids of its commands are fixed: if it was started after the
 * backup that it comes from, agents know them, and would answer with what came of it then.
 * @returns how many plans
 */
export async function cancelPendingPlans(sql: Sql, reason: string): Promise<number> {
  const isUnstarted = sql`deployment_plans.status = any(${[...unstartedStatuses]}::text[])`;
  await sql`
    update plan_steps set status = 'skipped' from deployment_plans
    where deployment_plans.id = plan_id and ${isUnstarted} and plan_steps.status = 'pending'`;
  const cancelled = await sql`
    update deployment_plans set status = 'cancelled', cancel_requested_at = now(),
      completed_at = now(), error = ${reason}
    where ${isUnstarted}`;
  return cancelled.count;
}

/**
 * Ends every plan that is under way as failed, wherever it stands, with what it has still to do skipped.
 * Nothing is rolled back: it is not known any longer what runs.
 * @returns how many plans
 */
export async function endRunningPlans(sql: Sql, error: string): Promise<number> {
  await sql`
    update plan_steps set completed_at = now(), deadline_at = null,
      status = case when plan_steps.status = 'running' then 'failed' else 'skipped' end,
      error = case when plan_steps.status = 'running' then ${error} else plan_steps.error end
    from deployment_plans
    where deployment_plans.id = plan_id and ${planIsActive(sql)}
      and plan_steps.status in ('pending', 'running')`;
  await sql`
    update plan_services set active = false from deployment_plans
    where deployment_plans.id = plan_id and ${planIsActive(sql)} and active`;
  const ended = await sql`
    update deployment_plans set status = 'failed', completed_at = now(), error = ${error},
      paused_at = null, paused_reason = null, paused_by = null
    where ${planIsActive(sql)}`;
  return ended.count;
}
