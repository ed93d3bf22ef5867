import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

export interface NewService {
  serverId: string;
  imageId: string;
  name: string;
  /** absent: the service's name */
  containerName?: string;
  tag?: string;
}

/** A service whose container was found, in its server's environment. @returns its id */
export async function newService(sql: Sql, service: NewService): Promise<string> {
  const { serverId, imageId, name, containerName = name, tag = "v1" } = service;
  const id = newId();
  await sql`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, discovery_status, ever_found)
    select ${id}, environment_id, id, ${name}, ${containerName}, ${imageId}, ${tag}, 'found', true
    from servers where id = ${serverId}`;
  return id;
}
