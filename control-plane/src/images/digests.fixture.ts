import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/** A digest of an image, as if it had just been pushed. @returns its id */
export async function newDigest(
  sql: Sql,
  imageId: string,
  manifestDigest: string,
  { tags = [], platforms = [] }: { tags?: string[]; platforms?: object[] } = {},
): Promise<string> {
  const id = newId();
  await sql`
    insert into image_digests (id, container_image_id, manifest_digest, tags, platforms, pushed_at)
    values (${id}, ${imageId}, ${manifestDigest}, ${tags}, ${json(sql, platforms)}, now())`;
  return id;
}
