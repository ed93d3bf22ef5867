import { json, type Sql } from "../database/connection.ts";
import type { HookOutcome, Told } from "./hook.ts";
import { leaseMs } from "./hook-steps.ts";

/*
 * Calls of hooks, as rows that replicas take from each other:
 *
 *   open ──claimed──▶ taken ──▶ done
 *     ▲                 │
 *     └── lease ends ───┘  (whoever had taken it died)
 *
 * A call is made while its step is running, and by nobody any longer once it is not.
 */

/** A call that this process has taken. */
export interface TakenCall {
  stepId: string;
  planId: string;
  told: Told;
  /** how many requests were begun before */
  attempts: number;
  claim: string;
}

/** Makes calls that replicas hear of when this is committed. */
export async function insertHookCalls(
  sql: Sql,
  planId: string,
  calls: readonly { stepId: string; told: Told }[],
): Promise<void> {
  for (const { stepId, told } of calls) {
    await sql`
      insert into hook_calls (step_id, plan_id, told)
      values (${stepId}, ${planId}, ${json(sql, told)})
      -- A paused plan that is resumed may call a hook again.
      on conflict (step_id) do update set told = excluded.told, attempts = 0, due_at = now(),
        claim = null, outcome = null`;
  }
  if (calls.length > 0) await tellHookCallers(sql, planId);
}

/** Has all replicas look at which calls there are to make, and which no longer. */
export async function tellHookCallers(sql: Sql, planId: string): Promise<void> {
  await sql`select pg_notify('hook_called', ${planId})`;
}

/** Takes calls that nobody has, the longest due first. */
export async function takeHookCalls(sql: Sql, claim: string, most: number): Promise<TakenCall[]> {
  return sql<TakenCall[]>`
    update hook_calls set claim = ${claim},
      due_at = now() + make_interval(secs => ${leaseMs / 1000})
    where step_id in (
      select hook_calls.step_id from hook_calls
      join plan_steps on plan_steps.id = hook_calls.step_id and plan_steps.status = 'running'
      where hook_calls.outcome is null and hook_calls.due_at <= now()
      order by hook_calls.due_at limit ${most}
      for update of hook_calls skip locked)
    returning step_id, plan_id, told, attempts, claim`;
}

/** Says that a call is still being made. @returns those that nobody waits for, or that another one has taken */
export async function keepHookCalls(
  sql: Sql,
  calls: readonly Pick<TakenCall, "stepId" | "claim">[],
): Promise<string[]> {
  const asked = json(
    sql,
    calls.map(({ stepId, claim }) => ({ stepId, claim })),
  );
  const kept = await sql<{ stepId: string }[]>`
    update hook_calls set due_at = now() + make_interval(secs => ${leaseMs / 1000})
    from jsonb_to_recordset(${asked}) as mine("stepId" uuid, claim uuid), plan_steps
    where hook_calls.step_id = mine."stepId" and hook_calls.claim = mine.claim
      and hook_calls.outcome is null
      and plan_steps.id = hook_calls.step_id and plan_steps.status = 'running'
    returning hook_calls.step_id`;
  const ids = new Set(kept.map(({ stepId }) => stepId));
  return calls.map(({ stepId }) => stepId).filter((id) => !ids.has(id));
}

/** Leaves what was not called to an end to the others. */
export async function releaseHookCalls(sql: Sql, claim: string): Promise<void> {
  await sql`
    update hook_calls set due_at = now(), claim = null where claim = ${claim} and outcome is null`;
}

/**
 * Counts a request before it is sent, so that a process that dies again and again does not send for ever.
 * @returns false where the call is no longer ours to make
 */
export async function beginRequest(sql: Sql, { stepId, claim }: TakenCall): Promise<boolean> {
  const begun = await sql`
    update hook_calls set attempts = attempts + 1
    where step_id = ${stepId} and claim = ${claim} and outcome is null
      and exists (select from plan_steps where id = ${stepId} and status = 'running')`;
  return begun.count > 0;
}

/** Keeps what became of a call: a success whoever has it by now, and has its plan looked at. */
export async function recordHookOutcome(
  sql: Sql,
  { stepId, planId, claim }: TakenCall,
  outcome: HookOutcome,
): Promise<void> {
  const recorded = await sql`
    update hook_calls set outcome = ${json(sql, outcome)}
    where step_id = ${stepId} and outcome is null and (claim = ${claim} or ${outcome.ok})`;
  if (recorded.count > 0) await sql`select pg_notify('plan_wake', ${planId})`;
}

/** What a hook of a plan is sent, encrypted; null: the step is gone. */
export async function findHookRequest(sql: Sql, stepId: string): Promise<Buffer | null> {
  const [row] = await sql<{ request: Buffer }[]>`
    select plan_hooks.request from plan_steps
    join plan_hooks on plan_hooks.plan_id = plan_steps.plan_id
      and plan_hooks.number = (plan_steps.body ->> 'number')::integer
    where plan_steps.id = ${stepId}`;
  return row?.request ?? null;
}
