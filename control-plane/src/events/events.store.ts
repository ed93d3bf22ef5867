import { json, type Sql } from "../database/connection.ts";

/** Something that happened, as a trigger or {@link recordEvent} wrote it down; see record_…_event.sql in migrations/functions. */
export interface DomainEvent {
  id: number;
  name: string;
  environmentId: string;
  environmentName: string;
  /** the plan, image, server or service */
  subjectId: string;
  at: Date;
  data: Record<string, unknown>;
}

/**
 * A server that is away for less is not reported: it, or we, were only started again. A service
 * whose container is just being replaced shows the old digest for a moment. What is well for a moment
 * only has not recovered.
 */
const graceSeconds = { "server.offline": 10, "service.drift": 3, broken: 10, recovered: 60 };

const isReady = (sql: Sql) => sql`
  case e.name
    when 'server.offline'
      then e.at < now() - make_interval(secs => ${graceSeconds["server.offline"]})
    when 'service.drift'
      then e.at < now() - make_interval(secs => ${graceSeconds["service.drift"]})
        and not exists (select from plan_services where service_id = e.subject_id and active)
    when 'container.recovered' then e.at < now() - make_interval(secs => ${graceSeconds.recovered})
    when 'server.disk_recovered' then e.at < now() - make_interval(secs => ${graceSeconds.recovered})
    else e.name not like 'container.%'
      or (e.at < now() - make_interval(secs => ${graceSeconds.broken})
        and not exists (select from plan_services where service_id = e.subject_id and active))
  end`;

/** Writes down that something happened which no trigger sees, in the transaction in which it did. */
export async function recordEvent(
  sql: Sql,
  { name, environmentId, subjectId }: Pick<DomainEvent, "name" | "environmentId" | "subjectId">,
): Promise<void> {
  await sql`
    insert into domain_events (name, environment_id, subject_id)
    values (${name}, ${environmentId}, ${subjectId})`;
}

/** The same of several things at once, with what there is to say of it. */
export async function recordEvents(
  sql: Sql,
  name: DomainEvent["name"],
  subjects: { id: string; environmentId: string }[],
  data: Record<string, unknown>,
): Promise<void> {
  if (subjects.length === 0) return;
  await sql`
    insert into domain_events (name, environment_id, subject_id, data)
    select ${name}, row."environmentId", row.id, ${json(sql, data)}
    from jsonb_to_recordset(${json(sql, subjects)}) as row (id uuid, "environmentId" uuid)`;
}

/** Takes events to act on, oldest first. Others leave them alone until the transaction ends. */
export async function takeEvents(sql: Sql, limit: number): Promise<DomainEvent[]> {
  return sql<DomainEvent[]>`
    select e.id, e.name, e.environment_id, v.name as environment_name, e.subject_id, e.at, e.data
    from domain_events e join environments v on v.id = e.environment_id
    where ${isReady(sql)}
    order by e.id limit ${limit} for update of e skip locked`;
}

export async function deleteEvents(sql: Sql, ids: number[]): Promise<void> {
  await sql`delete from domain_events where id = any(${ids}::bigint[])`;
}

/** Whether events are there that are not to be acted on yet. */
export async function eventsAreWaiting(sql: Sql): Promise<boolean> {
  const rows = await sql`select from domain_events limit 1`;
  return rows.length > 0;
}

/** Forgets what happened and was not acted on yet. */
export async function deleteAllEvents(sql: Sql): Promise<void> {
  await sql`delete from domain_events`;
}
