import type { Digest, ImageComparison, Plan, SettingChange } from "$lib/api/model.ts";
import { bytes, count, shortDigest } from "$lib/wording/wording.ts";

/** What people call a digest: its tag, else the version that it is labelled with. */
export function nameOf(digest: Pick<Digest, "bestTag" | "image" | "manifestDigest">): string {
  return digest.bestTag ?? digest.image.version ?? shortDigest(digest.manifestDigest);
}

/** A commit as people write it; anything else as it is. */
export function shortRevision(revision: string): string {
  return /^[0-9a-f]{40,64}$/i.test(revision) ? revision.slice(0, 12) : revision;
}

/** Services of one target of a plan that run the same image now. */
export interface Move {
  /** of the image that they are of; null: it was deleted */
  imageId: string | null;
  imageName: string;
  /** manifest digests */
  from: string;
  to: string;
  /** both are among the digests that are known of the image, so that they can be compared */
  known: boolean;
  services: string[];
}

/** The images that a plan's services go away from, those of one target together, the most common first. */
export function movesOf({ services, targets }: Pick<Plan, "services" | "targets">): Move[] {
  return targets.flatMap((target, index) => {
    const { containerImageId: imageId, imageName, imageDigest: to, imageDigestId } = target;
    const moves = new Map<string, Move>();
    for (const { previousDigest: from, previousDigestId, name, target: own } of services) {
      if (own !== index || from === null || from === to) continue;
      const known = previousDigestId !== null && imageDigestId !== null;
      const move = moves.get(from) ?? { imageId, imageName, from, to, known, services: [] };
      move.services.push(name);
      moves.set(from, move);
    }
    return [...moves.values()].sort((a, b) => b.services.length - a.services.length);
  });
}

/** `12 MB (1.5 MB more)`. */
export function sizeText({ from, to }: ImageComparison["size"]): string {
  if (from === to) return `${bytes(to)}, as before`;
  return `${bytes(to)} (${bytes(Math.abs(to - from))} ${to > from ? "more" : "less"})`;
}

/** What an engine that has the old image pulls for the new one. */
export function layersText({ shared, added, bytes: sizes }: ImageComparison["layers"]): string {
  if (added === 0) return "no new layer";
  const most = `${count(added, "new layer")}, ${bytes(sizes.added)}`;
  return shared === 0 ? `${most}; none shared` : `${most}; ${shared} shared`;
}

/** Labels last: they say something of the image, and do nothing to the container. */
export function settingGroups(config: readonly SettingChange[]) {
  const isLabel = ({ field }: SettingChange) => field.startsWith("labels.");
  return {
    settings: config.filter((change) => !isLabel(change)),
    labels: config.filter(isLabel),
  };
}
