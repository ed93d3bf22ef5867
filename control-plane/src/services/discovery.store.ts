import type { ContainerReport } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { containersOf } from "../servers/inventory.store.ts";
import { askedImage, type DiscoveryAction, discover, type KnownService } from "./discovery.ts";

/** What discovery needs of container images. */
export interface ImagesPort {
  /** by its name as the user wrote it; a new one is linked to a registry whose pattern matches */
  findOrCreateImage(sql: Sql, environmentId: string, imageName: string): Promise<{ id: string }>;
  /** the digest that a container runs, as a row of the image has it where one is known; null: unknown */
  resolveRunningDigest(
    sql: Sql,
    containerImageId: string,
    report: ContainerReport,
  ): Promise<string | null>;
}

export interface DiscoveryScope {
  serverId: string;
  environmentId: string;
  /** the container names to look at; null: all */
  names: string[] | null;
  /** containers that were not known before this report */
  newIds: string[];
}

/**
 * Brings a server's services in line with its containers, in the caller's transaction, which holds
 * the right to the server's inventory.
 * @returns when to look again though nothing was reported, epoch milliseconds; null: never
 */
export async function runDiscovery(
  sql: Sql,
  images: ImagesPort,
  scope: DiscoveryScope,
): Promise<number | null> {
  const [clock] = await sql<[{ now: Date }]>`select now()`;
  const containers = await containersOf(sql, scope.serverId, scope.names);
  const services = await knownServices(sql, scope);
  const { actions, lookAgainAt } = discover(
    containers.map(({ report, firstSeenAt }) => ({
      report,
      firstSeenAt: firstSeenAt.getTime(),
      isNew: scope.newIds.includes(report.id),
    })),
    services,
    clock.now.getTime(),
  );
  await markMissing(sql, idsOf(actions, "missing"));
  await markFound(sql, idsOf(actions, "present"));
  for (const action of actions) {
    if (action.kind === "create") await create(sql, images, scope, action);
    if (action.kind === "present") {
      const service = services.find(({ id }) => id === action.serviceId);
      if (service) await update(sql, images, scope, service, action);
    }
  }
  return lookAgainAt;
}

type ServiceRow = KnownService & { containerImageId: string };

async function knownServices(sql: Sql, { serverId, names }: DiscoveryScope): Promise<ServiceRow[]> {
  return sql<ServiceRow[]>`
    select services.id, services.container_name, services.container_image_id,
      container_images.normalized_name as image_name, services.discovery_status,
      services.ever_found,
      exists (select from plan_services where service_id = services.id and active)
        as in_active_plan
    from services join container_images on container_images.id = services.container_image_id
    where services.server_id = ${serverId}
      and (${names}::text[] is null or services.container_name = any(${names}::text[]))
    order by services.container_name`;
}

function idsOf(actions: DiscoveryAction[], kind: "present" | "missing"): string[] {
  return actions.flatMap((action) => (action.kind === kind ? [action.serviceId] : []));
}

async function markMissing(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update services set discovery_status = 'missing', running_digest = null, updated_at = now()
    where id = any(${ids}::uuid[])`;
}

async function markFound(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update services set discovery_status = 'found', ever_found = true, updated_at = now()
    where id = any(${ids}::uuid[]) and (discovery_status <> 'found' or not ever_found)`;
}

async function create(
  sql: Sql,
  images: ImagesPort,
  { serverId, environmentId }: DiscoveryScope,
  { report, image }: Extract<DiscoveryAction, { kind: "create" }>,
): Promise<void> {
  const { id: containerImageId } = await images.findOrCreateImage(sql, environmentId, image.name);
  const runningDigest = await images.resolveRunningDigest(sql, containerImageId, report);
  await sql`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, running_digest, discovery_status, ever_found)
    values (${newId()}, ${environmentId}, ${serverId}, ${report.name}, ${report.name},
      ${containerImageId}, ${image.tag}, ${runningDigest}, 'found', true)`;
}

async function update(
  sql: Sql,
  images: ImagesPort,
  scope: DiscoveryScope,
  service: ServiceRow,
  { report, image }: Extract<DiscoveryAction, { kind: "present" }>,
): Promise<void> {
  let { containerImageId } = service;
  if (image) {
    ({ id: containerImageId } = await images.findOrCreateImage(
      sql,
      scope.environmentId,
      image.name,
    ));
    // What was deployed was another image's digest.
    await sql`
      update services set container_image_id = ${containerImageId}, image_tag = ${image.tag},
        deployed_digest_id = null, updated_at = now()
      where id = ${service.id}`;
  } else if (scope.newIds.includes(report.id) && !service.inActivePlan) {
    const tag = askedImage(report)?.tag ?? null;
    if (tag !== null) await setTag(sql, service.id, tag);
  }
  await setRunningDigest(
    sql,
    service.id,
    await images.resolveRunningDigest(sql, containerImageId, report),
  );
}

async function setTag(sql: Sql, id: string, tag: string): Promise<void> {
  await sql`
    update services set image_tag = ${tag}, updated_at = now()
    where id = ${id} and image_tag is distinct from ${tag}`;
}

async function setRunningDigest(sql: Sql, id: string, digest: string | null): Promise<void> {
  await sql`
    update services set running_digest = ${digest}, updated_at = now()
    where id = ${id} and running_digest is distinct from ${digest}`;
}

/**
 * Looks again which digests an image's services run. For when the image has learned of digests,
 * such as after a sync: what an engine called by a platform's digest may have its row now.
 */
export async function refreshRunningDigests(
  sql: Sql,
  images: Pick<ImagesPort, "resolveRunningDigest">,
  containerImageId: string,
): Promise<void> {
  const rows = await sql<{ id: string; report: ContainerReport }[]>`
    select distinct on (services.id) services.id, containers.report
    from services
    join containers on containers.server_id = services.server_id
      and containers.name = services.container_name
    where services.container_image_id = ${containerImageId}
      and services.discovery_status = 'found'
    order by services.id, containers.report ->> 'state' = 'running' desc,
      containers.report -> 'createdAt' desc`;
  for (const { id, report } of rows) {
    const digest = await images.resolveRunningDigest(sql, containerImageId, report);
    await setRunningDigest(sql, id, digest);
  }
}

/** Servers that have services which pass for found and have no container: a plan has ended, say. */
export async function serversToLookAt(sql: Sql): Promise<string[]> {
  const rows = await sql<{ serverId: string }[]>`
    select distinct services.server_id from services
    where discovery_status = 'found'
      and not exists (select from containers
        where containers.server_id = services.server_id and name = services.container_name)
      and not exists (select from plan_services where service_id = services.id and active)`;
  return rows.map(({ serverId }) => serverId);
}
