import type { Sql } from "../database/connection.ts";
import type { ServerStatus } from "../servers/servers.store.ts";

/** Something that happened, as a trigger wrote it down; see migrations/0003_operations.sql. */
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
 * whose container is just being replaced shows the old digest for a moment.
 */
const graceSeconds = { "server.offline": 10, "service.drift": 3 };

const isReady = (sql: Sql) => sql`
  case e.name
    when 'server.offline'
      then e.at < now() - make_interval(secs => ${graceSeconds["server.offline"]})
    when 'service.drift'
      then e.at < now() - make_interval(secs => ${graceSeconds["service.drift"]})
        and not exists (select from plan_services where service_id = e.subject_id and active)
    else true
  end`;

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

/** An image and the update that it has now; null: it no longer has one, or has another. */
export async function imageWithUpdate(sql: Sql, imageId: string, digestId: string) {
  const [row] = await sql<
    {
      id: string;
      name: string;
      imageName: string;
      tagFilter: string;
      manifestDigest: string;
      tags: string[];
      pushedAt: Date;
    }[]
  >`
    select i.id, i.name, i.image_name, i.tag_filter, d.manifest_digest, d.tags,
      coalesce(d.pushed_at, d.discovered_at) as pushed_at
    from container_images i join image_digests d on d.id = i.update_digest_id
    where i.id = ${imageId} and i.update_digest_id = ${digestId}`;
  return row ?? null;
}

/** A server that is still as the event says; null: it is not, or is gone. */
export async function serverThatIs(sql: Sql, serverId: string, status: ServerStatus) {
  const [row] = await sql<{ id: string; name: string }[]>`
    select id, name from servers where id = ${serverId} and status = ${status}`;
  return row ?? null;
}

/** A service that runs something else than was deployed; null: it does not, or is gone. */
export async function driftingService(sql: Sql, serviceId: string) {
  const [row] = await sql<
    {
      id: string;
      name: string;
      serverId: string;
      serverName: string;
      expected: string;
      actual: string;
    }[]
  >`
    select v.id, v.name, v.server_id, s.name as server_name,
      d.manifest_digest as expected, service_drift(v) as actual
    from services v join servers s on s.id = v.server_id
    join image_digests d on d.id = v.deployed_digest_id
    where v.id = ${serviceId} and service_drift(v) is not null`;
  return row ?? null;
}
