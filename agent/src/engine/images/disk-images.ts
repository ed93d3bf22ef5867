import type { PruneMode } from "@bridgeport/proto";
import type { Engine } from "../client.ts";

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

/** What the images of an engine take of its disk. */
export interface DiskUsage {
  images: DiskImage[];
  /** all layers together, each once */
  layersBytes: number;
}

export async function diskUsage(engine: Engine): Promise<DiskUsage> {
  const usage = (await engine.docker.df()) as { Images?: DiskImage[] | null; LayersSize?: number };
  return { images: usage.Images ?? [], layersBytes: usage.LayersSize ?? 0 };
}

/** Images that no container uses: only those without a tag, or all of them. */
export function prunedImages(
  images: readonly DiskImage[],
  mode: PruneMode,
  keptIds: ReadonlySet<string>,
): DiskImage[] {
  return images.filter(
    ({ Id: id, RepoTags: names, Containers: containers }) =>
      containers <= 0 &&
      !keptIds.has(id) &&
      (mode === "all" || (names ?? []).every((name) => isNoName(name) || isDigestName(name))),
  );
}

function isNoName(name: string): boolean {
  return name === "<none>:<none>";
}

/** `name@sha256:…`: no tag, although the containerd store lists it among them. */
export function isDigestName(name: string): boolean {
  return name.includes("@");
}

/** What removing the image gives back. */
export function ownBytes({ Size: size, SharedSize: shared }: DiskImage): number {
  return Math.max(0, size - Math.max(0, shared));
}
