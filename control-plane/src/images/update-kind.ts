import type { UpdateKind } from "../update-kinds.ts";
import { firstDifference, sameShape, type TagVersion, tagVersion } from "./tag-version.ts";

/**
 * @param from tags by which what is deployed is known, or was when it was deployed
 * @param to tags of what would be deployed
 */
export function updateKind(from: readonly string[], to: readonly string[]): UpdateKind {
  let best: { numbers: number; kind: UpdateKind } | null = null;
  for (const a of from) {
    for (const b of to) {
      const pair = kindOfPair(a, b);
      // Of several tags, the one with more numbers says more: 1.2.3 rather than 1.
      if (pair !== null && pair.numbers > (best?.numbers ?? -1)) best = pair;
    }
  }
  return best?.kind ?? "other";
}

function kindOfPair(from: string, to: string): { numbers: number; kind: UpdateKind } | null {
  const [a, b] = [tagVersion(from), tagVersion(to)];
  if (a === null || b === null || !sameShape(a, b) || !isVersion(a) || !isVersion(b)) {
    return from === to ? { numbers: 0, kind: "rebuild" } : null;
  }
  const numbers = a.numbers.length;
  const difference = firstDifference(a, b);
  if (difference === null) return { numbers, kind: "rebuild" };
  if (!difference.higher) return { numbers, kind: "older" };
  return { numbers, kind: (["major", "minor"] as const)[difference.index] ?? "patch" };
}

/** A single number is a version only where it looks like one: `16` and `v2`, but no date and no build number. */
export function isVersion({ before, numbers: [first = "", ...more] }: TagVersion): boolean {
  if (more.length > 0) return true;
  return ["", "v", "V"].includes(before) && first.length <= 4;
}
