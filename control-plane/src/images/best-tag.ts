import { isWildcard, matchesPattern } from "./tag-filter.ts";

/** A version in the wide sense: `1.2`, `v1.2.3-rc1`, `v3`. */
const versionShape = /^v?\d+\.\d+|^v\d+$/;

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function dots(tag: string): number {
  return tag.split(".").length;
}

/** How well the filter knows a tag: 0 by its exact name, 1 by a wildcard, null not at all. */
function filterRank(tag: string, patterns: readonly string[]): 0 | 1 | null {
  let rank: 1 | null = null;
  for (const pattern of patterns) {
    if (!matchesPattern(pattern, tag)) continue;
    if (!isWildcard(pattern)) return 0;
    rank = 1;
  }
  return rank;
}

function unfilteredRank(tag: string): number {
  if (tag === "latest") return 4;
  return versionShape.test(tag) ? 2 : 3;
}

/**
 * The tag to show for a digest that has several. Those that match the filter come first: an exact
 * pattern beats a wildcard. Then versions, then names, then `latest`. Among equals, more dot
 * segments, the longer, the lexicographically smaller: a total order, so the order in which the
 * tags come does not matter.
 *
 * @param patterns those of the image's tag filter
 * @returns null for no tags
 */
export function getBestTag(tags: readonly string[], patterns: readonly string[]): string | null {
  let best: { tag: string; rank: number } | null = null;
  for (const tag of tags) {
    const rank = filterRank(tag, patterns) ?? unfilteredRank(tag);
    const order =
      best === null
        ? -1
        : rank - best.rank ||
          dots(best.tag) - dots(tag) ||
          best.tag.length - tag.length ||
          compareText(tag, best.tag);
    if (order < 0) best = { tag, rank };
  }
  return best?.tag ?? null;
}
