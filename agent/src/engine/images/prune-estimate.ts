import type { PruneEstimateResult, PruneMode } from "@bridgeport/proto";
import type { Engine } from "../client.ts";
import { diskUsage, ownBytes, prunedImages } from "./disk-images.ts";
import { protectedImages } from "./prune.ts";

/** What a prune would remove at this moment, by the engine's disk usage. */
export async function estimatePrune(
  engine: Engine,
  mode: PruneMode,
  protect: readonly string[],
): Promise<PruneEstimateResult> {
  const [{ images }, kept] = await Promise.all([
    diskUsage(engine),
    protectedImages(engine, protect),
  ]);
  const removed = prunedImages(images, mode, new Set(kept.map(({ Id: id }) => id)));
  return {
    kind: "prune_estimate",
    spaceReclaimableBytes: removed.reduce((sum, image) => sum + ownBytes(image), 0),
    images: removed.length,
  };
}
