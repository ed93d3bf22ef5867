import { brokenConstraint, type Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { tokenHash } from "../secrets.ts";

/** Whom an identity provider means. */
export interface Identity {
  issuer: string;
  subject: string;
}

/** @returns the user that it is linked to */
export async function findUserOf(sql: Sql, { issuer, subject }: Identity): Promise<string | null> {
  const [row] = await sql<{ userId: string }[]>`
    select user_id from user_identities where issuer = ${issuer} and subject = ${subject}`;
  return row?.userId ?? null;
}

/**
 * In the place of the one that the user may have had.
 * @throws {Problem} 409 when it is another user's
 */
export async function linkIdentity(sql: Sql, userId: string, identity: Identity): Promise<void> {
  try {
    await sql`
      insert into user_identities ${sql({ ...identity, userId })}
      on conflict (user_id) do update set issuer = excluded.issuer, subject = excluded.subject,
        created_at = now()`;
  } catch (error) {
    if (brokenConstraint(error) !== "user_identities_pkey") throw error;
    throw new Problem(
      "conflict",
      "identity_taken",
      "Another user is linked to this subject of the provider: unlink that one first.",
    );
  }
}

/** @returns whether there was one */
export async function unlinkIdentity(sql: Sql, userId: string): Promise<boolean> {
  const { count } = await sql`delete from user_identities where user_id = ${userId}`;
  return count > 0;
}

/** How long the roles of groups count for a user with a password after the last login by the provider. */
export const groupRolesDays = 30;

/** The user has the roles of groups, as the provider has just said. */
export async function noteGroupRoles(sql: Sql, userId: string): Promise<void> {
  await sql`
    update user_identities set roles_until = now() + make_interval(days => ${groupRolesDays})
    where user_id = ${userId}`;
}

/** The user's roles, if any, were set here: no group's end takes them away. */
export async function noteOwnRoles(sql: Sql, userId: string): Promise<void> {
  await sql`update user_identities set roles_until = null where user_id = ${userId}`;
}

/** @returns whether the user has the roles of groups, not those that were set here since */
export async function hasGroupRoles(sql: Sql, userId: string): Promise<boolean> {
  const rows = await sql`
    select from user_identities where user_id = ${userId} and roles_until is not null`;
  return rows.length > 0;
}

/** @returns users with a password who have the roles of groups, and for whom these count no longer */
export async function lapsedGroupRoles(sql: Sql): Promise<string[]> {
  const rows = await sql<{ userId: string }[]>`
    select user_id from user_identities join users on users.id = user_id
    where roles_until <= now() and password_hash is not null
    order by user_id`;
  return rows.map(({ userId }) => userId);
}

/** Takes what came back from the provider, once. @returns false when it was taken before */
export async function takeReturn(sql: Sql, state: string, expiresAt: Date): Promise<boolean> {
  // An hour later, as this process's clock and the database's may differ.
  await sql`delete from oidc_returns where expires_at < now() - interval '1 hour'`;
  const { count } = await sql`
    insert into oidc_returns (state_hash, expires_at) values (${tokenHash(state)}, ${expiresAt})
    on conflict do nothing`;
  return count > 0;
}
