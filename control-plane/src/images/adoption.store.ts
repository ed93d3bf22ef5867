import type { Sql } from "../database/connection.ts";
import { adoptRunningDigests, isAdoptable } from "../services/deployed.store.ts";
import { lockImage } from "./updates.store.ts";

/**
 * What runs and was never deployed by us counts as deployed once it is known as a digest of its image, so
 * that it shows on the first day what is behind. A later deploy replaces it as usual, and drift is
 * measured from it. In a transaction that locks the image before any service, and that decides on its
 * updates again afterwards.
 * @returns whether something was adopted
 */
export async function adoptRunning(sql: Sql, imageId: string): Promise<boolean> {
  if (!(await lockImage(sql, imageId))) return false;
  if (!(await adoptRunningDigests(sql, imageId))) return false;
  await sql`
    update container_images set updated_at = now(), deployed_digest_id = (
      select deployed_digest_id from services
      where container_image_id = ${imageId} and deployed_digest_id is not null
      group by deployed_digest_id order by count(*) desc, max(updated_at) desc limit 1)
    where id = ${imageId} and deployed_digest_id is null`;
  return true;
}

/** Images with services on these servers that {@link adoptRunning} would adopt. */
export async function imagesToAdopt(sql: Sql, serverIds: readonly string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select distinct services.container_image_id as id
    from services join image_digests as digest on ${isAdoptable(sql)}
    where services.server_id = any(${[...serverIds]}::uuid[])`;
  return rows.map(({ id }) => id);
}
