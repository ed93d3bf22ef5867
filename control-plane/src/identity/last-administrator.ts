import { roleIn } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { countAdministrators, type UserRow } from "./users.store.ts";

/** Of all environments, and of what belongs to none. */
export function isAdministrator({ roles }: Pick<UserRow, "roles">): boolean {
  return roleIn(roles, null) === "admin";
}

/**
 * Before a user is deleted or stops to be an administrator; with `lockRoles`. One who logs in with a
 * password always stays: no provider, and no mistake in its groups, shuts out all of them.
 * @throws {Problem} 400 for the last one
 */
export async function keepAnAdministrator(sql: Sql, user: UserRow): Promise<void> {
  if (!isAdministrator(user) || !user.hasPassword) return;
  if ((await countAdministrators(sql)) > 1) return;
  throw new Problem(
    "invalid",
    "last_administrator",
    "This is the last administrator who logs in with a password: make another user one first.",
  );
}
