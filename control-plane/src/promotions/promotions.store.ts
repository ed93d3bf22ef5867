import type { Sql } from "../database/connection.ts";
import { serverIsOnline } from "../servers/online.store.ts";
import type { SourceImage, TargetImage } from "./decide-promotion.ts";

/** The images of an environment, with what their services run. */
export async function sourceImages(sql: Sql, environmentId: string): Promise<SourceImage[]> {
  return sql<SourceImage[]>`
    select i.id, i.name, i.image_name, i.normalized_name, coalesce((
      select json_agg(json_build_object(
        'name', services.name, 'serverName', servers.name,
        'serverOnline', ${serverIsOnline(sql)}, 'imageTag', services.image_tag,
        'running', containers.report ->> 'state' = 'running',
        'health', containers.report ->> 'health',
        'unchangedMs', floor(extract(epoch from now() - containers.updated_at) * 1000),
        'digest', case when d.id is null then null
          else json_build_object('id', d.id, 'manifestDigest', d.manifest_digest) end)
        order by services.name, servers.name)
      from services
      join servers on servers.id = services.server_id
      join containers on containers.server_id = services.server_id
        and containers.name = services.container_name
      left join image_digests d on d.container_image_id = i.id
        and d.manifest_digest = services.running_digest
      where services.container_image_id = i.id and services.discovery_status = 'found'
    ), '[]') as services
    from container_images i where i.environment_id = ${environmentId}
    order by lower(i.name), i.id`;
}

export async function targetImages(sql: Sql, environmentId: string): Promise<TargetImage[]> {
  return sql<TargetImage[]>`
    select i.id, i.name, i.normalized_name, array(
      select running_digest from services
      where container_image_id = i.id and discovery_status = 'found'
    ) as running
    from container_images i where i.environment_id = ${environmentId}`;
}
