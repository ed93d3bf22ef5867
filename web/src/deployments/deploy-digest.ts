import type { QueryClient } from "@tanstack/svelte-query";
import { everyRow } from "$lib/api/client.ts";
import { imageQuery } from "$lib/api/queries.ts";
import { deployStarter } from "./deploy-starter.svelte.ts";

/**
 * Opens the deploy dialog with a digest of an image chosen, which may be an old one that the image
 * itself does not show; without it where it is gone.
 * @param only these services of the image; null: all
 */
export async function deployDigest(
  client: QueryClient,
  { imageId, digestId, only = null }: { imageId: string; digestId: string; only?: string[] | null },
): Promise<void> {
  const image = await client.fetchQuery(imageQuery(imageId));
  const wanted = ({ id }: { id: string }) => id === digestId;
  const template = "/api/container-images/{id}/digests";
  const digest =
    image.digests.find(wanted) ??
    (await everyRow(template, "digests", { path: { id: imageId } })).find(wanted);
  await deployStarter.start(image, digest ? { digest } : null, only);
}
