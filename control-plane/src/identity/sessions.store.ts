import { isDeepStrictEqual } from "node:util";
import { type Actor, type EnvironmentRole, type Role, tokenRoles } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";
import { newToken, tokenHash } from "../secrets.ts";
import type { Presented } from "./presented-token.ts";
import { rolesOf } from "./users.store.ts";

export const sessionDays = 14;
const cookiePrefix = "bpc";

/** Opens a session and returns its token, which is stored nowhere. */
export async function openSession(sql: Sql, userId: string): Promise<string> {
  return (await openBrowserSession(sql, userId)).token;
}

/**
 * Opens a session and returns its token and the value of its cookie, which are stored nowhere. A
 * browser sends the cookie to every port of the host, so that it is no bearer token.
 */
export async function openBrowserSession(
  sql: Sql,
  userId: string,
  by: { address?: string | undefined; userAgent?: string | null; hours?: number } = {},
): Promise<{ token: string; cookie: string }> {
  const token = newToken("bps");
  const cookie = newToken(cookiePrefix);
  await sql`
    insert into sessions (id, token_hash, cookie_hash, user_id, address, user_agent, expires_at)
    values (${newId()}, ${tokenHash(token)}, ${tokenHash(cookie)}, ${userId},
      ${by.address ?? null}, ${by.userAgent ?? null},
      now() + make_interval(hours => ${by.hours ?? sessionDays * 24}))`;
  return { token, cookie };
}

export interface SessionRow {
  id: string;
  userId: string;
  userEmail: string;
  createdAt: Date;
  expiresAt: Date;
  lastSeenAt: Date | null;
  address: string | null;
  lastAddress: string | null;
  userAgent: string | null;
}

const columns = (sql: Sql) => sql`
  sessions.id, user_id, users.email as user_email, sessions.created_at, expires_at, last_seen_at,
  address, last_address, user_agent`;

/** Those of a user that have not ended, the latest first. */
export async function listSessions(
  sql: Sql,
  userId: string,
  page: { limit: number; offset: number },
): Promise<{ sessions: SessionRow[]; total: number }> {
  const where = sql`user_id = ${userId} and expires_at > now()`;
  const sessions = await sql<SessionRow[]>`
    select ${columns(sql)} from sessions join users on users.id = user_id where ${where}
    order by coalesce(last_seen_at, sessions.created_at) desc, sessions.id desc
    limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from sessions where ${where}`;
  return { sessions, total: count?.total ?? 0 };
}

export async function findSession(sql: Sql, id: string): Promise<SessionRow | null> {
  const [row] = await sql<SessionRow[]>`
    select ${columns(sql)} from sessions join users on users.id = user_id
    where sessions.id = ${id} and expires_at > now()`;
  return row ?? null;
}

/**
 * Keeps the session that was asked with until the transaction ends, so that what ends the session also ends
 * what is made with it.
 * @throws {Problem} 401 when it has ended meanwhile
 */
export async function holdSession(sql: Sql, { credentialId }: Actor): Promise<void> {
  if (credentialId === undefined) return;
  const rows = await sql`select from sessions where id = ${credentialId} for share`;
  if (rows.length > 0) return;
  throw new Problem("unauthenticated", "session_ended", "This session has ended: log in again.");
}

export async function closeSessionById(sql: Sql, id: string): Promise<void> {
  await sql`delete from sessions where id = ${id}`;
}

export async function closeSession(sql: Sql, token: string): Promise<void> {
  await sql`delete from sessions where token_hash = ${tokenHash(token)}`;
}

/** Ends every session of a user but one. */
export async function closeSessionsOf(
  sql: Sql,
  userId: string,
  exceptId: string | null,
): Promise<void> {
  await sql`
    delete from sessions where user_id = ${userId}
    and id is distinct from ${exceptId}`;
}

/** Who speaks by what a request shows; null for what is unknown or expired, or not shown as it has to be. */
export async function actorOfPresented(
  sql: Sql,
  { token, inCookie }: Presented,
  address?: string,
): Promise<Actor | null> {
  if (!inCookie || !token.startsWith(`${cookiePrefix}_`)) return actorOfToken(sql, token, address);
  return actorOfSession(sql, { cookie: token }, address);
}

