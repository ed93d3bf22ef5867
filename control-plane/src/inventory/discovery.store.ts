import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { type AskedImage, askedImage } from "../images/asked-image.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { type RunningService, setRunningDigests } from "../images/running-digest.store.ts";
import {
  insertFound,
  markFound,
  markMissing,
  setFoundImage,
  setFoundTags,
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
 * the right to the server's inventory. There may be thousands: no step looks through all of them for each.
 * @returns when to look again though nothing was reported, epoch milliseconds; null: never
 */
export async function runDiscovery(sql: Sql, scope: DiscoveryScope): Promise<number | null> {
  const [clock] = await sql<[{ now: Date }]>`select now()`;
  const containers = await containersOf(sql, scope.serverId, scope.names);
  const services = await knownServices(sql, scope);
  const newIds = new Set(scope.newIds);
  const { actions, lookAgainAt } = discover(
    containers.map(({ report, firstSeenAt }) => ({
      report,
      firstSeenAt: firstSeenAt.getTime(),
      isNew: newIds.has(report.id),
    })),
    services,
    clock.now.getTime(),
  );
  await markMissing(sql, idsOf(actions, "missing"));
  await markFound(sql, idsOf(actions, "present"));
  const imageFor = imagesOf(sql, scope.environmentId);
  const created = await create(sql, scope, actions, imageFor);
  const updated = await update(sql, { actions, services, newIds }, imageFor);
  await setRunningDigests(sql, [...created, ...updated]);
  return lookAgainAt;
}

type ServiceRow = KnownService & { containerImageId: string; imageTag: string | null };
type ImageFor = (image: AskedImage) => Promise<string>;

async function knownServices(sql: Sql, { serverId, names }: DiscoveryScope): Promise<ServiceRow[]> {
  return sql<ServiceRow[]>`
    select services.id, services.container_name, services.container_image_id,
      container_images.normalized_name as image_name, services.discovery_status,
      services.ever_found, services.image_tag,
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
  actions: DiscoveryAction[],
  imageFor: ImageFor,
): Promise<RunningService[]> {
  const found: (RunningService & { imageTag: string | null })[] = [];
  for (const action of actions) {
    if (action.kind !== "create") continue;
    const { report, image } = action;
    const containerImageId = await imageFor(image);
    found.push({ id: newId(), containerImageId, report, imageTag: image.tag });
  }
  const rows = found.map(({ report, ...row }) => ({ ...row, containerName: report.name }));
  await insertFound(sql, { serverId, environmentId }, rows);
  return found;
}

async function update(
  sql: Sql,
  {
    actions,
    services,
    newIds,
  }: { actions: DiscoveryAction[]; services: ServiceRow[]; newIds: ReadonlySet<string> },
  imageFor: ImageFor,
): Promise<RunningService[]> {
  const known = new Map(services.map((service) => [service.id, service]));
  const running: RunningService[] = [];
  const tags: { id: string; tag: string }[] = [];
  for (const action of actions) {
    const service = action.kind === "present" ? known.get(action.serviceId) : undefined;
    if (action.kind !== "present" || !service) continue;
    const { report, image } = action;
    const { id } = service;
    if (image) {
      const containerImageId = await imageFor(image);
      await setFoundImage(sql, id, containerImageId, image.tag);
      running.push({ id, containerImageId, report });
      continue;
    }
    running.push({ id, containerImageId: service.containerImageId, report });
    if (!newIds.has(report.id) || service.inActivePlan) continue;
    const tag = askedImage(report)?.tag ?? null;
    if (tag !== null && tag !== service.imageTag) tags.push({ id, tag });
  }
  await setFoundTags(sql, tags);
  return running;
}

/** Finds or makes the row of an image: once, however many containers run it. */
function imagesOf(sql: Sql, environmentId: string): ImageFor {
  const ids = new Map<string, string>();
  return async ({ name, tag }) => {
    const reference = tag === null ? name : `${name}:${tag}`;
    const known = ids.get(reference);
    if (known !== undefined) return known;
    const row = await findOrCreateImage(sql, environmentId, reference);
    if (!row) throw new Error(`${reference} was found to be an image's name, and is none`);
    ids.set(reference, row.id);
    return row.id;
  };
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
