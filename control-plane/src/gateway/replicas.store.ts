import type { Sql } from "../database/connection.ts";
import { leaseSeconds } from "../servers/online.store.ts";

/**
 * Says that a replica is there and how many streams it holds, and forgets those that are silent.
 * @returns the streams of each replica that is there, this one's included
 */
export async function noteStreams(sql: Sql, replicaId: string, streams: number): Promise<number[]> {
  await sql`
    insert into replicas (id, streams) values (${replicaId}, ${streams})
    on conflict (id) do update set streams = excluded.streams, seen_at = now()`;
  await sql`
    delete from replicas where seen_at < now() - make_interval(secs => ${leaseSeconds})`;
  const rows = await sql<{ streams: number }[]>`select streams from replicas`;
  return rows.map(({ streams }) => streams);
}

export async function forgetReplica(sql: Sql, replicaId: string): Promise<void> {
  await sql`delete from replicas where id = ${replicaId}`;
}

/** Which of these servers have work to do in a plan that has begun and has not ended. */
export async function serversInPlans(sql: Sql, serverIds: string[]): Promise<string[]> {
  if (serverIds.length === 0) return [];
  const rows = await sql<{ serverId: string }[]>`
    select distinct step.server_id from plan_steps step
    join deployment_plans plan on plan.id = step.plan_id
    where plan.status in ('running', 'paused') and step.server_id = any(${serverIds}::uuid[])`;
  return rows.map(({ serverId }) => serverId);
}
