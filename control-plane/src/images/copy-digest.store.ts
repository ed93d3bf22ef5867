import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/**
 * Records a digest that another image has a row of, which is of the same repository: a digest's content is
 * the same wherever it is known. Its tags are not taken along: they are a registry's word at some time.
 * @returns the id of the digest's row, also where it was there already
 */
export async function copyDigest(sql: Sql, digestId: string, toImageId: string): Promise<string> {
  await sql`
    insert into image_digests (id, container_image_id, manifest_digest, config_digest, media_type,
      platforms, size, pushed_at, undated, image)
    select ${newId()}, ${toImageId}, manifest_digest, config_digest, media_type, platforms, size,
      pushed_at, undated, image
    from image_digests where id = ${digestId}
    on conflict (container_image_id, manifest_digest) do nothing`;
  const [row] = await sql<{ id: string }[]>`
    select here.id from image_digests here
    join image_digests there on there.manifest_digest = here.manifest_digest
    where there.id = ${digestId} and here.container_image_id = ${toImageId}`;
  if (!row) throw new Error("the digest that was to be copied is gone");
  return row.id;
}
