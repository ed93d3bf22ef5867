import { json, type Sql } from "../database/connection.ts";
import type { UpdateKind } from "../update-kinds.ts";
import { type DeployedService, imageUpdates } from "./image-updates.ts";
import { storedTagFilter } from "./tag-filter.ts";
import type { UpdateState } from "./update-available.ts";

/**
 * Keeps an image, with what is deployed and avoided of it, to this transaction until that ends. Whatever
 * changes an image and something of it locks the image first.
 * @returns false for an unknown one
 */
export async function lockImage(sql: Sql, imageId: string | null): Promise<boolean> {
  const rows = await sql`
    select from container_images where id = ${imageId} for no key update`;
  return rows.length > 0;
}

/** The same of several, in one order for everybody, so that nobody waits for who waits for him. */
export async function lockImages(sql: Sql, imageIds: readonly string[]): Promise<void> {
  await sql`
    select from container_images where id = any(${imageIds}::uuid[])
    order by id for no key update`;
}

/** To be raised when the same facts give other decisions, so that those of before are made again. */
export const updateRules = 1;

/**
 * Decides again what the image and each of its services could be updated to, and writes down what came
 * of it. To be called in the transaction of whatever changed: digests, tags, the filter, the registry,
 * what is deployed, what is quarantined or skipped, which kinds auto-update may deploy. It locks the
 * image and no service.
 *
 * @returns null for an unknown image
 */
export async function refreshUpdateAvailable(
  sql: Sql,
  imageId: string,
): Promise<UpdateState | null> {
  const [image] = await sql<
    {
      tagFilter: string;
      registryId: string | null;
      deployedDigestId: string | null;
      deployedTags: string[];
      updateKinds: UpdateKind[];
      servicesKnown: boolean;
    }[]
  >`
    select tag_filter, registry_id, deployed_digest_id, update_kinds,
      exists (
        select from service_updates where container_image_id = ${imageId}
      ) as services_known,
      array(
        select distinct image_tag from services
        where container_image_id = ${imageId} and image_tag is not null
          and services.deployed_digest_id = container_images.deployed_digest_id
      ) as deployed_tags
    from container_images where id = ${imageId} for no key update`;
  if (image === undefined) return null;
  const services = await sql<DeployedService[]>`
    select id, deployed_digest_id, image_tag, discovery_status = 'found' as found
    from services where container_image_id = ${imageId} and deployed_digest_id is not null`;
  const deployed = services.map(({ deployedDigestId }) => deployedDigestId);
  const digests = await sql<
    {
      id: string;
      tags: string[];
      pushedAt: Date;
      undated: boolean;
      quarantined: boolean;
      skipped: boolean;
    }[]
  >`
    select id, tags, coalesce(pushed_at, discovered_at) as pushed_at, undated,
      exists (
        select from quarantined_digests q
        where q.container_image_id = d.container_image_id and q.digest_id = d.id
      ) as quarantined,
      exists (
        select from skipped_digests s
        where s.container_image_id = d.container_image_id and s.digest_id = d.id
      ) as skipped
    from image_digests d
    where container_image_id = ${imageId}
      and (cardinality(tags) > 0 or id = ${image.deployedDigestId}::uuid
        or id = any(${deployed}::uuid[]))`;
  const updates = imageUpdates({
    hasRegistry: image.registryId !== null,
    deployedDigestId: image.deployedDigestId,
    deployedTags: image.deployedTags,
    filter: storedTagFilter(image.tagFilter),
    digests: digests.map((digest) => ({ ...digest, pushedAt: digest.pushedAt.getTime() })),
    automaticKinds: image.updateKinds,
    services,
  });
  await writeImage(sql, imageId, updates.image);
  if (services.length === 0 && !image.servicesKnown) return updates.image;
  // What is told of an image is told of its services, too.
  if (await writeServices(sql, imageId, services, updates.services)) {
    await sql`update container_images set updated_at = now() where id = ${imageId}`;
  }
  return updates.image;
}

async function writeImage(
  sql: Sql,
  imageId: string,
  { available, reason, newestId, update, automatic }: UpdateState,
): Promise<void> {
  const columns = {
    updateAvailable: available,
    updateReason: reason,
    newestDigestId: newestId,
    updateDigestId: update?.digestId ?? null,
    updateTag: update?.tag ?? null,
    updateKind: update?.kind ?? null,
    updateBecause: update?.because ?? null,
    automaticDigestId: automatic?.digestId ?? null,
    automaticTag: automatic?.tag ?? null,
    automaticKind: automatic?.kind ?? null,
    updateRules,
  };
  await sql`
    update container_images set ${sql(columns)}
    where id = ${imageId}
      and (update_available, update_reason, newest_digest_id, update_digest_id, update_tag,
          update_kind, update_because, automatic_digest_id, automatic_tag, automatic_kind,
          update_rules)
        is distinct from
        (${columns.updateAvailable}::boolean, ${columns.updateReason}::text,
          ${columns.newestDigestId}::uuid, ${columns.updateDigestId}::uuid,
          ${columns.updateTag}::text, ${columns.updateKind}::text, ${columns.updateBecause}::text,
          ${columns.automaticDigestId}::uuid, ${columns.automaticTag}::text,
          ${columns.automaticKind}::text, ${updateRules}::integer)`;
}

