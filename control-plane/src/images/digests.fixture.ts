import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

interface NewDigest {
  tags?: string[];
  platforms?: object[];
  configDigest?: string | null;
  /** default: now */
  pushedAt?: Date;
}

/** A digest of an image, as if it had just been pushed. @returns its id */
export async function newDigest(
  sql: Sql,
  imageId: string,
  manifestDigest: string,
  { tags = [], platforms = [], configDigest = null, pushedAt = new Date() }: NewDigest = {},
): Promise<string> {
  const id = newId();
  await sql`
    insert into image_digests (id, container_image_id, manifest_digest, config_digest, tags,
      platforms, pushed_at)
    values (${id}, ${imageId}, ${manifestDigest}, ${configDigest}, ${tags},
      ${json(sql, platforms)}, ${pushedAt})`;
  return id;
}
