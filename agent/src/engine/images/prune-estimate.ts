import type { PruneEstimateResult, PruneMode } from "@bridgeport/proto";
import type { Engine } from "../client.ts";
import { protectedImages } from "./prune.ts";

/** One image of the engine's disk usage; sizes in bytes. */
export interface DiskImage {
  Id: string;
  RepoTags: string[] | null;
  Size: number;
  /** size of layers that other images have, too; -1: not counted */
  SharedSize: number;
  /** containers that were created from it, running or not; -1: not counted */
  Containers: number;
}

/** What a prune would remove at this moment, by the engine's disk usage. */
export async function estimatePrune(
  engine: Engine,
  mode: PruneMode,
  protect: readonly string[],
): Promise<PruneEstimateResult> {
  const [usage, kept] = await Promise.all([
    engine.docker.df() as Promise<{ Images?: DiskImage[] | null }>,
    protectedImages(engine, protect),
  ]);
  const removed = prunedImages(usage.Images ?? [], mode, new Set(kept.map(({ Id: id }) => id)));
  const bytes = removed.map(({ Size: size, SharedSize: shared }) => size - Math.max(0, shared));
  return {
    kind: "prune_estimate",
    spaceReclaimableBytes: bytes.reduce((sum, one) => sum + Math.max(0, one), 0),
    images: removed.length,
  };
}

/** Images that no container uses: only those without a tag, or all of them. */
export function prunedImages(
  images: readonly DiskImage[],
  mode: PruneMode,
  keptIds: ReadonlySet<string>,
): DiskImage[] {
  return images.filter(
    ({ Id: id, RepoTags: tags, Containers: containers }) =>
      containers <= 0 &&
      !keptIds.has(id) &&
      (mode === "all" || (tags ?? []).every((tag) => tag === "<none>:<none>")),
  );
}