/** @returns whether anything is other than it was */
async function writeServices(
  sql: Sql,
  imageId: string,
  services: readonly DeployedService[],
  states: ReadonlyMap<string, UpdateState>,
): Promise<boolean> {
  const rows = services.map(({ id, deployedDigestId, imageTag, found }) => {
    const state = states.get(id);
    return {
      serviceId: id,
      deployedDigestId,
      imageTag,
      found,
      reason: state?.reason,
      digestId: state?.update?.digestId ?? null,
      tag: state?.update?.tag ?? null,
      kind: state?.update?.kind ?? null,
      because: state?.update?.because ?? null,
      automaticDigestId: state?.automatic?.digestId ?? null,
    };
  });
  const deleted = await sql`
    delete from service_updates
    where container_image_id = ${imageId} and service_id <> all(${services.map(({ id }) => id)}::uuid[])`;
  if (rows.length === 0) return deleted.count > 0;
  const written = await sql`
    insert into service_updates as known (service_id, container_image_id, deployed_digest_id,
      image_tag, found, reason, digest_id, tag, kind, because, automatic_digest_id)
    select "serviceId", ${imageId}, "deployedDigestId", "imageTag", found, reason, "digestId", tag,
      kind, because, "automaticDigestId"
    from jsonb_to_recordset(${json(sql, rows)}) as row ("serviceId" uuid, "deployedDigestId" uuid,
      "imageTag" text, found boolean, reason text, "digestId" uuid, tag text, kind text,
      because text, "automaticDigestId" uuid)
    -- One that was deleted since it was read has nothing to keep.
    where exists (select from services where id = "serviceId")
    on conflict (service_id) do update
      set container_image_id = excluded.container_image_id,
        deployed_digest_id = excluded.deployed_digest_id, image_tag = excluded.image_tag,
        found = excluded.found, reason = excluded.reason, digest_id = excluded.digest_id,
        tag = excluded.tag, kind = excluded.kind, because = excluded.because,
        automatic_digest_id = excluded.automatic_digest_id
      where known is distinct from excluded`;
  return deleted.count + written.count > 0;
}

/**
 * Images whose updates were decided by other rules, as an earlier version had.
 * @param after the last one of those that are known; null: from the first
 */
export async function imagesDecidedOtherwise(
  sql: Sql,
  after: string | null,
  limit: number,
): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from container_images
    where update_rules <> ${updateRules} and (${after}::uuid is null or id > ${after})
    order by id limit ${limit}`;
  return rows.map(({ id }) => id);
}

/**
 * Whether a row of `services` is not what its row of `service_updates`, called `known`, was decided for:
 * it was deployed, found or lost since, or was never looked at.
 */
export const isDecidedOtherwise = (sql: Sql) => sql`
  ((services.deployed_digest_id is not null or known.service_id is not null)
    and (known.service_id is null
      or (known.container_image_id, known.deployed_digest_id, known.image_tag, known.found)
        is distinct from (services.container_image_id, services.deployed_digest_id,
          services.image_tag, services.discovery_status = 'found')))`;

/** Images of which a service on these servers is not what its updates were decided for. */
export async function outdatedImages(sql: Sql, serverIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select distinct services.container_image_id as id
    from services left join service_updates as known on known.service_id = services.id
    where services.server_id = any(${[...serverIds]}::uuid[]) and ${isDecidedOtherwise(sql)}`;
  return rows.map(({ id }) => id);
}

/** Why what is newer is left alone: what was written when it was skipped, or how it failed here. */
export async function unwantedReasons(sql: Sql, imageIds: string[]): Promise<Map<string, string>> {
  const rows = await sql<{ id: string; reason: string }[]>`
    select distinct on (i.id) i.id, coalesce(q.reason, s.reason) as reason
    from container_images i
    join image_digests d on d.container_image_id = i.id
    left join quarantined_digests q on q.container_image_id = i.id and q.digest_id = d.id
    left join skipped_digests s on s.container_image_id = i.id and s.digest_id = d.id
    where i.id = any(${imageIds}::uuid[]) and i.update_reason in ('quarantined', 'skipped')
      and coalesce(q.reason, s.reason) is not null
    order by i.id, coalesce(d.pushed_at, d.discovered_at) desc`;
  return new Map(rows.map(({ id, reason }) => [id, reason]));
}

/**
 * Changes services and decides again on the updates of their images. The images are locked before the
 * services, as whatever locks both does.
 */
export async function changingServices<T>(
  sql: Sql,
  of: { serviceId: string } | { serverId: string },
  work: () => Promise<T>,
): Promise<T> {
  const where = "serviceId" in of ? sql`id = ${of.serviceId}` : sql`server_id = ${of.serverId}`;
  const images = () => sql<{ id: string }[]>`
    select id from container_images
    where id in (select container_image_id from services where ${where})
    order by id for no key update`;
  const before = await images();
  const result = await work();
  const after = await images();
  for (const id of new Set([...before, ...after].map((image) => image.id))) {
    await refreshUpdateAvailable(sql, id);
  }
  return result;
}
