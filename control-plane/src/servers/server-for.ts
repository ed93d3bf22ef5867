import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import type { AuditEntry } from "../identity/audit.store.ts";
import { notFound } from "../problem.ts";
import { findServer, type ServerRow } from "./servers.store.ts";

/** @throws {Problem} 404 for an unknown server, 403 for one of an environment out of the token's scope */
export async function serverFor(sql: Sql, actor: Actor, id: string): Promise<ServerRow> {
  const server = await findServer(sql, id);
  if (!server) throw notFound("server");
  requireEnvironment(actor, server.environmentId);
  return server;
}

/** What the audit says about something done to a server. */
export function serverEntry(
  action: string,
  server: ServerRow,
  details: Record<string, unknown> = {},
): AuditEntry {
  return {
    action,
    resourceType: "server",
    resourceId: server.id,
    resourceName: server.name,
    environmentId: server.environmentId,
    details,
  };
}
