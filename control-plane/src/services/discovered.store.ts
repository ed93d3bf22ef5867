import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/*
 * What discovery finds out about services: whether their containers are there, and what those run.
 */

export async function markMissing(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update services set discovery_status = 'missing', running_digest = null,
      running_image_id = null, updated_at = now()
    where id = any(${ids}::uuid[])`;
}

export async function markFound(sql: Sql, ids: string[]): Promise<void> {
  if (ids.length === 0) return;
  await sql`
    update services set discovery_status = 'found', updated_at = now(),
      -- A plan that creates its first container says itself whether that has come to stay.
      ever_found = ever_found or not exists (
        select from plan_services where service_id = services.id and active)
    where id = any(${ids}::uuid[]) and (discovery_status <> 'found' or not ever_found)`;
}

/** A container is a service from now on. @returns its id */
export async function insertFound(
  sql: Sql,
  found: {
    serverId: string;
    environmentId: string;
    containerName: string;
    containerImageId: string;
    imageTag: string | null;
  },
): Promise<string> {
  const id = newId();
  await sql`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, discovery_status, ever_found)
    values (${id}, ${found.environmentId}, ${found.serverId}, ${found.containerName},
      ${found.containerName}, ${found.containerImageId}, ${found.imageTag}, 'found', true)`;
  return id;
}

/** Its container is another image's now: what was deployed was another image's digest. */
export async function setFoundImage(
  sql: Sql,
  serviceId: string,
  containerImageId: string,
  imageTag: string | null,
): Promise<void> {
  await sql`
    update services set container_image_id = ${containerImageId}, image_tag = ${imageTag},
      deployed_digest_id = null, updated_at = now()
    where id = ${serviceId}`;
}

export async function setFoundTag(sql: Sql, serviceId: string, imageTag: string): Promise<void> {
  await sql`
    update services set image_tag = ${imageTag}, updated_at = now()
    where id = ${serviceId} and image_tag is distinct from ${imageTag}`;
}

/** @param rows the digest as it is known, and the engine's id of the image */
export async function setRunning(
  sql: Sql,
  rows: { id: string; digest: string | null; imageId: string }[],
): Promise<void> {
  await sql`
    update services set running_digest = row.digest, running_image_id = row."imageId",
      updated_at = now()
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, digest text, "imageId" text)
    where services.id = row.id
      and (running_digest, running_image_id) is distinct from (row.digest, row."imageId")`;
}
