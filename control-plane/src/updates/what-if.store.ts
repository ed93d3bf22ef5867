import type { Sql } from "../database/connection.ts";
import { matchesFilter, type TagFilter } from "../images/tag-filter.ts";
import type { KnownDigest, Sighting } from "./what-if.ts";

/** As far back as it is worth telling. */
const mostSightings = 300;

/** What an image's digest is called. */
export interface NamedDigest extends KnownDigest {
  manifestDigest: string;
}

/** How the tags that a filter keeps have moved, as far as that is recorded. */
export async function recordedPast(
  sql: Sql,
  imageId: string,
  filter: TagFilter,
): Promise<{ sightings: Sighting[]; digests: NamedDigest[]; whole: boolean }> {
  const rows = await sql<{ digestId: string; tag: string; since: Date }[]>`
    select s.digest_id, s.tag, s.since
    from tag_sightings s join image_digests d on d.id = s.digest_id
    where d.container_image_id = ${imageId}
    order by s.since desc, s.digest_id, s.tag`;
  const kept = rows.filter(({ tag }) => matchesFilter(filter, tag));
  const sightings = kept.slice(0, mostSightings).map(({ since, ...sighting }) => {
    return { ...sighting, since: since.getTime() };
  });
  const ids = [...new Set(sightings.map(({ digestId }) => digestId))];
  const digests = await sql<(Omit<NamedDigest, "pushedAt"> & { pushedAt: Date })[]>`
    select id, manifest_digest, coalesce(pushed_at, discovered_at) as pushed_at, undated
    from image_digests where id = any(${ids}::uuid[])`;
  return {
    sightings,
    digests: digests.map((digest) => ({ ...digest, pushedAt: digest.pushedAt.getTime() })),
    whole: kept.length <= mostSightings,
  };
}
