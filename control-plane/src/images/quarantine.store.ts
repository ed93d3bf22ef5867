import type { Sql } from "../database/connection.ts";
import { lockImage, refreshUpdateAvailable } from "./updates.store.ts";

/** A digest that auto-update leaves alone. */
export interface QuarantinedDigest {
  digestId: string;
  manifestDigest: string;
  tags: string[];
  pushedAt: Date | null;
  /** the plan that failed or was rolled back */
  planId: string | null;
  reason: string;
  createdAt: Date;
}

export async function listQuarantine(
  sql: Sql,
  imageId: string,
  page: { limit: number; offset: number },
): Promise<{ digests: QuarantinedDigest[]; total: number }> {
  const digests = await sql<QuarantinedDigest[]>`
    select q.digest_id, d.manifest_digest, d.tags, d.pushed_at, q.plan_id, q.reason, q.created_at
    from quarantined_digests q join image_digests d on d.id = q.digest_id
    where q.container_image_id = ${imageId}
    order by q.created_at desc, q.digest_id desc limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from quarantined_digests where container_image_id = ${imageId}`;
  return { digests, total: count?.total ?? 0 };
}

/**
 * Lets auto-update have a digest again, and decides again whether there is an update.
 * @returns the digest; null: it was not in quarantine
 */
export async function releaseDigest(
  sql: Sql,
  imageId: string,
  digestId: string,
): Promise<string | null> {
  await lockImage(sql, imageId);
  const [row] = await sql<{ manifestDigest: string }[]>`
    delete from quarantined_digests q using image_digests d
    where q.container_image_id = ${imageId} and q.digest_id = ${digestId} and d.id = q.digest_id
    returning d.manifest_digest`;
  if (row === undefined) return null;
  await refreshUpdateAvailable(sql, imageId);
  return row.manifestDigest;
}

/** Auto-update leaves a digest alone from now on; the caller decides again on the updates. */
export async function quarantineDigest(
  sql: Sql,
  imageId: string,
  digestId: string,
  failed: { planId: string; reason: string },
): Promise<void> {
  await sql`
    insert into quarantined_digests (container_image_id, digest_id, plan_id, reason)
    values (${imageId}, ${digestId}, ${failed.planId}, ${failed.reason})
    on conflict (container_image_id, digest_id)
      do update set plan_id = excluded.plan_id, reason = excluded.reason, created_at = now()`;
}

/** A digest proved itself: it is neither in quarantine nor skipped any longer. */
export async function stopAvoiding(sql: Sql, imageId: string, digestId: string): Promise<void> {
  await sql`
    delete from quarantined_digests
    where container_image_id = ${imageId} and digest_id = ${digestId}`;
  await sql`
    delete from skipped_digests
    where container_image_id = ${imageId} and digest_id = ${digestId}`;
}
