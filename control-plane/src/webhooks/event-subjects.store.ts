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
