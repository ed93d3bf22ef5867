import type { QueryClient } from "@tanstack/svelte-query";
import { api } from "$lib/api/client.ts";
import { readAgain } from "$lib/live/freshness.ts";

/** An update that a person decides on. */
export interface HeldUpdate {
  environmentId: string;
  imageId: string;
  imageName: string;
  digestId: string;
  /** what its version is called */
  title: string;
}

const refresh = (client: QueryClient, { environmentId, imageId }: HeldUpdate) =>
  readAgain(client, "image", { environmentId, id: imageId });

/** Leaves a version out of what counts as an update. */
export async function skip(client: QueryClient, held: HeldUpdate, reason: string | null) {
  await api.post("/api/container-images/{id}/digests/{digestId}/skip", {
    path: { id: held.imageId, digestId: held.digestId },
    body: { reason },
  });
  await refresh(client, held);
}

export async function unskip(client: QueryClient, held: HeldUpdate) {
  await api.delete("/api/container-images/{id}/digests/{digestId}/skip", {
    path: { id: held.imageId, digestId: held.digestId },
  });
  await refresh(client, held);
}

/** Holds auto-update up for the image, or lets it go on. */
export async function hold(
  client: QueryClient,
  held: HeldUpdate,
  body: { pinned?: boolean; snoozedUntil?: string | null; reason?: string | null },
) {
  await api.patch("/api/container-images/{id}/update-policy", {
    path: { id: held.imageId },
    body,
  });
  await refresh(client, held);
}