/**
 * Those of these actors who are no longer who they were: their session or API token has ended, or its
 * roles are others now. What they have open ends.
 */
export async function outdated<A extends Pick<Actor, "credentialId" | "roles">>(
  sql: Sql,
  actors: readonly A[],
): Promise<Set<A>> {
  const ids = actors.flatMap(({ credentialId }) => credentialId ?? []);
  if (ids.length === 0) return new Set();
  const rows = await sql<
    {
      id: string;
      userRoles: EnvironmentRole[];
      role: Role | null;
      environmentIds: string[] | null;
    }[]
  >`
    select sessions.id, ${rolesOf(sql)} as user_roles, null as role, null::uuid[] as environment_ids
    from sessions join users on users.id = user_id
    where sessions.id = any(${ids}::uuid[]) and expires_at > now()
    union all
    select api_tokens.id, ${rolesOf(sql)}, role, environment_ids
    from api_tokens join users on users.id = user_id
    where api_tokens.id = any(${ids}::uuid[]) and (expires_at is null or expires_at > now())`;
  const now = new Map(
    rows.map(({ id, userRoles, role, environmentIds }) => [
      id,
      role === null ? userRoles : tokenRoles(userRoles, { role, environmentIds }),
    ]),
  );
  return new Set(
    actors.filter(
      ({ credentialId, roles }) =>
        credentialId !== undefined && !isDeepStrictEqual(now.get(credentialId), roles),
    ),
  );
}

/** The user that a session or API token speaks for; null for an unknown or expired one. */
export async function actorOfToken(
  sql: Sql,
  token: string,
  address?: string,
): Promise<Actor | null> {
  if (token.startsWith("bps_")) return actorOfSession(sql, { token }, address);
  const hash = tokenHash(token);
  const [row] = await sql<
    {
      id: string;
      email: string;
      name: string;
      role: Role;
      userRoles: EnvironmentRole[];
      environmentIds: string[] | null;
      credentialId: string;
    }[]
  >`
    select users.id, users.email, api_tokens.name, api_tokens.role, ${rolesOf(sql)} as user_roles,
      api_tokens.environment_ids, api_tokens.id as credential_id
    from api_tokens join users on users.id = user_id
    where token_hash = ${hash} and (expires_at is null or expires_at > now())`;
  if (!row) return null;
  await sql`
    update api_tokens set last_used_at = now()
    where token_hash = ${hash} and (last_used_at is null or last_used_at < now() - interval '1 minute')`;
  return {
    type: "token",
    id: row.id,
    name: `${row.email} (${row.name})`,
    // A token never does more than its owner may, also when the owner's roles were lowered later.
    roles: tokenRoles(row.userRoles, row),
    credentialId: row.credentialId,
  };
}

async function actorOfSession(
  sql: Sql,
  by: { token: string } | { cookie: string },
  address: string | undefined,
): Promise<Actor | null> {
  const [row] = await sql<
    {
      id: string;
      email: string;
      roles: EnvironmentRole[];
      credentialId: string;
      seen: boolean;
    }[]
  >`
    select users.id, users.email, ${rolesOf(sql)} as roles, sessions.id as credential_id,
      coalesce(last_seen_at > now() - interval '1 minute', false) as seen
    from sessions join users on users.id = user_id
    where ${"token" in by ? sql`token_hash = ${tokenHash(by.token)}` : sql`cookie_hash = ${tokenHash(by.cookie)}`}
      and expires_at > now()`;
  if (!row) return null;
  const { id, email, roles, credentialId } = row;
  if (!row.seen) {
    await sql`
      update sessions set last_seen_at = now(), last_address = ${address ?? null}
      where id = ${credentialId}`;
  }
  return { type: "user", id, name: email, roles, credentialId };
}

/** Ends the sessions of everybody, and logins that have begun. @returns how many sessions */
export async function closeEverySession(sql: Sql): Promise<number> {
  await sql`delete from oidc_returns`;
  await sql`delete from passkey_challenges`;
  const ended = await sql`delete from sessions`;
  return ended.count;
}
