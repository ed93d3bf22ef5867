import { matchesFilter, matchesPattern, storedTagFilter, type TagFilter } from "./tag-filter.ts";
import { isHigher, sameShape, shapeOf, type TagVersion, tagVersion } from "./tag-version.ts";

/** Higher versions that a repository has and the tag filter leaves out. A hint, never an update. */
export interface NewerOutside {
  /** the highest first */
  tags: string[];
  /** a tag filter that would follow them */
  suggestedFilter: string;
}

const most = 5;

interface Version {
  tag: string;
  version: TagVersion;
}

/**
 * What is higher than the highest version that the filter keeps, and of its shape. Where the filter keeps
 * no version, as `latest`, nothing is: its tag moves by itself.
 *
 * @param tags of the repository, whether the filter matches them or not
 */
export function newerOutside(tags: Iterable<string>, filter: TagFilter): NewerOutside | null {
  const versions = [...tags].flatMap((tag): Version[] => {
    const version = tagVersion(tag);
    return version !== null && isRelease(version) ? [{ tag, version }] : [];
  });
  const kept = versions.filter(({ tag }) => matchesFilter(filter, tag));
  const shapes = new Map(kept.map(({ version }) => [shapeOf(version), version]));
  // A repository may hold several shapes side by side: the one with more numbers says more.
  const ordered = [...shapes.values()].sort((a, b) => b.numbers.length - a.numbers.length);
  for (const shape of ordered.slice(0, mostShapes)) {
    const alike = versions.filter(({ version }) => sameShape(shape, version));
    const base = highest(alike.filter(({ tag }) => matchesFilter(filter, tag)));
    if (base === null) continue;
    const newer = alike
      .filter(({ tag, version }) => isHigher(base.version, version) && !matchesFilter(filter, tag))
      .sort((a, b) => (isHigher(a.version, b.version) ? 1 : -1));
    const top = newer[0];
    if (top === undefined) continue;
    const suggestedFilter = following(base, newer, top, tags);
    return { tags: newer.slice(0, most).map(({ tag }) => tag), suggestedFilter };
  }
  return null;
}

/** Each is compared with every tag. */
const mostShapes = 20;

/** A hint that was recorded, by a filter that was changed since; null: it says nothing any longer. */
export function stillOutside(hint: NewerOutside | null, tagFilter: string): NewerOutside | null {
  if (hint === null) return null;
  const filter = storedTagFilter(tagFilter);
  return hint.tags.some((tag) => matchesFilter(filter, tag)) ? null : hint;
}

/** Dates and build numbers are not versions. */
function isRelease({ before, numbers: [first = ""] }: TagVersion): boolean {
  return ["", "v", "V"].includes(before) && first.length <= 4;
}

function highest(versions: readonly Version[]): Version | null {
  return versions.reduce<Version | null>(
    (top, one) => (top === null || isHigher(top.version, one.version) ? one : top),
    null,
  );
}

/**
 * The narrowest pattern that takes in all of them and nothing of another shape; the highest tag itself
 * where there is none.
 */
function following(
  base: Version,
  newer: readonly Version[],
  top: Version,
  tags: Iterable<string>,
): string {
  const { before, numbers, after } = base.version;
  const fixed = numbers.findIndex((number, index) =>
    newer.some(({ version }) => version.numbers[index] !== number),
  );
  const pattern = `${before}${numbers
    .map((number, index) => (index < Math.min(fixed, numbers.length - 1) ? number : "*"))
    .join(".")}${after}`;
  const takesIn = [...tags].filter((tag) => matchesPattern(pattern, tag));
  const isClean = takesIn.every((tag) => {
    const version = tagVersion(tag);
    return version !== null && sameShape(base.version, version);
  });
  const takesAll = newer.every(({ tag }) => takesIn.includes(tag));
  return isClean && takesAll && numbers.length > 1 ? pattern : top.tag;
}
