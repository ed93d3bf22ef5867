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
import { byServer } from "./by-server.ts";
import { type DiscoveryAction, discover, type KnownService } from "./discovery.ts";
import { containersOf, type InventoryScope, namedAndWhole } from "./inventory.store.ts";

export interface DiscoveryScope extends InventoryScope {
  environmentId: string;
  /** containers that were not known before this report */
  newIds: string[];
  /** containers that run something else than before; null: look at what all of them run */
  otherImageIds: string[] | null;
}

export interface Discovered {
  /** by server, when to look again though nothing was reported, epoch milliseconds; null: never */
  lookAgainAt: Map<string, number | null>;
  /** servers of which a service is other than it was */
  changed: string[];
}

type ServiceRow = KnownService & {
  serverId: string;
  containerImageId: string;
  imageTag: string | null;
  runningImageId: string | null;
};
type ImageFor = (environmentId: string, image: AskedImage) => Promise<string>;

/** What is known of one server, and what there is to do. */
interface Look {
  scope: DiscoveryScope;
  actions: DiscoveryAction[];
  services: ReadonlyMap<string, ServiceRow>;
  newIds: ReadonlySet<string>;
}

/**
 * Brings servers' services in line with their containers, in the caller's transaction, which holds
 * the right to the servers' inventories. There may be thousands of both: each statement is for all of them.
 */
export async function runDiscovery(
  sql: Sql,
  scopes: readonly DiscoveryScope[],
): Promise<Discovered> {
  const containers = byServer(await containersOf(sql, scopes));
  const services = byServer(await knownServices(sql, scopes));
  const [clock] = await sql<[{ now: Date }]>`select now()`;
  const lookAgainAt = new Map<string, number | null>();
  const looks = scopes.map((scope): Look => {
    const { serverId } = scope;
    const known = services.get(serverId) ?? [];
    const newIds = new Set(scope.newIds);
    const found = discover(
      (containers.get(serverId) ?? []).map(({ report, firstSeenAt }) => ({
        report,
        firstSeenAt: firstSeenAt.getTime(),
        isNew: newIds.has(report.id),
      })),
      known,
      clock.now.getTime(),
    );
    lookAgainAt.set(serverId, found.lookAgainAt);
    const byId = new Map(known.map((service) => [service.id, service]));
    return { scope, actions: found.actions, services: byId, newIds };
  });

  const changed = new Set<string>();
  const missing = looks.flatMap(missingOf);
  const found = looks.flatMap(foundAnewOf);
  await markMissing(sql, idsOf(missing));
  await markFound(sql, idsOf(found));
  const imageFor = imagesOf(sql);
  const created = await create(sql, looks, imageFor);
  const updated = await update(sql, looks, imageFor);
  for (const { serverId } of [...missing, ...found, ...created, ...updated.moved]) {
    changed.add(serverId);
  }
  const other = new Set(await setRunningDigests(sql, [...created, ...updated.running]));
  for (const { id, serverId } of updated.running) if (other.has(id)) changed.add(serverId);
  return { lookAgainAt, changed: [...changed] };
}

async function knownServices(sql: Sql, scopes: readonly InventoryScope[]): Promise<ServiceRow[]> {
  const { whole, namedOn, names } = namedAndWhole(scopes);
  return sql<ServiceRow[]>`
    with wanted as (
      select id from services where server_id = any(${whole}::uuid[])
      union all
      select services.id
      from unnest(${namedOn}::uuid[], ${names}::text[]) as named (server_id, name)
      join services on services.server_id = named.server_id
        and services.container_name = named.name
    )
    select services.id, services.server_id, services.container_name, services.container_image_id,
      container_images.normalized_name as image_name, services.discovery_status,
      services.ever_found, services.image_tag, services.running_image_id,
      exists (select from plan_services where service_id = services.id and active)
        as in_active_plan
    from wanted join services on services.id = wanted.id
    join container_images on container_images.id = services.container_image_id
    order by services.container_name`;
}

const idsOf = (services: readonly { id: string }[]) => services.map(({ id }) => id);

function missingOf({ actions, services }: Look): ServiceRow[] {
  return actions.flatMap((action) =>
    action.kind === "missing" ? (services.get(action.serviceId) ?? []) : [],
  );
}

/** Services whose containers are there, where that is not known yet. */
function foundAnewOf({ actions, services }: Look): ServiceRow[] {
  return actions.flatMap((action) => {
    const service = action.kind === "present" ? services.get(action.serviceId) : undefined;
    if (!service) return [];
    const known =
      service.discoveryStatus === "found" && (service.everFound || service.inActivePlan);
    return known ? [] : [service];
  });
}

type OnServer = RunningService & { serverId: string };

async function create(sql: Sql, looks: readonly Look[], imageFor: ImageFor): Promise<OnServer[]> {
  const found: (OnServer & { environmentId: string; imageTag: string | null })[] = [];
  for (const { scope, actions } of looks) {
    const { serverId, environmentId } = scope;
    for (const action of actions) {
      if (action.kind !== "create") continue;
      const { report, image } = action;
      const containerImageId = await imageFor(environmentId, image);
      const imageTag = image.tag;
      found.push({ id: newId(), serverId, environmentId, containerImageId, report, imageTag });
    }
  }
  const rows = found.map(({ report, ...row }) => ({ ...row, containerName: report.name }));
  await insertFound(sql, rows);
  return found;
}

/** @returns the services of which what they run is to be looked at, and those that are otherwise other than they were */
async function update(
  sql: Sql,
  looks: readonly Look[],
  imageFor: ImageFor,
): Promise<{ running: OnServer[]; moved: { serverId: string }[] }> {
  const running: OnServer[] = [];
  const moved: { serverId: string }[] = [];
  const tags: { id: string; tag: string }[] = [];
  for (const { scope, actions, services, newIds } of looks) {
    const { serverId, environmentId } = scope;
    const other = scope.otherImageIds === null ? null : new Set(scope.otherImageIds);
    for (const action of actions) {
      const service = action.kind === "present" ? services.get(action.serviceId) : undefined;
      if (action.kind !== "present" || !service) continue;
      const { report, image } = action;
      const { id } = service;
      if (image) {
        const containerImageId = await imageFor(environmentId, image);
        await setFoundImage(sql, id, containerImageId, image.tag);
        running.push({ id, serverId, containerImageId, report });
        moved.push({ serverId });
        continue;
      }
      if (other === null || other.has(report.id) || service.runningImageId !== report.imageId) {
        running.push({ id, serverId, containerImageId: service.containerImageId, report });
      }
      if (!newIds.has(report.id) || service.inActivePlan) continue;
      const tag = askedImage(report)?.tag ?? null;
      if (tag === null || tag === service.imageTag) continue;
      tags.push({ id, tag });
      moved.push({ serverId });
    }
  }
  await setFoundTags(sql, tags);
  return { running, moved };
}

/** Finds or makes the row of an image: once, however many containers run it. */
function imagesOf(sql: Sql): ImageFor {
  const ids = new Map<string, string>();
  return async (environmentId, { name, tag }) => {
    const reference = tag === null ? name : `${name}:${tag}`;
    const key = `${environmentId} ${reference}`;
    const known = ids.get(key);
    if (known !== undefined) return known;
    const row = await findOrCreateImage(sql, environmentId, reference);
    if (!row) throw new Error(`${reference} was found to be an image's name, and is none`);
    ids.set(key, row.id);
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
