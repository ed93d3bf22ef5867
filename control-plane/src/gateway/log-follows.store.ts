import type { LogLine } from "@bridgeport/proto";
import { foreignKeyViolation, json, type Sql, sqlState } from "../database/connection.ts";
import { leaseSeconds, serverIsOnline } from "../servers/online.store.ts";
import type { LogEvent } from "./logs.ts";

/** A log that is followed on one replica while another one holds the agent's stream. */
export interface FollowRow {
  id: string;
  serverId: string;
  /** the stream that is to serve it */
  sessionId: string;
  containerName: string;
  tail: number;
  /** epoch milliseconds */
  since: number | null;
}

/** The stream that speaks for a server on whichever replica; null while there is none. */
export async function findSession(sql: Sql, serverId: string): Promise<string | null> {
  const [row] = await sql<{ sessionId: string | null }[]>`
    select session_id from servers where id = ${serverId} and ${serverIsOnline(sql)}`;
  return row?.sessionId ?? null;
}

export async function insertFollow(sql: Sql, follow: FollowRow): Promise<void> {
  await sql`insert into log_follows ${sql({ ...follow })}`;
  await sql`select pg_notify('log_follow', ${follow.sessionId})`;
}

export async function deleteFollow(sql: Sql, id: string): Promise<void> {
  await sql`
    with gone as (delete from log_follows where id = ${id} returning session_id)
    select pg_notify('log_follow', session_id::text) from gone`;
}

/** What a stream is to serve now. */
export async function followsOf(sql: Sql, sessionIds: string[]): Promise<FollowRow[]> {
  if (sessionIds.length === 0) return [];
  return sql<FollowRow[]>`
    select id, server_id, session_id, container_name, tail, since from log_follows
    where session_id = any(${sessionIds}::uuid[])`;
}

/**
 * Repeats that these are still read.
 * @returns those that there are, and whose stream still speaks for its server
 */
export async function renewFollows(sql: Sql, ids: string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const rows = await sql<{ id: string }[]>`
    update log_follows set seen_at = now() from servers
    where log_follows.id = any(${ids}::uuid[]) and servers.id = server_id
      and servers.session_id = log_follows.session_id
    returning log_follows.id`;
  return new Set(rows.map(({ id }) => id));
}

/** Follows without a reader: their replica died. */
export async function expireFollows(sql: Sql): Promise<void> {
  await sql`
    delete from log_follows where seen_at < now() - make_interval(secs => ${leaseSeconds})`;
}

/** @returns false when it no longer has a reader */
export async function insertPart(
  sql: Sql,
  followId: string,
  position: number,
  { lines, end, error }: LogEvent,
): Promise<boolean> {
  try {
    await sql`
      insert into log_parts (follow_id, position, lines, ended, error)
      values (${followId}, ${position}, ${json(sql, lines)}, ${end}, ${error})`;
  } catch (problem) {
    if (sqlState(problem) === foreignKeyViolation) return false;
    throw problem;
  }
  await sql`select pg_notify('log_part', ${followId})`;
  return true;
}

/** What is there to read, in its order. */
export async function partsOf(
  sql: Sql,
  followId: string,
): Promise<{ position: number; lines: LogLine[]; ended: boolean; error: string | null }[]> {
  return sql`
    select position, lines, ended, error from log_parts where follow_id = ${followId}
    order by position`;
}

/** The reader has taken everything up to this position. */
export async function dropParts(sql: Sql, followId: string, position: number): Promise<void> {
  await sql`delete from log_parts where follow_id = ${followId} and position <= ${position}`;
  await sql`select pg_notify('log_taken', ${followId})`;
}

export async function isTaken(sql: Sql, followId: string, position: number): Promise<boolean> {
  const rows = await sql`
    select from log_parts where follow_id = ${followId} and position = ${position}`;
  return rows.length === 0;
}
