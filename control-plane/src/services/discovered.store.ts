import { json, type Sql } from "../database/connection.ts";

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

/** Containers are services from now on. */
export async function insertFound(
  sql: Sql,
  rows: {
    id: string;
    serverId: string;
    environmentId: string;
    containerName: string;
    containerImageId: string;
    imageTag: string | null;
  }[],
): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, discovery_status, ever_found)
    select row.id, row."environmentId", row."serverId", row."containerName", row."containerName",
      row."containerImageId", row."imageTag", 'found', true
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, "serverId" uuid,
      "environmentId" uuid, "containerName" text, "containerImageId" uuid, "imageTag" text)`;
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

/** Services' containers were made from these tags. */
export async function setFoundTags(sql: Sql, rows: { id: string; tag: string }[]): Promise<void> {
  if (rows.length === 0) return;
  await sql`
    update services set image_tag = row.tag, updated_at = now()
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, tag text)
    where services.id = row.id and image_tag is distinct from row.tag`;
}

/**
 * @param rows the digest as it is known, and the engine's id of the image
 * @returns those of which it is other than it was
 */
export async function setRunning(
  sql: Sql,
  rows: { id: string; digest: string | null; imageId: string }[],
): Promise<string[]> {
  const changed = await sql<{ id: string }[]>`
    update services set running_digest = row.digest, running_image_id = row."imageId",
      updated_at = now()
    from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, digest text, "imageId" text)
    where services.id = row.id
      and (running_digest, running_image_id) is distinct from (row.digest, row."imageId")
    returning services.id`;
  return changed.map(({ id }) => id);
}
