import type { Sql } from "../database/connection.ts";
import { ListedTags } from "./listed-tags.ts";

/** What the list of tags had at the last check that could not look at all; null: none was kept. */
export async function findListedTags(
  sql: Sql,
  imageId: string,
  registryId: string,
): Promise<ListedTags | null> {
  const [row] = await sql<{ tags: Buffer }[]>`
    select tags from image_tag_lists
    where container_image_id = ${imageId} and registry_id = ${registryId}`;
  return row === undefined ? null : ListedTags.read(row.tags);
}

export async function keepListedTags(
  sql: Sql,
  imageId: string,
  registryId: string,
  listed: ListedTags,
): Promise<void> {
  await sql`
    insert into image_tag_lists (container_image_id, registry_id, tags)
    values (${imageId}, ${registryId}, ${listed.bytes})
    on conflict (container_image_id) do update
      set registry_id = excluded.registry_id, tags = excluded.tags`;
}
