import type { Sql } from "../database/connection.ts";
import { tokenHash } from "../secrets.ts";

export const joinTokenHours = 24;

/** Stores a token's hash; earlier tokens of the server that were not used end with it. */
export async function insertJoinToken(sql: Sql, serverId: string, token: string): Promise<Date> {
  await sql`delete from join_tokens where server_id = ${serverId} and used_at is null`;
  const [row] = await sql<[{ expiresAt: Date }]>`
    insert into join_tokens (token_hash, server_id, expires_at, created_at)
    values (${tokenHash(token)}, ${serverId}, now() + make_interval(hours => ${joinTokenHours}),
      clock_timestamp())
    returning expires_at`;
  return row.expiresAt;
}

/** Tokens of before the current authority pin one that is no longer trusted. */
export async function deleteEarlierJoinTokens(sql: Sql): Promise<void> {
  await sql`
    delete from join_tokens t using certificate_authority a
    where a.is_current and t.created_at < a.created_at and t.used_at is null`;
}

/** Uses a token up. @returns its server; null for an unknown, used or expired one */
export async function useJoinToken(sql: Sql, token: string): Promise<string | null> {
  const [row] = await sql<{ serverId: string }[]>`
    update join_tokens set used_at = now()
    where token_hash = ${tokenHash(token)} and used_at is null and expires_at > now()
    returning server_id`;
  return row?.serverId ?? null;
}

/** Why a token cannot be used, and whose it is. */
export async function whyNoJoinToken(
  sql: Sql,
  token: string,
): Promise<{ reason: "used" | "expired" | "unknown"; serverId: string | null }> {
  const [row] = await sql<{ serverId: string; used: boolean }[]>`
    select server_id, used_at is not null as used from join_tokens
    where token_hash = ${tokenHash(token)}`;
  if (!row) return { reason: "unknown", serverId: null };
  return { reason: row.used ? "used" : "expired", serverId: row.serverId };
}

/**
 * An agent enrols: whatever an earlier one was given is worth nothing from now on, and its stream
 * is over. Its hostname is taken over unless a person has given one.
 * @returns the generation of the certificate that it is to get
 */
export async function markEnrolled(
  sql: Sql,
  serverId: string,
  hostname: string | null,
): Promise<number> {
  const [row] = await sql<[{ certificateGeneration: number }]>`
    update servers set hostname = coalesce(hostname, ${hostname}::text), updated_at = now(),
      certificate_generation = certificate_generation + 1, session_id = null,
      revoked_at = null, agent_instances = '{}', two_agents_at = null,
      status = case when status = 'online' then 'offline' else status end
    where id = ${serverId} returning certificate_generation`;
  await sql`select pg_notify('session_revoked', ${serverId})`;
  return row.certificateGeneration;
}

/** @returns how many there were */
export async function deleteUnusedJoinTokens(sql: Sql): Promise<number> {
  const gone = await sql`delete from join_tokens where used_at is null`;
  return gone.count;
}
