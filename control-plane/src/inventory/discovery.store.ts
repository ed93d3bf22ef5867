import type { ContainerReport } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { resolveRunningDigests } from "../images/running-digest.store.ts";
import {
  type AskedImage,
  askedImage,
  type DiscoveryAction,
  discover,
  type KnownService,
  pulledDigest,
} from "./discovery.ts";
import { containersOf } from "./inventory.store.ts";

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
export async function runDiscovery(sql: Sql, scope: DiscoveryScope): Promise<number | null> {
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
  const running: RunningService[] = [];
  for (const action of actions) {
    if (action.kind === "create") running.push(await create(sql, scope, action));
    if (action.kind === "present") {
      const service = services.find(({ id }) => id === action.serviceId);
      if (service) running.push(await update(sql, scope, service, action));
    }
  }
  await setRunningDigests(sql, running);
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
    update services set discovery_status = 'missing', running_digest = null,
      running_image_id = null, updated_at = now()
    where id = any(${ids}::uuid[])`;
}

async function markFound(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update services set discovery_status = 'found', updated_at = now(),
      -- A plan that creates its first container says itself whether that has come to stay.
      ever_found = ever_found or not exists (
        select from plan_services where service_id = services.id and active)
    where id = any(${ids}::uuid[]) and (discovery_status <> 'found' or not ever_found)`;
}

async function create(
  sql: Sql,
  { serverId, environmentId }: DiscoveryScope,
  { report, image }: Extract<DiscoveryAction, { kind: "create" }>,
): Promise<RunningService> {
  const id = newId();
  const containerImageId = await imageFor(sql, environmentId, image);
  await sql`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, discovery_status, ever_found)
    values (${id}, ${environmentId}, ${serverId}, ${report.name}, ${report.name},
      ${containerImageId}, ${image.tag}, 'found', true)`;
  return { id, containerImageId, report };
}

async function update(
  sql: Sql,
  { environmentId, newIds }: DiscoveryScope,
  service: ServiceRow,
  { report, image }: Extract<DiscoveryAction, { kind: "present" }>,
): Promise<RunningService> {
  if (image) {
    const containerImageId = await imageFor(sql, environmentId, image);
    // What was deployed was another image's digest.
    await sql`
      update services set container_image_id = ${containerImageId}, image_tag = ${image.tag},
        deployed_digest_id = null, updated_at = now()
      where id = ${service.id}`;
    return { id: service.id, containerImageId, report };
  }
  const tag = askedImage(report)?.tag ?? null;
  if (tag !== null && newIds.includes(report.id) && !service.inActivePlan) {
    await sql`
      update services set image_tag = ${tag}, updated_at = now()
      where id = ${service.id} and image_tag is distinct from ${tag}`;
  }
  return { id: service.id, containerImageId: service.containerImageId, report };
}

async function imageFor(sql: Sql, environmentId: string, image: AskedImage): Promise<string> {
  const reference = image.tag === null ? image.name : `${image.name}:${image.tag}`;
  const row = await findOrCreateImage(sql, environmentId, reference);
  if (!row) throw new Error(`${reference} was found to be an image's name, and is none`);
  return row.id;
}

interface RunningService {
  id: string;
  containerImageId: string;
  report: ContainerReport;
}

/** What runs, as a digest row of the image has it where there is one, else in the engine's own word. */
async function setRunningDigests(sql: Sql, services: RunningService[]): Promise<void> {
  if (services.length === 0) return;
  const resolved = await resolveRunningDigests(
    sql,
    services.map(({ id, containerImageId, report }) => ({
      key: id,
      containerImageId,
      imageId: report.imageId,
      repoDigests: report.repoDigests,
    })),
  );
  const known = new Map(resolved.map(({ key, manifestDigest }) => [key, manifestDigest]));
  const rows = services.map(({ id, report }) => ({
    id,
    digest: known.get(id) ?? pulledDigest(report),
    imageId: report.imageId,
  }));
  await sql`
    update services set running_digest = row.digest, running_image_id = row."imageId",
      updated_at = now()
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, digest text, "imageId" text)
    where services.id = row.id
      and (running_digest, running_image_id) is distinct from (row.digest, row."imageId")`;
}

/**
 * Looks again which digests an image's services run. For when the image has learned of digests,
 * such as after a sync: what an engine called by a platform's digest may have its row now.
 */
export async function refreshRunningDigests(sql: Sql, containerImageId: string): Promise<void> {
  const rows = await sql<RunningService[]>`
    select distinct on (services.id) services.id, services.container_image_id, containers.report
    from services
    join containers on containers.server_id = services.server_id
      and containers.name = services.container_name
    where services.container_image_id = ${containerImageId}
      and services.discovery_status = 'found'
    order by services.id, containers.report ->> 'state' = 'running' desc,
      containers.report -> 'createdAt' desc`;
  await setRunningDigests(sql, rows);
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
