import type { Actor } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { audit } from "./audit.store.ts";
import { lapsedGroupRoles, noteOwnRoles } from "./identities.store.ts";
import { keepAnAdministrator } from "./last-administrator.ts";
import { findUser, lockRoles, setRoles, type UserRow } from "./users.store.ts";

/**
 * Takes away what the groups of the identity provider gave, with `lockRoles`. The last administrator with a
 * password keeps it, and it stays the groups': `endLapsedGroupRoles` ends it once there is another one.
 * @param by as the audit names it, with the reason
 */
export async function endGroupRoles(
  sql: Sql,
  user: UserRow,
  { actor, reason }: { actor: Actor; reason: string },
): Promise<void> {
  try {
    await keepAnAdministrator(sql, user);
  } catch (error) {
    if (error instanceof Problem) return;
    throw error;
  }
  await noteOwnRoles(sql, user.id);
  if (!(await setRoles(sql, user.id, []))) return;
  await audit(sql, actor, {
    action: "update_user",
    resourceType: "user",
    resourceId: user.id,
    resourceName: user.email,
    details: { roles: [], reason },
  });
}

/** Ends the roles of users with a password for whom the provider has not spoken for too long. */
export async function endLapsedGroupRoles(sql: Sql, actor: Actor): Promise<void> {
  await lockRoles(sql);
  for (const userId of await lapsedGroupRoles(sql)) {
    const user = await findUser(sql, userId);
    const reason = "no login by the identity provider for too long";
    if (user) await endGroupRoles(sql, user, { actor, reason });
  }
}
