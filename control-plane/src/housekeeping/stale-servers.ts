import { system } from "../actor.ts";
import { type Database, transaction } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import { markStaleServers } from "../servers/sessions.store.ts";

/** Notices servers that no replica has heard of, and writes that down. @returns how many */
export async function noticeStaleServers(database: Database): Promise<number> {
  return transaction(database, async (sql) => {
    const servers = await markStaleServers(sql);
    for (const { id, name, environmentId, lastSeenAt } of servers) {
      await audit(sql, system, {
        action: "mark_server_offline",
        resourceType: "server",
        resourceId: id,
        resourceName: name,
        environmentId,
        details: { lastSeenAt: lastSeenAt.toISOString() },
      });
    }
    return servers.length;
  });
}
