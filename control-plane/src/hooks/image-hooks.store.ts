import type { Sql } from "../database/connection.ts";
import { type Moment, moments, type SealedHook, type SealedHooks } from "./hook.ts";

type Row = SealedHook & { containerImageId: string; moment: Moment };

/** The hooks that plans of these images have, in the order of the images and then in their own. */
export async function hooksOfImages(sql: Sql, imageIds: readonly string[]): Promise<SealedHooks> {
  const rows = await sql<Row[]>`
    select container_image_id, moment, name, method, url, timeout_ms, request
    from image_hooks where container_image_id = any(${[...imageIds]}::uuid[])
    order by array_position(${[...imageIds]}::uuid[], container_image_id), position`;
  const of = (asked: Moment) =>
    rows
      .filter(({ moment }) => moment === asked)
      .map(({ name, method, url, timeoutMs, request }) => ({
        ...{ name, method, url, timeoutMs, request },
      }));
  return { before: of("before"), after: of("after") };
}

/** Gives an image these hooks, in the place of those that it has. */
export async function setImageHooks(sql: Sql, imageId: string, hooks: SealedHooks): Promise<void> {
  await sql`delete from image_hooks where container_image_id = ${imageId}`;
  for (const moment of moments) {
    for (const [position, { name, method, url, timeoutMs, request }] of hooks[moment].entries()) {
      await sql`
        insert into image_hooks (container_image_id, moment, position, name, method, url,
          timeout_ms, request)
        values (${imageId}, ${moment}, ${position}, ${name}, ${method}, ${url}, ${timeoutMs},
          ${request})`;
    }
  }
}
