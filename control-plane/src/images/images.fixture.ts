import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/** An image of a registry, of which nothing is known yet. @returns its id */
export async function newImage(
  sql: Sql,
  image: { environmentId: string; registryId: string; imageName: string },
): Promise<string> {
  const { environmentId, registryId, imageName } = image;
  const id = newId();
  await sql`
    insert into container_images (id, environment_id, name, image_name, normalized_name, registry_id)
    values (${id}, ${environmentId}, ${imageName}, ${imageName}, ${imageName}, ${registryId})`;
  return id;
}
