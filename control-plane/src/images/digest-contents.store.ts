import { json, type Sql } from "../database/connection.ts";
import type { ImageContent, ImageReading } from "../registries/image-content.ts";
import { noFacts } from "../registries/image-facts.ts";

export interface ContentRow extends ImageContent {
  digestId: string;
}

/** What is kept of digests, for every platform that they were read for. */
export async function findContents(sql: Sql, digestIds: string[]): Promise<ContentRow[]> {
  return sql<ContentRow[]>`
    select digest_id, platform, settings, layers, size from digest_contents
    where digest_id = any(${digestIds}::uuid[]) order by digest_id, platform`;
}

/** Keeps contents of digests that are recorded, in one statement. */
export async function keepContents(
  sql: Sql,
  imageId: string,
  contents: (ImageContent & { manifestDigest: string })[],
): Promise<void> {
  if (contents.length === 0) return;
  await sql`
    insert into digest_contents (digest_id, platform, settings, layers, size)
    select digest.id, row.platform, row.settings, row.layers, row.size
    from jsonb_to_recordset(${json(sql, contents)}) as row ("manifestDigest" text, platform text,
      settings jsonb, layers jsonb, size bigint)
    join image_digests as digest
      on digest.container_image_id = ${imageId} and digest.manifest_digest = row."manifestDigest"
    on conflict do nothing`;
}

/** Which digests of an image matter most and were recorded without what their images say. */
export async function unreadDigests(
  sql: Sql,
  imageId: string,
): Promise<{ id: string; manifestDigest: string }[]> {
  return sql`
    select digest.id, digest.manifest_digest
    from container_images as image join image_digests as digest on digest.id in
      (image.deployed_digest_id, image.newest_digest_id, image.update_digest_id)
    where image.id = ${imageId} and digest.image is null`;
}

/**
 * Writes down what a digest's image turned out to say.
 * @param reading null: it cannot be had, and that does not change
 */
export async function keepReading(
  sql: Sql,
  digest: { id: string; containerImageId: string; manifestDigest: string },
  reading: ImageReading | null,
): Promise<void> {
  const facts = reading?.facts ?? noFacts;
  await sql`
    update image_digests set image = coalesce(image, ${json(sql, facts)}) where id = ${digest.id}`;
  if (!reading?.content) return;
  const { manifestDigest } = digest;
  await keepContents(sql, digest.containerImageId, [{ ...reading.content, manifestDigest }]);
}
