import type { Sql } from "../database/connection.ts";

/* What the subjects of events are now: it may have changed since the event was written down. */

/** An image and the update that it has now; null: it no longer has one, or has another. */
export async function imageWithUpdate(sql: Sql, imageId: string, digestId: string) {
  const [row] = await sql<
    {
      id: string;
      name: string;
      imageName: string;
      tagFilter: string;
      manifestDigest: string;
      tags: string[];
      pushedAt: Date;
    }[]
  >`
    select i.id, i.name, i.image_name, i.tag_filter, d.manifest_digest, d.tags,
      coalesce(d.pushed_at, d.discovered_at) as pushed_at
    from container_images i join image_digests d on d.id = i.update_digest_id
    where i.id = ${imageId} and i.update_digest_id = ${digestId}`;
  return row ?? null;
}

/** A server that is still as the event says; null: it is not, or is gone. */
export async function serverThatIs(sql: Sql, serverId: string, status: "online" | "offline") {
  const [row] = await sql<{ id: string; name: string }[]>`
    select id, name from servers where id = ${serverId} and status = ${status}`;
  return row ?? null;
}

/** A server, whatever its state; null: it is gone. */
export async function serverNamed(sql: Sql, serverId: string) {
  const [row] = await sql<{ id: string; name: string }[]>`
    select id, name from servers where id = ${serverId}`;
  return row ?? null;
}

/** A service that runs something else than was deployed; null: it does not, or is gone. */
export async function driftingService(sql: Sql, serviceId: string) {
  const [row] = await sql<
    {
      id: string;
      name: string;
      serverId: string;
      serverName: string;
      expected: string;
      actual: string;
    }[]
  >`
    select v.id, v.name, v.server_id, s.name as server_name,
      d.manifest_digest as expected, service_drift(v) as actual
    from services v join servers s on s.id = v.server_id
    join image_digests d on d.id = v.deployed_digest_id
    where v.id = ${serviceId} and service_drift(v) is not null`;
  return row ?? null;
}

/**
 * A service whose container is or was broken; null: it is gone.
 * @param as the event that has to be the latest that was told of it; null: any, or none
 */
export async function brokenService(sql: Sql, serviceId: string, as: string | null) {
  const [row] = await sql<
    {
      id: string;
      name: string;
      containerName: string;
      serverId: string;
      serverName: string;
      since: Date | null;
    }[]
  >`
    select v.id, v.name, v.container_name, v.server_id, s.name as server_name, alerts.since
    from services v join servers s on s.id = v.server_id
    left join alerts on alerts.subject_id = v.id
    where v.id = ${serviceId} and (${as}::text is null or alerts.event = ${as})`;
  return row ?? null;
}

/** A digest that is in quarantine, with its image; null: it is not any more. */
export async function quarantinedDigest(sql: Sql, imageId: string, digestId: string) {
  const [row] = await sql<
    { name: string; imageName: string; tagFilter: string; manifestDigest: string; tags: string[] }[]
  >`
    select i.name, i.image_name, i.tag_filter, d.manifest_digest, d.tags
    from quarantined_digests q join container_images i on i.id = q.container_image_id
    join image_digests d on d.id = q.digest_id
    where q.container_image_id = ${imageId} and q.digest_id = ${digestId}`;
  return row ?? null;
}

/** A registry connection; null: it is gone. */
export async function registryNamed(sql: Sql, registryId: string) {
  const [row] = await sql<{ id: string; name: string }[]>`
    select id, name from registries where id = ${registryId}`;
  return row ?? null;
}

/** A server with the bytes that are free for images; null: it is gone. */
export async function serverDisk(sql: Sql, serverId: string) {
  const [row] = await sql<{ id: string; name: string; freeBytes: number }[]>`
    select id, name, coalesce((host ->> 'diskFreeBytes')::float8, 0) as free_bytes
    from servers where id = ${serverId}`;
  return row ?? null;
}
