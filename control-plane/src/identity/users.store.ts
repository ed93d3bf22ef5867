import { isDeepStrictEqual } from "node:util";
import { type EnvironmentRole, everywhere, type Role } from "../actor.ts";
import {
  brokenConstraint,
  foreignKeyViolation,
  type Sql,
  sqlState,
} from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";

export interface UserRow {
  id: string;
  email: string;
  name: string | null;
  /** the one in all environments first */
  roles: EnvironmentRole[];
  secondFactor: boolean;
  /** how many it can log in with */
  passkeys: number;
  /** logs in with a password */
  hasPassword: boolean;
  /** who it is at the identity provider that it is linked to */
  identity: { issuer: string; subject: string } | null;
  createdAt: Date;
  updatedAt: Date;
}

const columns = (sql: Sql) => sql`
  id, email, name, created_at, updated_at, ${rolesOf(sql)} as roles, exists (
    select from second_factors where user_id = users.id and confirmed_at is not null
  ) as second_factor,
  (select count(*) from passkeys where user_id = users.id) as passkeys, password_hash is not null as has_password, (
    select json_build_object('issuer', issuer, 'subject', subject)
    from user_identities where user_id = users.id
  ) as identity`;

/** The roles of a user that a statement reads. */
export const rolesOf = (sql: Sql) => sql`(
  select coalesce(json_agg(json_build_object('environmentId', environment_id, 'role', role)
    order by environment_id nulls first), '[]'::json)
  from user_roles where user_id = users.id)`;

const emailTaken = () =>
  new Problem("conflict", "email_taken", "A user with this e-mail address already exists");

export async function listUsers(
  sql: Sql,
  page: { limit: number; offset: number },
): Promise<{ users: UserRow[]; total: number }> {
  const users = await sql<UserRow[]>`
    select ${columns(sql)} from users
    order by lower(email) limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`select count(*) as total from users`;
  return { users, total: count?.total ?? 0 };
}

export async function findUser(sql: Sql, id: string): Promise<UserRow | null> {
  const [user] = await sql<UserRow[]>`
    select ${columns(sql)} from users where id = ${id}`;
  return user ?? null;
}

export async function findPasswordHash(
  sql: Sql,
  by: { email: string } | { id: string },
): Promise<(UserRow & { passwordHash: string | null }) | null> {
  const [user] = await sql<(UserRow & { passwordHash: string | null })[]>`
    select ${columns(sql)}, password_hash from users
    where ${"email" in by ? sql`lower(email) = lower(${by.email})` : sql`id = ${by.id}`}`;
  return user ?? null;
}

/**
 * Keeps a password from being changed until the transaction ends, so that what the change ends is all that
 * was opened with it.
 * @returns false when it is another one already
 */
export async function holdPassword(sql: Sql, id: string, passwordHash: string): Promise<boolean> {
  const rows = await sql`
    select from users where id = ${id} and password_hash = ${passwordHash} for share`;
  return rows.length > 0;
}

export async function insertUser(
  sql: Sql,
  user: { email: string; name: string | null; passwordHash: string | null } & (
    | { role: Role }
    | { roles: EnvironmentRole[] }
  ),
): Promise<UserRow> {
  const { email, name, passwordHash } = user;
  const id = newId();
  try {
    await sql`insert into users ${sql({ id, email, name, passwordHash })}`;
    await setRoles(sql, id, "roles" in user ? user.roles : everywhere(user.role));
    const row = await findUser(sql, id);
    if (row === null) throw new Error("the user just inserted is gone");
    return row;
  } catch (error) {
    throw brokenConstraint(error) === "users_email" ? emailTaken() : error;
  }
}

export async function updateUser(
  sql: Sql,
  id: string,
  change: { email?: string; name?: string | null; passwordHash?: string },
): Promise<UserRow | null> {
  try {
    const [row] = await sql<UserRow[]>`
      update users set ${sql({ ...change, updatedAt: new Date() })} where id = ${id}
      returning ${columns(sql)}`;
    return row ?? null;
  } catch (error) {
    throw brokenConstraint(error) === "users_email" ? emailTaken() : error;
  }
}

/**
 * @returns whether they were others before
 * @throws {Problem} 400 for an unknown environment
 */
export async function setRoles(
  sql: Sql,
  userId: string,
  roles: readonly EnvironmentRole[],
): Promise<boolean> {
  const before = await findUser(sql, userId);
  await sql`delete from user_roles where user_id = ${userId}`;
  for (const { environmentId, role } of roles) {
    try {
      await sql`
        insert into user_roles (user_id, environment_id, role)
        values (${userId}, ${environmentId}, ${role})`;
    } catch (error) {
      if (sqlState(error) !== foreignKeyViolation) throw error;
      const message = `roles: there is no environment ${environmentId}`;
      throw new Problem("invalid", "unknown_environment", message);
    }
  }
  const after = await findUser(sql, userId);
  return !isDeepStrictEqual(before?.roles, after?.roles);
}

export async function deleteUser(sql: Sql, id: string): Promise<void> {
  await sql`delete from users where id = ${id}`;
}

/**
 * Until the transaction ends no other one changes who is an administrator. To be called before any
 * user is read that is about to be changed: what was read earlier may no longer be true.
 */
export async function lockRoles(sql: Sql): Promise<void> {
  await sql`lock table users in share row exclusive mode`;
}

/** Those of all environments who log in with a password, so that no provider can shut out all of them. */
export async function countAdministrators(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*) from user_roles join users on users.id = user_id
    where environment_id is null and role = 'admin' and password_hash is not null`;
  return row?.count ?? 0;
}

export async function countUsers(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*) from users`;
  return row?.count ?? 0;
}
