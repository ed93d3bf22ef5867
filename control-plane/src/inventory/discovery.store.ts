import type { Sql } from "../database/connection.ts";
import { type AskedImage, askedImage } from "../images/asked-image.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { type RunningService, setRunningDigests } from "../images/running-digest.store.ts";
import {
  insertFound,
  markFound,
  markMissing,
  setFoundImage,
  setFoundTag,
} from "../services/discovered.store.ts";
import { type DiscoveryAction, discover, type KnownService } from "./discovery.ts";
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

async function create(
  sql: Sql,
  { serverId, environmentId }: DiscoveryScope,
  { report, image }: Extract<DiscoveryAction, { kind: "create" }>,
): Promise<RunningService> {
  const containerImageId = await imageFor(sql, environmentId, image);
  const id = await insertFound(sql, {
    serverId,
    environmentId,
    containerName: report.name,
    containerImageId,
    imageTag: image.tag,
  });
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
    await setFoundImage(sql, service.id, containerImageId, image.tag);
    return { id: service.id, containerImageId, report };
  }
  const tag = askedImage(report)?.tag ?? null;
  if (tag !== null && newIds.includes(report.id) && !service.inActivePlan) {
    await setFoundTag(sql, service.id, tag);
  }
  return { id: service.id, containerImageId: service.containerImageId, report };
}

async function imageFor(sql: Sql, environmentId: string, image: AskedImage): Promise<string> {
  const reference = image.tag === null ? image.name : `${image.name}:${image.tag}`;
  const row = await findOrCreateImage(sql, environmentId, reference);
  if (!row) throw new Error(`${reference} was found to be an image's name, and is none`);
  return row.id;
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
