import type { Sql } from "../database/connection.ts";

/*
 * Where users have logged in from. What is guessed at elsewhere does not lock a user out there.
 */

const keptSources = 20;

/** Has the user with this e-mail address logged in from there? */
export async function isKnownSource(sql: Sql, email: string, source: string): Promise<boolean> {
  const rows = await sql`
    select from login_sources join users on users.id = user_id
    where lower(email) = lower(${email}) and source = ${source}`;
  return rows.length > 0;
}

/** Notes a login; those not used for longest are forgotten. */
export async function rememberSource(sql: Sql, userId: string, source: string): Promise<void> {
  await sql`
    insert into login_sources (user_id, source) values (${userId}, ${source})
    on conflict (user_id, source) do update set seen_at = now()`;
  await sql`
    delete from login_sources where user_id = ${userId} and source not in (
      select source from login_sources where user_id = ${userId}
      order by seen_at desc limit ${keptSources})`;
}

/** With a new password, only where it was set counts as known. */
export async function forgetSources(
  sql: Sql,
  userId: string,
  except: string | null,
): Promise<void> {
  await sql`
    delete from login_sources where user_id = ${userId} and source is distinct from ${except}`;
}
