import type { HostStatus } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";
import { leaseSeconds, serverIsOnline } from "./online.store.ts";

/** One agent's stream and the server that it speaks for. */
export interface SessionKey {
  serverId: string;
  sessionId: string;
}

/** Makes a stream the one that speaks for its server, in place of any other. */
export async function markOnline(
  sql: Sql,
  { serverId, sessionId }: SessionKey,
  agent: {
    agentVersion: string;
    capabilities: readonly string[];
    host: HostStatus;
    /** how far its clock is ahead of ours; null: it does not tell */
    clockOffsetMs: number | null;
  },
  instances: readonly string[],
): Promise<void> {
  await sql`
    update servers set session_id = ${sessionId}, status = 'online', last_seen_at = now(),
      agent_version = ${agent.agentVersion}, agent_instances = ${[...instances]}::text[],
      agent_capabilities = ${[...agent.capabilities]}::text[], host = ${json(sql, agent.host)},
      clock_offset_ms = ${agent.clockOffsetMs},
      hostname = coalesce(hostname, ${agent.host.hostname || null}::text)
    where id = ${serverId}`;
}

/** A stream has ended: its server is offline unless another stream has taken over. */
export async function closeSessions(sql: Sql, sessions: SessionKey[]): Promise<void> {
  await sql`
    update servers set status = 'offline', session_id = null, last_seen_at = now()
    where session_id = any(${sessions.map(({ sessionId }) => sessionId)}::uuid[])
      and id = any(${sessions.map(({ serverId }) => serverId)}::uuid[])`;
}

/**
 * Repeats that these streams are alive.
 * @returns the sessions that still speak for their servers
 */
export async function renewLeases(sql: Sql, sessions: SessionKey[]): Promise<Set<string>> {
  if (sessions.length === 0) return new Set();
  const rows = await sql<{ sessionId: string }[]>`
    update servers set last_seen_at = now()
    where session_id = any(${sessions.map(({ sessionId }) => sessionId)}::uuid[])
      and id = any(${sessions.map(({ serverId }) => serverId)}::uuid[])
    returning session_id`;
  return new Set(rows.map(({ sessionId }) => sessionId));
}

/** Servers for whose streams no replica has spoken lately are offline: their replica died. */
export async function expireLeases(sql: Sql): Promise<void> {
  await sql`
    update servers set status = 'offline', session_id = null
    where status = 'online' and not ${serverIsOnline(sql)}`;
}

/** All of a server's containers have been reported by this stream: what is known of them is of now. */
export async function noteInventory(sql: Sql, { serverId, sessionId }: SessionKey): Promise<void> {
  await sql`
    update servers set inventory_session_id = session_id
    where id = ${serverId} and session_id = ${sessionId}`;
}

export async function updateHost(
  sql: Sql,
  { serverId, sessionId }: SessionKey,
  host: HostStatus,
): Promise<void> {
  await sql`
    update servers set host = ${json(sql, host)}
    where id = ${serverId} and session_id = ${sessionId} and host is distinct from ${json(sql, host)}`;
}

export interface StaleServer {
  id: string;
  name: string;
  environmentId: string;
  lastSeenAt: Date;
}

/**
 * Marks servers offline for which no replica has vouched for a while. Gateways do so by themselves
 * every few seconds; this is for the case that none of them can.
 */
export async function markStaleServers(sql: Sql): Promise<StaleServer[]> {
  return sql<StaleServer[]>`
    update servers set status = 'offline', session_id = null
    where status = 'online' and last_seen_at < now() - make_interval(secs => ${leaseSeconds * 2})
    returning id, name, environment_id, last_seen_at`;
}
