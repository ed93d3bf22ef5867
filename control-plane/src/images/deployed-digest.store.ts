import type { Sql } from "../database/connection.ts";

/*
 * What an image is deployed at: the digest of the last deploy. The updates are decided on again by the
 * caller.
 */

export async function setDeployedDigest(
  sql: Sql,
  imageId: string,
  digestId: string,
): Promise<void> {
  await sql`
    update container_images set deployed_digest_id = ${digestId}, updated_at = now()
    where id = ${imageId}`;
}

/**
 * A digest is not what the image runs after all. If the image was deployed at it, it is deployed at what
 * most of the services of that plan ran before.
 */
export async function takeBackDeployedDigest(
  sql: Sql,
  imageId: string,
  digestId: string | null,
  planId: string,
): Promise<void> {
  await sql`
    update container_images set updated_at = now(), deployed_digest_id = (
      select previous_digest_id from plan_services
      join image_digests on image_digests.id = previous_digest_id
        and image_digests.container_image_id = ${imageId}
      where plan_id = ${planId}
      group by previous_digest_id order by count(*) desc, max(position) limit 1)
    where id = ${imageId} and deployed_digest_id = ${digestId}`;
}
