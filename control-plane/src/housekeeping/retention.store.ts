import type { Sql } from "../database/connection.ts";
import { dropAuditMonths } from "../identity/audit-chain.store.ts";

/** What was removed, by kind. */
export type Removed = Record<
  | "plans"
  | "auditEntries"
  | "deliveries"
  | "incomingDeliveries"
  | "notifications"
  | "sessions"
  | "joinTokens"
  | "idempotencyKeys"
  | "commands",
  number
>;

/** So many rows at a time: a transaction that deletes a million holds up everything else. */
const batch = 1000;
const longestCommandDays = 7;
const longestNotificationDays = 30;

/**
 * Removes what is over for longer than it is kept. An ended plan that is the latest of one of its
 * services stays: it says what runs there and how to go back.
 */
export async function removeExpired(sql: Sql, retentionDays: number): Promise<Removed> {
  const old = sql`now() - make_interval(days => ${retentionDays})`;
  return {
    plans: await removePlans(sql, retentionDays),
    auditEntries: await inBatches(async () => ({
      count: await dropAuditMonths(sql, retentionDays, batch),
    })),
    deliveries: await inBatches(
      () => sql`
        delete from webhook_deliveries where id in (
          select id from webhook_deliveries where created_at < ${old} limit ${batch})`,
    ),
    incomingDeliveries: await inBatches(
      () => sql`
        delete from incoming_deliveries where (secret_name, id_hash) in (
          select secret_name, id_hash from incoming_deliveries
          where taken_at < now() - interval '1 day' limit ${batch})`,
    ),
    notifications: await inBatches(
      () => sql`
        delete from notifications where id in (
          select id from notifications
          where created_at < now() - make_interval(days => ${Math.min(retentionDays, longestNotificationDays)})
          limit ${batch})`,
    ),
    sessions: await inBatches(
      () => sql`
        delete from sessions where id in (
          select id from sessions where expires_at < now() limit ${batch})`,
    ),
    // For a day one can still be told that a token was used or is too old rather than unknown.
    joinTokens: await inBatches(
      () => sql`
        delete from join_tokens where token_hash in (
          select token_hash from join_tokens
          where expires_at < now() - interval '1 day' limit ${batch})`,
    ),
    idempotencyKeys: await inBatches(
      () => sql`
        delete from idempotency_keys where (credential_id, key) in (
          select credential_id, key from idempotency_keys
          where created_at < now() - interval '1 day' limit ${batch})`,
    ),
    // Those of plans go with their plan; the others have told their result long ago.
    commands: await inBatches(
      () => sql`
        delete from commands where id in (
          select id from commands
          where status = 'done' and plan_id is null
            and done_at < now() - make_interval(days => ${Math.min(retentionDays, longestCommandDays)})
          limit ${batch})`,
    ),
  };
}

/** Goes through the plans that are old enough once, oldest first: those that stay are not looked at again. */
async function removePlans(sql: Sql, retentionDays: number): Promise<number> {
  let total = 0;
  // As text: a Date has no microseconds.
  let last: { completedAt: string; id: string } | null = null;
  for (;;) {
    const seen: { completedAt: string; id: string }[] = await sql<
      { completedAt: string; id: string }[]
    >`
      select id, completed_at::text from deployment_plans
      where completed_at < now() - make_interval(days => ${retentionDays})
        and (${last?.id ?? null}::uuid is null
          or (completed_at, id) > (${last?.completedAt ?? null}::timestamptz, ${last?.id ?? null}::uuid))
      order by completed_at, id limit ${batch}`;
    const removed = await sql`
      delete from deployment_plans p
      where p.id = any(${seen.map(({ id }) => id)}::uuid[])
        and not exists (
          select from plan_services mine
          where mine.plan_id = p.id and mine.service_id is not null and not exists (
            select from plan_services theirs
            join deployment_plans later on later.id = theirs.plan_id
            where theirs.service_id = mine.service_id
              and (later.created_at, later.id) > (p.created_at, p.id)
              and later.status in ('completed', 'failed', 'rolled_back')))`;
    total += removed.count;
    last = seen.at(-1) ?? null;
    if (seen.length < batch || last === null) return total;
  }
}

async function inBatches(remove: () => PromiseLike<{ count: number }>): Promise<number> {
  let total = 0;
  for (;;) {
    const { count } = await remove();
    total += count;
    if (count < batch) return total;
  }
}
