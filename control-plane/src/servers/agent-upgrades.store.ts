import { upgradeCapability } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";

/**
 * queued ──> running ──> succeeded
 *   │           └──────> failed <────┘ its program did not start again later
 *   └──> cancelled, as another of its environment has failed
 */
export type UpgradeStatus = "queued" | "running" | "succeeded" | "failed" | "cancelled";

/** What becomes of an order to upgrade a server's agent. */
export interface UpgradeRow {
  serverId: string;
  environmentId: string;
  serverName: string;
  /** what the agent tells this order from earlier ones by */
  attempt: string;
  status: UpgradeStatus;
  fromVersion: string;
  toVersion: string;
  error: string | null;
}

export interface NewUpgrade {
  serverId: string;
  environmentId: string;
  attempt: string;
  fromVersion: string;
  toVersion: string;
  /** how many of the environment may run at once */
  batch: number;
}

const columns = (sql: Sql) => sql`
  u.id as server_id, u.environment_id, s.name as server_name, u.attempt, u.status, u.from_version,
  u.to_version, u.error`;

/** One at a time decides on an environment's upgrades, until its transaction ends. */
export async function lockUpgrades(sql: Sql, environmentId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`agent upgrades ${environmentId}`}, 0))`;
}

/** Queues an order in place of an earlier one. @returns false: an earlier one is still open */
export async function queueUpgrade(sql: Sql, order: NewUpgrade): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`
    insert into agent_upgrades (id, environment_id, attempt, status, from_version, to_version, batch)
    values (${order.serverId}, ${order.environmentId}, ${order.attempt}, 'queued',
      ${order.fromVersion}, ${order.toVersion}, ${order.batch})
    on conflict (id) do update set environment_id = excluded.environment_id,
      attempt = excluded.attempt, status = 'queued', from_version = excluded.from_version,
      to_version = excluded.to_version, error = null, batch = excluded.batch, queued_at = now(),
      started_at = null, ended_at = null
    where agent_upgrades.status not in ('queued', 'running')
    returning id`;
  return rows.length > 0;
}

/** Starts the next batch of an environment if none of its upgrades runs. Their gateways hear of it. */
export async function startNextBatch(sql: Sql, environmentId: string): Promise<void> {
  await sql`
    update agent_upgrades set status = 'running', started_at = now()
    where id in (
      select u.id from agent_upgrades u
      where u.environment_id = ${environmentId} and u.status = 'queued'
      order by u.queued_at, u.id
      limit (select min(q.batch) from agent_upgrades q
        where q.environment_id = ${environmentId} and q.status = 'queued'))
    and not exists (select from agent_upgrades r
      where r.environment_id = ${environmentId} and r.status = 'running')`;
}

/** What a server's agent is to become now. */
export async function findRunningUpgrade(sql: Sql, serverId: string): Promise<UpgradeRow | null> {
  const [row] = await sql<UpgradeRow[]>`
    select ${columns(sql)} from agent_upgrades u join servers s on s.id = u.id
    where u.id = ${serverId} and u.status = 'running'`;
  return row ?? null;
}

/**
 * Ends an order that runs. One that was given up counts after all where its agent says later that it
 * succeeded; one that succeeded has failed where its agent says later that it went back. That is said once:
 * the order gets another attempt, which nobody knows.
 * @param error why it failed; null: it succeeded
 * @returns null: there is none with this attempt, or it has ended already
 */
export async function endUpgrade(
  sql: Sql,
  { serverId, attempt, error }: { serverId: string; attempt: string; error: string | null },
): Promise<UpgradeRow | null> {
  const [row] = await sql<UpgradeRow[]>`
    update agent_upgrades u set error = ${error}, ended_at = now(),
      status = case when ${error}::text is null then 'succeeded' else 'failed' end,
      attempt = case when u.status = 'succeeded' then gen_random_uuid() else u.attempt end
    from servers s
    where s.id = u.id and u.id = ${serverId} and u.attempt::text = ${attempt}
      and (u.status = 'running'
        or u.status = case when ${error}::text is null then 'failed' else 'succeeded' end)
    returning ${columns(sql)}`;
  return row ?? null;
}

/** Those of an environment that have not begun do not begin any more. */
export async function cancelQueuedUpgrades(
  sql: Sql,
  environmentId: string,
  error: string,
): Promise<void> {
  await sql`
    update agent_upgrades set status = 'cancelled', error = ${error}, ended_at = now()
    where environment_id = ${environmentId} and status = 'queued'`;
}

/** Those that run for longer than any upgrade takes. */
export async function overdueUpgrades(sql: Sql, minutes: number): Promise<UpgradeRow[]> {
  return sql<UpgradeRow[]>`
    select ${columns(sql)} from agent_upgrades u join servers s on s.id = u.id
    where u.status = 'running' and u.started_at < now() - make_interval(mins => ${minutes})`;
}

/** Which of these servers have an agent that can replace its own program. */
export async function serversThatUpgrade(
  sql: Sql,
  serverIds: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from servers
    where id = any(${[...serverIds]}::uuid[]) and ${upgradeCapability} = any(agent_capabilities)`;
  return new Set(rows.map(({ id }) => id));
}

/** @returns whether it is to be told now that the agent is older than this version: it was not yet */
export async function noteOutdated(sql: Sql, serverId: string, version: string): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`
    update servers set outdated_told_for = ${version}
    where id = ${serverId} and outdated_told_for is distinct from ${version}
    returning id`;
  return rows.length > 0;
}
