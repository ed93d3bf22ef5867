import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import type { AuditEntry } from "../identity/audit.store.ts";
import { notFound } from "../problem.ts";
import { findRegistry, type RegistryRow } from "./registries.store.ts";

/** @throws {Problem} 404 for an unknown registry, 403 for one of an environment out of the token's scope */
export async function registryFor(sql: Sql, actor: Actor, id: string): Promise<RegistryRow> {
  const registry = await findRegistry(sql, id);
  if (registry === null) throw notFound("registry connection");
  requireEnvironment(actor, registry.environmentId);
  return registry;
}

/** What the audit says about something done to a registry connection. */
export function registryEntry(
  action: string,
  registry: Pick<RegistryRow, "id" | "name" | "environmentId">,
  details: Record<string, unknown> = {},
): AuditEntry {
  return {
    action,
    resourceType: "registry",
    resourceId: registry.id,
    resourceName: registry.name,
    environmentId: registry.environmentId,
    details,
  };
}
