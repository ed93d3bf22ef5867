import type { Sql } from "../database/connection.ts";
import { findServices, type ServiceRow } from "../services/services.store.ts";
import type { UpdateKind } from "../update-kinds.ts";

/** A page of the images of an environment that have an update, by name. */
export async function imagesBehind(
  sql: Sql,
  environmentId: string,
  page: { limit: number; offset: number },
): Promise<{ ids: string[]; total: number }> {
  const rows = await sql<{ id: string }[]>`
    select id from container_images
    where environment_id = ${environmentId} and update_digest_id is not null
    order by lower(name), id limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from container_images
    where environment_id = ${environmentId} and update_digest_id is not null`;
  return { ids: rows.map(({ id }) => id), total: count?.total ?? 0 };
}

/** The services of these images that have an update, by name. */
export async function servicesBehind(sql: Sql, imageIds: string[]): Promise<ServiceRow[]> {
  const rows = await sql<{ id: string }[]>`
    select service_id as id from service_updates
    where container_image_id = any(${imageIds}::uuid[]) and digest_id is not null and found`;
  const services = await findServices(
    sql,
    rows.map(({ id }) => id),
  );
  // One that was deployed since is behind no longer.
  return services.filter(({ update }) => update !== null);
}

/** Since when the tag of each image's update has pointed to it. */
export async function updatesSince(sql: Sql, imageIds: string[]): Promise<Map<string, Date>> {
  const rows = await sql<{ id: string; since: Date }[]>`
    select i.id, coalesce(s.since, d.discovered_at) as since
    from container_images i
    join image_digests d on d.id = i.update_digest_id
    left join tag_sightings s on s.digest_id = d.id and s.tag = i.update_tag
    where i.id = any(${imageIds}::uuid[])`;
  return new Map(rows.map(({ id, since }) => [id, since]));
}

/** A service that has an update, with what a person decided about its image. */
export interface BehindService {
  serviceId: string;
  name: string;
  serverName: string;
  imageId: string;
  /** as people call it */
  imageName: string;
  /** what it would be updated to */
  digestId: string;
  kind: UpdateKind | null;
  pinned: boolean;
  snoozedUntil: Date | null;
  /** why it is pinned or snoozed */
  holdReason: string | null;
}

/** Every service of an environment that has an update, also one whose container is gone, by image and name. */
export async function allBehind(sql: Sql, environmentId: string): Promise<BehindService[]> {
  return sql<BehindService[]>`
    select v.id as service_id, v.name, s.name as server_name, i.id as image_id,
      i.name as image_name, u.digest_id, u.kind, i.update_pinned as pinned,
      i.update_snoozed_until as snoozed_until, i.update_hold_reason as hold_reason
    from services v
    join servers s on s.id = v.server_id
    join container_images i on i.id = v.container_image_id
    -- What was decided for something else that it was deployed at says nothing.
    join service_updates u on u.service_id = v.id and u.container_image_id = i.id
      and u.deployed_digest_id = v.deployed_digest_id
    where v.environment_id = ${environmentId} and u.digest_id is not null
    order by lower(i.name), i.id, lower(v.name), v.id`;
}
