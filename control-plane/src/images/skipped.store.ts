import type { Sql } from "../database/connection.ts";
import { lockImage, refreshUpdateAvailable } from "./updates.store.ts";

/** A digest that a person does not want. */
export interface SkippedDigest {
  digestId: string;
  manifestDigest: string;
  tags: string[];
  pushedAt: Date | null;
  reason: string | null;
  /** a name: it outlives the user */
  skippedBy: string;
  createdAt: Date;
}

export async function listSkipped(
  sql: Sql,
  imageId: string,
  page: { limit: number; offset: number },
): Promise<{ digests: SkippedDigest[]; total: number }> {
  const digests = await sql<SkippedDigest[]>`
    select s.digest_id, d.manifest_digest, d.tags, d.pushed_at, s.reason, s.skipped_by, s.created_at
    from skipped_digests s join image_digests d on d.id = s.digest_id
    where s.container_image_id = ${imageId}
    order by s.created_at desc, s.digest_id desc limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from skipped_digests where container_image_id = ${imageId}`;
  return { digests, total: count?.total ?? 0 };
}

/**
 * Leaves a digest of this image out of what counts as an update; again: with another reason.
 * @returns the manifest digest; null: the image has no such digest
 */
export async function skipDigest(
  sql: Sql,
  imageId: string,
  digestId: string,
  skipped: { reason: string | null; by: string },
): Promise<string | null> {
  await lockImage(sql, imageId);
  const [digest] = await sql<{ manifestDigest: string }[]>`
    select manifest_digest from image_digests
    where id = ${digestId} and container_image_id = ${imageId}`;
  if (digest === undefined) return null;
  await sql`
    insert into skipped_digests (container_image_id, digest_id, reason, skipped_by)
    values (${imageId}, ${digestId}, ${skipped.reason}, ${skipped.by})
    on conflict (container_image_id, digest_id)
      do update set reason = excluded.reason, skipped_by = excluded.skipped_by`;
  await refreshUpdateAvailable(sql, imageId);
  return digest.manifestDigest;
}

/** @returns the manifest digest; null: it was not skipped */
export async function unskipDigest(
  sql: Sql,
  imageId: string,
  digestId: string,
): Promise<string | null> {
  await lockImage(sql, imageId);
  const [row] = await sql<{ manifestDigest: string }[]>`
    delete from skipped_digests s using image_digests d
    where s.container_image_id = ${imageId} and s.digest_id = ${digestId} and d.id = s.digest_id
    returning d.manifest_digest`;
  if (row === undefined) return null;
  await refreshUpdateAvailable(sql, imageId);
  return row.manifestDigest;
}
