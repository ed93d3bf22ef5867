import { ListedTags } from "./listed-tags.ts";
import { type ListedTag, looksLikeReferrer, newestFirst } from "./newest-tags.ts";
import { isWildcard, type TagFilter } from "./tag-filter.ts";

/*
 * Which tags a check looks at where there are more than it may: what the filter names exactly, then
 * those that the list of the check before did not have, then those that look newest. The name of a
 * tag such as `main-4f2c1d9` does not tell that it is the newest; that it was not there before does.
 */

export interface TagChoice {
  chosen: string[];
  /** of the chosen ones, those that were not there before */
  fresh: ReadonlySet<string>;
  /** fresh ones that there is no room for; they are fresh the next time, too */
  later: string[];
}

/** @param before whether a tag was there at the check before; null: nothing is known of it */
export function chooseTags(
  tags: readonly ListedTag[],
  filter: TagFilter,
  most: number,
  before: ((tag: string) => boolean) | null,
): TagChoice {
  const exact = new Set(filter.patterns.filter((pattern) => !isWildcard(pattern)));
  const isFresh = (tag: string) =>
    before !== null && !exact.has(tag) && !looksLikeReferrer(tag) && !before(tag);
  const ordered = newestFirst(tags, filter).map(({ tag }) => tag);
  const fresh = new Set(ordered.filter(isFresh));
  const rank = (tag: string) => (exact.has(tag) ? 0 : fresh.has(tag) ? 1 : 2);
  const chosen = ordered
    .map((tag) => ({ tag, rank: rank(tag) }))
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ tag }) => tag);
  const looked = new Set(chosen);
  return {
    // What looks newest goes first again: of digests without a date it counts as the latest.
    chosen: ordered.filter((tag) => looked.has(tag)),
    fresh: new Set(chosen.filter((tag) => fresh.has(tag))),
    later: [...fresh].filter((tag) => !looked.has(tag)),
  };
}

/** What to remember of a list: all of it but the new tags of which nothing is known yet. */
export function listToKeep(listed: ReadonlySet<string>, open: Iterable<string>): ListedTags {
  const left = new Set(open);
  return ListedTags.of([...listed].filter((tag) => !left.has(tag)));
}
