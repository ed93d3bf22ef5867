import type { Actor, Role } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { newToken, tokenHash } from "../secrets.ts";

export const sessionDays = 14;

/** Opens a session and returns its token, which is stored nowhere. */
export async function openSession(sql: Sql, userId: string): Promise<string> {
  const token = newToken("bps");
  await sql`
    insert into sessions (id, token_hash, user_id, expires_at)
    values (${newId()}, ${tokenHash(token)}, ${userId}, now() + make_interval(days => ${sessionDays}))`;
  return token;
}

export async function closeSession(sql: Sql, token: string): Promise<void> {
  await sql`delete from sessions where token_hash = ${tokenHash(token)}`;
}

/** Ends every session of a user but one. */
export async function closeSessionsOf(
  sql: Sql,
  userId: string,
  exceptToken: string | null,
): Promise<void> {
  await sql`
    delete from sessions where user_id = ${userId}
    and token_hash is distinct from ${exceptToken === null ? null : tokenHash(exceptToken)}`;
}

/** The user that a session or API token speaks for; null for an unknown or expired one. */
export async function actorOfToken(sql: Sql, token: string): Promise<Actor | null> {
  const hash = tokenHash(token);
  if (token.startsWith("bps_")) {
    const [row] = await sql<{ id: string; email: string; role: Role; credentialId: string }[]>`
      select users.id, users.email, users.role, sessions.id as credential_id from sessions join users on users.id = user_id
      where token_hash = ${hash} and expires_at > now()`;
    if (!row) return null;
    const { id, email, role, credentialId } = row;
    return { type: "user", id, name: email, role, environmentIds: null, credentialId };
  }
  const [row] = await sql<
    {
      id: string;
      email: string;
      name: string;
      role: Role;
      userRole: Role;
      environmentIds: string[] | null;
      credentialId: string;
    }[]
  >`
    select users.id, users.email, api_tokens.name, api_tokens.role, users.role as user_role,
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
    role: lower(row.role, row.userRole),
    environmentIds: row.environmentIds,
    credentialId: row.credentialId,
  };
}

// A token never does more than its owner may, also when the owner's role was lowered later.
function lower(a: Role, b: Role): Role {
  const order: Role[] = ["viewer", "operator", "admin"];
  return order[Math.min(order.indexOf(a), order.indexOf(b))] ?? "viewer";
}
