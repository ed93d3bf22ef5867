import type { Actor } from "../actor.ts";
import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

export interface AuditEntry {
  /** a verb and a noun in snake_case, such as `create_server` */
  action: string;
  resourceType: string;
  resourceId: string | null;
  resourceName: string | null;
  environmentId?: string | null;
  details?: Record<string, unknown>;
}

export interface AuditRow {
  id: string;
  at: Date;
  actorType: Actor["type"];
  actorId: string | null;
  actorName: string;
  /** where the request came from; null for what the product does by itself */
  address: string | null;
  action: string;
  resourceType: string;
  resourceId: string | null;
  resourceName: string | null;
  environmentId: string | null;
  details: Record<string, unknown>;
}

/**
 * Every mutation writes one entry, in its own transaction. Never put a secret into `details`. The
 * database gives the entry its place in the chain as the transaction commits.
 */
export async function audit(sql: Sql, actor: Actor, entry: AuditEntry): Promise<void> {
  await sql`
    insert into audit_logs (id, actor_type, actor_id, actor_name, address, action, resource_type,
      resource_id, resource_name, environment_id, details)
    values (${newId()}, ${actor.type}, ${actor.id}, ${actor.name}, ${actor.address ?? null},
      ${entry.action}, ${entry.resourceType}, ${entry.resourceId}, ${entry.resourceName},
      ${entry.environmentId ?? null}, ${json(sql, entry.details ?? {})})`;
}

export async function listAudit(
  sql: Sql,
  filter: {
    action: string | null;
    resourceType: string | null;
    resourceId: string | null;
    environmentIds: string[] | null;
    limit: number;
    offset: number;
  },
): Promise<{ logs: AuditRow[]; total: number }> {
  const where = sql`
    (${filter.action}::text is null or action = ${filter.action})
    and (${filter.resourceType}::text is null or resource_type = ${filter.resourceType})
    and (${filter.resourceId}::text is null or resource_id = ${filter.resourceId})
    and (${filter.environmentIds}::uuid[] is null or environment_id = any(${filter.environmentIds}::uuid[]))`;
  const logs = await sql<AuditRow[]>`
    select * from audit_logs where ${where}
    order by at desc, id desc limit ${filter.limit} offset ${filter.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from audit_logs where ${where}`;
  return { logs, total: count?.total ?? 0 };
}
