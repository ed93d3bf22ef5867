import pLimit from "p-limit";
import type { Database } from "../database/connection.ts";
import { concernsWholeRegistry, type RegistryFailure } from "../registries/outcome.ts";
import { noteRefresh } from "../registries/registries.store.ts";
import { imagesOfRegistry } from "./images.store.ts";
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
 */
export async function checkRegistry(
  parts: { database: Database; sync: ImageSync },
  registryId: string,
): Promise<CheckedImage[]> {
  const images = await imagesOfRegistry(parts.database, registryId);
  const limit = pLimit(atOnce);
  let down: RegistryFailure | null = null;
  const checked = await Promise.all(
    images.map(({ id, name }) =>
      limit(async (): Promise<CheckedImage> => {
        if (down !== null) return { imageId: id, name, outcome: down };
        const outcome = await parts.sync.check(id);
        if (!outcome.ok && "retryAt" in outcome && concernsWholeRegistry(outcome)) down = outcome;
        return { imageId: id, name, outcome };
      }),
    ),
  );
  const failed: RegistryFailure | null = down;
  await noteRefresh(parts.database, registryId, failed === null ? null : messageOf(failed));
  return checked;
}

function messageOf(failed: RegistryFailure): string {
  return failed.message;
}
