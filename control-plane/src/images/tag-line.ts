import { isWildcard, matchesFilter, matchesPattern, type TagFilter } from "./tag-filter.ts";
import { sameShape, tagVersion } from "./tag-version.ts";

/*
 * Lines of tags. A repository may hold several lines side by side (`pg:15` and `pg:16`), and a
 * service that follows one of them must not be moved to another because an image is deployed.
 *
 * Two tags are of one line
 * - if they are the same tag,
 * - if one wildcard pattern of the image's tag filter matches both: a filter of `v*` or `16.*` has
 *   said what belongs together, or
 * - if both are full versions of the same shape: at least three numbers separated by dots, as many
 *   in both, with the same text before and after them (`v1.2.3` and `v1.3.0`, `1.2.3-alpine` and
 *   `1.2.4-alpine`).
 * Everything else (`15`, `16`, `1.27`, `latest`, `main`, `15-alpine`) is a tag that its publisher
 * moves, so it is a line of its own.
 */

/** Whether two tags of one repository are of one line under this filter. */
export function sameLine(filter: TagFilter, a: string, b: string): boolean {
  if (a === b) return true;
  const spanned = filter.patterns.some(
    (pattern) => isWildcard(pattern) && matchesPattern(pattern, a) && matchesPattern(pattern, b),
  );
  if (spanned) return true;
  const [left, right] = [tagVersion(a), tagVersion(b)];
  return left !== null && right !== null && left.numbers.length >= 3 && sameShape(left, right);
}

/** What is to be deployed, as far as lines go. */
export interface UpdateLine {
  filter: TagFilter;
  /** the tag that was asked for, or those of the digest that the filter keeps */
  tags: readonly string[];
  /** all tags of the digest */
  digestTags: readonly string[];
}

/** @param asked the tag that was asked for; null: whatever the digest is called */
export function lineOf(
  filter: TagFilter,
  digestTags: readonly string[],
  asked: string | null,
): UpdateLine {
  if (asked !== null) return { filter, tags: [asked], digestTags };
  const kept = digestTags.filter((tag) => matchesFilter(filter, tag));
  return { filter, tags: kept.length > 0 ? kept : digestTags, digestTags };
}

/**
 * Whether a service with this tag is of the line of an update. One without a tag is of any, and so
 * is one whose tag points to the very digest; a digest without tags is of any line.
 */
export function isOfLine({ filter, tags, digestTags }: UpdateLine, tag: string | null): boolean {
  if (tag === null || tags.length === 0 || digestTags.includes(tag)) return true;
  return tags.some((other) => sameLine(filter, tag, other));
}

/**
 * Whether the services of an image are told apart by their lines for this update: where one of them is of
 * its line, or they follow several lines side by side. Where all of them follow one line that it is not
 * of, there is nothing to tell apart.
 *
 * @param tags of the services
 */
export function linesToldApart(line: UpdateLine, tags: readonly string[]): boolean {
  const [first] = tags;
  if (first === undefined) return false;
  return (
    tags.some((tag) => isOfLine(line, tag)) ||
    tags.some((tag) => !sameLine(line.filter, first, tag))
  );
}

/**
 * The tag that a service keeps although the plan is called otherwise: its own, where that is another
 * name of the same digest which the filter follows. null: it takes the plan's.
 */
export function keptTag({ filter, digestTags }: UpdateLine, tag: string | null): string | null {
  return tag !== null && digestTags.includes(tag) && matchesFilter(filter, tag) ? tag : null;
}
