import { json, type Sql } from "../database/connection.ts";
import type { SignatureFinding } from "../signatures/gate.ts";
import type { WayBack } from "./build-plan.ts";

/** pending → running */
export async function startPlan(sql: Sql, id: string): Promise<void> {
  await sql`
    update deployment_plans set status = 'running', started_at = now()
    where id = ${id} and status = 'pending'`;
  await wake(sql, id);
}

/** What was found of its digest's signatures when it was started. */
export async function noteSignature(
  sql: Sql,
  id: string,
  signature: SignatureFinding | null,
): Promise<void> {
  await sql`
    update deployment_plans set signature = ${signature && json(sql, signature)} where id = ${id}`;
}

/** What one service of a pending plan goes back to. */
export async function updateWayBack(
  sql: Sql,
  planId: string,
  position: number,
  { reference, spec, observed, ...previous }: WayBack,
): Promise<void> {
  await sql`
    update plan_services set ${sql(previous as never)},
      observed = ${observed && json(sql, observed)},
      rollback_body = rollback_body || ${json(sql, { reference, spec })}::jsonb
    where plan_id = ${planId} and position = ${position}`;
  await sql`
    update plan_steps set previous_digest = ${previous.previousDigest},
      body = case
        -- Only one that may create its container has a specification.
        when action = 'deploy' and body ->> 'spec' is not null
          then body || ${json(sql, { spec })}::jsonb
        else body
      end
    where plan_id = ${planId} and service_position = ${position}`;
}

/** pending → cancelled */
export async function cancelPending(sql: Sql, id: string): Promise<void> {
  await sql`
    update deployment_plans set status = 'cancelled', cancel_requested_at = now(), completed_at = now()
    where id = ${id} and status = 'pending'`;
  await sql`update plan_steps set status = 'skipped' where plan_id = ${id} and status = 'pending'`;
}

export async function requestCancel(sql: Sql, id: string): Promise<void> {
  await sql`
    update deployment_plans set cancel_requested_at = coalesce(cancel_requested_at, now())
    where id = ${id} and status = 'running'`;
  await wake(sql, id);
}

/** completed, failed or cancelled → running, on the way back */
export async function startRollback(sql: Sql, id: string): Promise<void> {
  await sql`
    update deployment_plans set status = 'running', rollback_started_at = now(),
      completed_at = null, cancel_requested_at = null
    where id = ${id} and status in ('completed', 'failed', 'cancelled')`;
  await wake(sql, id);
}

/** Whichever replica hears it first goes on with the plan, once this transaction is committed. */
async function wake(sql: Sql, id: string): Promise<void> {
  await sql`select pg_notify('plan_wake', ${id})`;
}
