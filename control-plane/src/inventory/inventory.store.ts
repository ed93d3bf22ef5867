import type { ContainerReport } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";

/** A container as its server said last, and when we heard of it first. */
export interface KnownContainer {
  serverId: string;
  report: ContainerReport;
  firstSeenAt: Date;
}

/** What to look at of a server. */
export interface InventoryScope {
  serverId: string;
  /** containers of these names only; null: all */
  names: string[] | null;
}

/** A server whose containers the caller may change. */
export interface LockedInventory {
  environmentId: string;
  /** who asked; null: not a stream */
  sessionId: string | null;
}

/**
 * Takes the right to change what is known of servers' containers, until the transaction ends. Whoever takes
 * several takes them in one order, so that nobody waits for who waits for him.
 * @param asking `sessionId` is the stream that reports; null: it is not from a stream
 * @returns by server; one that is gone, or that another stream has taken over, is missing
 */
export async function lockInventories(
  sql: Sql,
  asking: readonly { serverId: string; sessionId: string | null }[],
): Promise<Map<string, LockedInventory>> {
  const serverIds = asking.map(({ serverId }) => serverId);
  const sessionIds = asking.map(({ sessionId }) => sessionId);
  await sql`
    select pg_advisory_xact_lock(key) from (
      select distinct hashtextextended('inventory ' || id, 0) as key
      from unnest(${serverIds}::text[]) as id order by key
    ) as keys`;
  const servers = await sql<(LockedInventory & { id: string })[]>`
    select servers.id, servers.environment_id, asking.session_id
    from unnest(${serverIds}::uuid[], ${sessionIds}::uuid[]) as asking (server_id, session_id)
    join servers on servers.id = asking.server_id
    where asking.session_id is null or servers.session_id = asking.session_id
    order by servers.id for key share of servers`;
  return new Map(servers.map(({ id, ...server }) => [id, server]));
}

/** The same of one server. @returns null when it is gone, or another stream has taken over */
export async function lockInventory(
  sql: Sql,
  serverId: string,
  sessionId: string | null,
): Promise<LockedInventory | null> {
  const locked = await lockInventories(sql, [{ serverId, sessionId }]);
  return locked.get(serverId) ?? null;
}

/** A container that has come, or is other than it was. */
export interface WrittenContainer {
  serverId: string;
  containerId: string;
  name: string;
  /** null: it was not known before */
  nameBefore: string | null;
  /** what it runs is other than it was, or was not known */
  otherImage: boolean;
}

/**
 * Stores what was reported of any number of servers, all at once; what is as it was is not written, nor locked.
 * @param reports of each container one at the most
 */
export async function upsertContainers(
  sql: Sql,
  reports: readonly { serverId: string; report: ContainerReport }[],
): Promise<WrittenContainer[]> {
  const written: WrittenContainer[] = [];
  // In parts: writing one long text as JSON holds everything else in this process up.
  for (let from = 0; from < reports.length; from += upsertedTogether) {
    written.push(...(await upsertPart(sql, reports.slice(from, from + upsertedTogether))));
  }
  return written;
}

const upsertedTogether = 500;

async function upsertPart(
  sql: Sql,
  reports: readonly { serverId: string; report: ContainerReport }[],
): Promise<WrittenContainer[]> {
  return sql<WrittenContainer[]>`
    with news as (
      select reported."serverId" as server_id, reported.report ->> 'id' as container_id,
        reported.report ->> 'name' as name, reported.report ->> 'imageId' as image_id,
        reported.report, known.name as name_before, known.report as report_before
      from jsonb_to_recordset(${json(sql, reports)}) as reported ("serverId" uuid, report jsonb)
      left join containers known on known.server_id = reported."serverId"
        and known.container_id = reported.report ->> 'id'
      where known.report is distinct from reported.report
    ), written as (
      insert into containers (server_id, container_id, name, image_id, report)
      select server_id, container_id, name, image_id, report from news
      on conflict (server_id, container_id) do update
        set name = excluded.name, image_id = excluded.image_id, report = excluded.report,
          updated_at = now()
    )
    select server_id, container_id, name, name_before,
      (report -> 'imageId', report -> 'repoDigests')
        is distinct from (report_before -> 'imageId', report_before -> 'repoDigests') as other_image
    from news`;
}

/** Forgets containers. @returns those that were known */
export async function removeContainers(
  sql: Sql,
  which: readonly { serverId: string; containerId: string }[],
): Promise<{ serverId: string; name: string }[]> {
  const serverIds = which.map(({ serverId }) => serverId);
  const containerIds = which.map(({ containerId }) => containerId);
  return sql<{ serverId: string; name: string }[]>`
    delete from containers using
      unnest(${serverIds}::uuid[], ${containerIds}::text[]) as gone (server_id, container_id)
    where containers.server_id = gone.server_id and containers.container_id = gone.container_id
    returning containers.server_id, containers.name`;
}

/** Forgets all containers of servers but these. */
export async function removeOthers(
  sql: Sql,
  serverIds: readonly string[],
  present: readonly { serverId: string; containerId: string }[],
): Promise<void> {
  const presentOn = present.map(({ serverId }) => serverId);
  const presentIds = present.map(({ containerId }) => containerId);
  await sql`
    delete from containers
    where server_id = any(${[...serverIds]}::uuid[]) and not exists (
      select from unnest(${presentOn}::uuid[], ${presentIds}::text[]) as present (server_id, container_id)
      where present.server_id = containers.server_id
        and present.container_id = containers.container_id)`;
}

/** Forgets what has a name on a server: its agent says that it is gone, before its next report does. */
export async function removeContainersNamed(
  sql: Sql,
  serverId: string,
  name: string,
): Promise<void> {
  await sql`delete from containers where server_id = ${serverId} and name = ${name}`;
}

/** Scopes as two lists: servers that are looked at whole, and pairs of a server and a name. */
export function namedAndWhole(scopes: readonly InventoryScope[]) {
  const named = scopes.flatMap(({ serverId, names }) =>
    (names ?? []).map((name) => ({ serverId, name })),
  );
  return {
    whole: scopes.filter(({ names }) => names === null).map(({ serverId }) => serverId),
    namedOn: named.map(({ serverId }) => serverId),
    names: named.map(({ name }) => name),
  };
}

/** The containers of servers that are to be looked at. */
export async function containersOf(
  sql: Sql,
  scopes: readonly InventoryScope[],
): Promise<KnownContainer[]> {
  const { whole, namedOn, names } = namedAndWhole(scopes);
  return sql<KnownContainer[]>`
    select server_id, report, first_seen_at from containers
    where server_id = any(${whole}::uuid[])
    union all
    select containers.server_id, report, first_seen_at
    from unnest(${namedOn}::uuid[], ${names}::text[]) as named (server_id, name)
    join containers on containers.server_id = named.server_id and containers.name = named.name`;
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

/** Asks whichever replica holds the server's stream for a complete inventory. */
export async function askForInventory(sql: Sql, serverId: string): Promise<void> {
  await sql`select pg_notify('inventory_wanted', ${serverId})`;
}

/** Says, when the transaction commits, that servers' complete inventories are in. */
export async function announceInventories(sql: Sql, serverIds: readonly string[]): Promise<void> {
  await sql`
    select pg_notify('inventory_complete', id) from unnest(${[...serverIds]}::text[]) as id`;
}
