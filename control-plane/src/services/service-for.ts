import { type Actor, requireEnvironment } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import type { AuditEntry } from "../identity/audit.store.ts";
import { notFound, Problem } from "../problem.ts";
import { findService, type ServiceRow } from "./services.store.ts";

/** @throws {Problem} 404 for an unknown service, 403 for one of an environment out of the token's scope */
export async function serviceFor(sql: Sql, actor: Actor, id: string): Promise<ServiceRow> {
  const service = await findService(sql, id);
  if (!service) throw notFound("service");
  requireEnvironment(actor, service.environmentId);
  return service;
}

/** What the audit says about something done to a service. */
export function serviceEntry(
  action: string,
  service: ServiceRow,
  details: Record<string, unknown> = {},
): AuditEntry {
  return {
    action,
    resourceType: "service",
    resourceId: service.id,
    resourceName: service.name,
    environmentId: service.environmentId,
    details,
  };
}

/** @throws {Problem} 409 while a plan is at work on the service */
export function refuseInPlan(service: ServiceRow): void {
  if (service.activePlanId === null) return;
  throw new Problem(
    "conflict",
    "service_in_running_plan",
    `Service ${service.name} is in the running plan ${service.activePlanId}: wait for it to end, or cancel it.`,
  );
}
