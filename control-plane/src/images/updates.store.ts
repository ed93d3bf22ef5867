import type { Sql } from "../database/connection.ts";
import { storedTagFilter } from "./tag-filter.ts";
import { type UpdateState, updateAvailable } from "./update-available.ts";

/**
 * Decides again whether the image has an update and writes down what came of it. To be called in
 * the transaction of whatever changed: digests, tags, the filter, the registry, what is deployed,
 * what is quarantined.
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
    }[]
  >`
    select tag_filter, registry_id, deployed_digest_id,
      array(
        select distinct image_tag from services
        where container_image_id = ${imageId} and image_tag is not null
          and services.deployed_digest_id = container_images.deployed_digest_id
      ) as deployed_tags
    from container_images where id = ${imageId} for no key update`;
  if (image === undefined) return null;
  const digests = await sql<
    { id: string; tags: string[]; pushedAt: Date; undated: boolean; quarantined: boolean }[]
  >`
    select id, tags, coalesce(pushed_at, discovered_at) as pushed_at, undated,
      exists (
        select from quarantined_digests q
        where q.container_image_id = d.container_image_id and q.digest_id = d.id
      ) as quarantined
    from image_digests d
    where container_image_id = ${imageId}
      and (cardinality(tags) > 0 or id = ${image.deployedDigestId}::uuid)`;
  const state = updateAvailable({
    hasRegistry: image.registryId !== null,
    deployedDigestId: image.deployedDigestId,
    deployedTags: image.deployedTags,
    filter: storedTagFilter(image.tagFilter),
    digests: digests.map((digest) => ({ ...digest, pushedAt: digest.pushedAt.getTime() })),
  });
  const updateId = state.update?.digestId ?? null;
  const kind = state.update?.kind ?? null;
  const because = state.update?.because ?? null;
  await sql`
    update container_images set update_available = ${state.available},
      update_reason = ${state.reason}, newest_digest_id = ${state.newestId},
      update_digest_id = ${updateId}, update_kind = ${kind}, update_because = ${because}
    where id = ${imageId}
      and (update_available, update_reason, newest_digest_id, update_digest_id, update_kind,
          update_because) is distinct from
        (${state.available}::boolean, ${state.reason}::text, ${state.newestId}::uuid,
          ${updateId}::uuid, ${kind}::text, ${because}::text)`;
  return state;
}
