import pLimit from "p-limit";
import type { Database } from "../database/connection.ts";
import { concernsWholeRegistry, type RegistryFailure } from "../registries/outcome.ts";
import { noteRefresh } from "../registries/registries.store.ts";
import { imagesOfRegistry } from "./images.store.ts";
import { noteSyncFailure } from "./sync.store.ts";
import type { ImageSync, SyncOutcome } from "./sync.ts";

/** What checking one image of a registry came to. */
export interface CheckedImage {
  imageId: string;
  name: string;
  outcome: SyncOutcome;
}

const atOnce = 4;

/**
 * Checks every image of a registry, those first that were not checked for longest. When the
 * registry does not answer, or wants to be left alone, the rest gets that answer without asking:
 * a registry that is down costs the time of one image.
 *
 * @param withinMs after this time no further image is begun, so that a registry that is slow does
 * not hold up others; those that are left come first the next time
 */
export async function checkRegistry(
  parts: { database: Database; sync: Pick<ImageSync, "check"> },
  registryId: string,
  { withinMs = Number.POSITIVE_INFINITY, clock = Date.now } = {},
): Promise<CheckedImage[]> {
  const { database, sync } = parts;
  const images = await imagesOfRegistry(database, registryId);
  const limit = pLimit(atOnce);
  const until = clock() + withinMs;
  const notAsked: string[] = [];
  const postponed: string[] = [];
  let down: RegistryFailure | null = null;
  const checked = await Promise.all(
    images.map(({ id, name }) =>
      limit(async (): Promise<CheckedImage> => {
        if (down !== null) {
          notAsked.push(id);
          return { imageId: id, name, outcome: down };
        }
        if (clock() >= until) {
          postponed.push(id);
          return { imageId: id, name, outcome: comesFirst };
        }
        const outcome = await sync.check(id);
        if (!outcome.ok && "retryAt" in outcome && concernsWholeRegistry(outcome)) down = outcome;
        return { imageId: id, name, outcome };
      }),
    ),
  );
  const failed = down === null ? null : messageOf(down);
  if (failed !== null) await noteSyncFailure(database, notAsked, failed);
  const done = images.length - postponed.length;
  const slow = `It is slow: ${done} of ${images.length} images were checked in ${Math.round(withinMs / 60_000)} minutes. The others come first next time.`;
  await noteRefresh(database, registryId, failed ?? (postponed.length > 0 ? slow : null));
  return checked;
}

const comesFirst: SyncOutcome = {
  ok: false,
  kind: "postponed",
  message: "The registry is slow; this image comes first at the next check.",
};

function messageOf(failed: RegistryFailure): string {
  return failed.message;
}
