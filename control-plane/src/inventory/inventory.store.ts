import type { ContainerReport } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";

/** A container as its server said last, and when we heard of it first. */
export interface KnownContainer {
  report: ContainerReport;
  firstSeenAt: Date;
}

/**
 * Takes the right to change what is known of a server's containers, until the transaction ends.
 * @param sessionId the stream that reports; null: not from a stream
 * @returns the server's environment; null when the server is gone or another stream has taken over
 */
export async function lockInventory(
  sql: Sql,
  serverId: string,
  sessionId: string | null,
): Promise<{ environmentId: string } | null> {
  await sql`select pg_advisory_xact_lock(hashtextextended('inventory ' || ${serverId}, 0))`;
  const [server] = await sql<{ environmentId: string }[]>`
    select environment_id from servers
    where id = ${serverId} and (${sessionId}::uuid is null or session_id = ${sessionId})
    for key share`;
  return server ?? null;
}

/**
 * Stores what was reported, all at once; a report that says nothing new writes nothing.
 * @returns how many rows were written, and the ids of containers that were not known before
 */
export async function upsertContainers(
  sql: Sql,
  serverId: string,
  reports: ContainerReport[],
): Promise<{ written: number; newIds: string[] }> {
  let written = 0;
  const newIds: string[] = [];
  // In parts: writing one long text as JSON holds everything else in this process up.
  for (let from = 0; from < reports.length; from += upsertedTogether) {
    const part = await upsertPart(sql, serverId, reports.slice(from, from + upsertedTogether));
    written += part.written;
    newIds.push(...part.newIds);
  }
  return { written, newIds };
}

const upsertedTogether = 500;

async function upsertPart(
  sql: Sql,
  serverId: string,
  reports: ContainerReport[],
): Promise<{ written: number; newIds: string[] }> {
  const rows = await sql<{ containerId: string; isNew: boolean }[]>`
    insert into containers (server_id, container_id, name, image_id, report)
    select ${serverId}::uuid, report ->> 'id', report ->> 'name', report ->> 'imageId', report
    from jsonb_array_elements(${json(sql, reports)}::jsonb) as report
    on conflict (server_id, container_id) do update
      set name = excluded.name, image_id = excluded.image_id, report = excluded.report,
        updated_at = now()
      where containers.report <> excluded.report
    returning container_id, xmax = 0 as is_new`;
  const newIds = rows.filter(({ isNew }) => isNew).map(({ containerId }) => containerId);
  return { written: rows.length, newIds };
}

/** Forgets containers: those named, or everything that is not in a complete report. */
export async function removeContainers(
  sql: Sql,
  serverId: string,
  which: { ids: string[] } | { allBut: string[] },
): Promise<void> {
  if ("ids" in which) {
    await sql`
      delete from containers
      where server_id = ${serverId} and container_id = any(${which.ids}::text[])`;
  } else {
    await sql`
      delete from containers
      where server_id = ${serverId} and container_id <> all(${which.allBut}::text[])`;
  }
}

/** Forgets what has a name on a server: its agent says that it is gone, before its next report does. */
export async function removeContainersNamed(
  sql: Sql,
  serverId: string,
  name: string,
): Promise<void> {
  await sql`delete from containers where server_id = ${serverId} and name = ${name}`;
}

/** @param names only containers of these names; null: all of the server's */
export async function containersOf(
  sql: Sql,
  serverId: string,
  names: string[] | null,
): Promise<KnownContainer[]> {
  return sql<KnownContainer[]>`
    select report, first_seen_at from containers
    where server_id = ${serverId} and (${names}::text[] is null or name = any(${names}::text[]))`;
}

/** A page of a server's containers by name, each with the service that it is. */
export async function listContainers(
  sql: Sql,
  serverId: string,
  page: { limit: number; offset: number },
): Promise<{ containers: ListedContainer[]; total: number }> {
  const containers = await sql<ListedContainer[]>`
    select containers.report, services.id as service_id, services.name as service_name
    from containers left join services
      on services.server_id = containers.server_id
      and services.container_name = containers.name
    where containers.server_id = ${serverId}
    order by lower(containers.name), containers.container_id
    limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from containers where server_id = ${serverId}`;
  return { containers, total: count?.total ?? 0 };
}

export interface ListedContainer {
  report: ContainerReport;
  serviceId: string | null;
  serviceName: string | null;
}

/** The names that containers had until now. */
export async function namesOf(sql: Sql, serverId: string, ids: string[]): Promise<string[]> {
  const rows = await sql<{ name: string }[]>`
    select name from containers where server_id = ${serverId} and container_id = any(${ids}::text[])`;
  return rows.map(({ name }) => name);
}

/** Asks whichever replica holds the server's stream for a complete inventory. */
export async function askForInventory(sql: Sql, serverId: string): Promise<void> {
  await sql`select pg_notify('inventory_wanted', ${serverId})`;
}

/** Says, when the transaction commits, that a complete inventory is in. */
export async function announceInventory(sql: Sql, serverId: string): Promise<void> {
  await sql`select pg_notify('inventory_complete', ${serverId})`;
}
