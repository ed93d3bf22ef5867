import type { Role } from "../actor.ts";
import { brokenConstraint, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";

export interface UserRow {
  id: string;
  email: string;
  name: string | null;
  role: Role;
  secondFactor: boolean;
  createdAt: Date;
  updatedAt: Date;
}

const columns = (sql: Sql) => sql`
  id, email, name, role, created_at, updated_at, exists (
    select from second_factors where user_id = users.id and confirmed_at is not null
  ) as second_factor`;

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
): Promise<(UserRow & { passwordHash: string }) | null> {
  const [user] = await sql<(UserRow & { passwordHash: string })[]>`
    select ${columns(sql)}, password_hash from users
    where ${"email" in by ? sql`lower(email) = lower(${by.email})` : sql`id = ${by.id}`}`;
  return user ?? null;
}

export async function insertUser(
  sql: Sql,
  user: { email: string; name: string | null; role: Role; passwordHash: string },
): Promise<UserRow> {
  try {
    const [row] = await sql<[UserRow]>`
      insert into users ${sql({ id: newId(), ...user })}
      returning ${columns(sql)}`;
    return row;
  } catch (error) {
    throw brokenConstraint(error) === "users_email" ? emailTaken() : error;
  }
}

export async function updateUser(
  sql: Sql,
  id: string,
  change: { email?: string; name?: string | null; role?: Role; passwordHash?: string },
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

export async function countAdministrators(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`
    select count(*) from users where role = 'admin'`;
  return row?.count ?? 0;
}

export async function countUsers(sql: Sql): Promise<number> {
  const [row] = await sql<{ count: number }[]>`select count(*) from users`;
  return row?.count ?? 0;
}
