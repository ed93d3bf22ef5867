import type { Actor } from "../actor.ts";
import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { Page, Position } from "../database/position.ts";
import { countedRows } from "../database/row-counts.store.ts";

export interface AuditEntry {
  /** a verb and a noun in snake_case, such as `create_server` */
  action: string;
  resourceType: string;
  resourceId: string | null;
  resourceName: string | null;
  environmentId?: string | null;
  details?: Record<string, unknown>;
}

/** An entry as it is written, also by the database when a command is done. */
export interface AuditNote {
  id: string;
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

export interface AuditRow extends AuditNote {
  at: Date;
}

/**
 * Every mutation writes one entry, in its own transaction. Never put a secret into `details`. The
 * database gives the entry its place in the chain as the transaction commits.
 */
export async function audit(sql: Sql, actor: Actor, entry: AuditEntry): Promise<void> {
  const note = noteOf(actor, entry);
  await sql`
    insert into audit_logs (id, actor_type, actor_id, actor_name, address, action, resource_type,
      resource_id, resource_name, environment_id, details)
    values (${note.id}, ${note.actorType}, ${note.actorId}, ${note.actorName}, ${note.address},
      ${note.action}, ${note.resourceType}, ${note.resourceId}, ${note.resourceName},
      ${note.environmentId}, ${json(sql, note.details)})`;
}

/**
 * Writes that something was asked of a server, in the transaction that queues the command: it is in
 * the audit whatever becomes of that.
 * @returns the entry of the outcome, to be given to the command
 */
export async function auditAsked(sql: Sql, actor: Actor, entry: AuditEntry): Promise<AuditNote> {
  await audit(sql, actor, { ...entry, details: { ...entry.details, outcome: "asked" } });
  return noteOf(actor, entry);
}

function noteOf(actor: Actor, entry: AuditEntry): AuditNote {
  return {
    id: newId(),
    actorType: actor.type,
    actorId: actor.id,
    actorName: actor.name,
    address: actor.address ?? null,
    ...entry,
    environmentId: entry.environmentId ?? null,
    details: entry.details ?? {},
  };
}

/** Microseconds since 1970, as PostgreSQL keeps times, in which a `Date` would lose the last three digits. */
const microseconds = (sql: Sql) => sql`(extract(epoch from at) * 1000000)::bigint`;
const atMicroseconds = (sql: Sql, value: number) => sql`
  timestamptz 'epoch' + ${value}::bigint * interval '1 microsecond'`;

/**
 * A page of entries, newest first. Which are on it is decided in an index alone.
 * @returns `last` where the next page begins
 */
export async function listAudit(
  sql: Sql,
  filter: {
    action: string | null;
    resourceType: string | null;
    resourceId: string | null;
    environmentIds: string[] | null;
  } & Page<number>,
): Promise<{ logs: AuditRow[]; total: number; last: Position<number> | undefined }> {
  const { action, resourceType, resourceId, environmentIds, after = null } = filter;
  const where = sql`
    ${action === null ? sql`true` : sql`action = ${action}`}
    ${resourceType === null ? sql`` : sql`and resource_type = ${resourceType}`}
    ${resourceId === null ? sql`` : sql`and resource_id = ${resourceId}`}`;
  const from =
    after === null
      ? sql``
      : sql`and (at, audit_logs.id) < (${atMicroseconds(sql, after.key)}, ${after.id}::uuid)`;
  const most = filter.limit + filter.offset;
  // Of each environment as many as the page may need, by its index: together they need not be sorted.
  const rows = await sql<(AuditRow & { key: number })[]>`
    select audit_logs.*, ${microseconds(sql)} as key
    from audit_logs join (
      select id as shown from ${
        environmentIds === null
          ? sql`audit_logs where ${where} ${from}`
          : sql`unnest(${environmentIds}::uuid[]) as seen (environment)
            cross join lateral (
              select id, at from audit_logs where environment_id = environment and ${where} ${from}
              order by at desc, id desc limit ${most}
            ) as audit_logs`
      }
      order by at desc, id desc limit ${filter.limit} offset ${filter.offset}
    ) as page on id = shown
    order by at desc, id desc`;
  const end = rows.at(-1);
  const last = end && { key: end.key, id: end.id };
  const logs = rows.map(({ key: _, ...row }) => row);
  if (resourceId === null) {
    const of = { environmentIds, kind: action, about: resourceType };
    return { logs, total: await countedRows(sql, "audit_logs", of), last };
  }
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from audit_logs
    where ${where}
      and (${environmentIds}::uuid[] is null or environment_id = any(${environmentIds}::uuid[]))`;
  return { logs, total: count?.total ?? 0, last };
}
