import { system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { endLapsedGroupRoles } from "../identity/end-group-roles.ts";

/** Ends roles that groups of the identity provider gave too long ago. */
export async function applyGroupRolesEnd(database: Database): Promise<void> {
  await transaction(database, (sql) => endLapsedGroupRoles(sql, system));
}
