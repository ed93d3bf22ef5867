import { isWildcard, type TagFilter } from "./tag-filter.ts";

/** A tag and, where the registry says so, when it was pushed (epoch milliseconds). */
export interface ListedTag {
  tag: string;
  pushedAt: number | null;
}

interface Looks {
  /** named after the digest of another image, as signatures and attestations are */
  referrer: boolean;
  /** 0 named exactly by the filter, 1 a version, 2 anything else */
  kind: 0 | 1 | 2;
  numbers: string[];
  /** whether something follows the version: a pre-release or a variant */
  suffixed: boolean;
}

function looks(tag: string, exact: ReadonlySet<string>): Looks {
  const version = /^v?(\d+(?:\.\d+)*)(.*)$/s.exec(tag);
  const numbers = version === null ? (tag.match(/\d+/g) ?? []) : (version[1] ?? "").split(".");
  return {
    referrer: !exact.has(tag) && looksLikeReferrer(tag),
    kind: exact.has(tag) ? 0 : version !== null && /^$|^[-._+]/.test(version[2] ?? "") ? 1 : 2,
    numbers,
    suffixed: version !== null && version[2] !== "",
  };
}

/**
 * Whether a tag is named as what is kept beside an image usually is, such as `sha256-….sig`. That
 * only decides what is looked at first: what it is, its content says.
 */
export function looksLikeReferrer(tag: string): boolean {
  return /^sha(?:256-[0-9a-f]{64}|512-[0-9a-f]{64,})(?:$|[._-])/.test(tag);
}

/** Compares runs of digits as numbers of any length. */
function compareDigits(a: string, b: string): number {
  const left = a.replace(/^0+(?=\d)/, "");
  const right = b.replace(/^0+(?=\d)/, "");
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}

function compareNumbers(a: string[], b: string[]): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const left = a[index];
    const right = b[index];
    if (left === undefined) return -1;
    if (right === undefined) return 1;
    const order = compareDigits(left, right);
    if (order !== 0) return order;
  }
  return 0;
}

/**
 * Puts the tags that look newest first: those that the filter names exactly, then by push time
 * where the registry tells it, then by version (a release before its pre-releases), then by the
 * numbers in the name (build numbers, dates), then by name; last those that are named as signatures
 * and the like are. A total order of distinct tags.
 */
export function newestFirst(tags: readonly ListedTag[], filter: TagFilter): ListedTag[] {
  const exact = new Set(filter.patterns.filter((pattern) => !isWildcard(pattern)));
  return tags
    .map((listed) => ({ listed, ...looks(listed.tag, exact) }))
    .sort((a, b) => {
      if (a.referrer !== b.referrer) return a.referrer ? 1 : -1;
      if ((a.kind === 0) !== (b.kind === 0)) return a.kind - b.kind;
      const time = (b.listed.pushedAt ?? 0) - (a.listed.pushedAt ?? 0);
      if (time !== 0) return time;
      if (a.kind !== b.kind) return a.kind - b.kind;
      const version = compareNumbers(b.numbers, a.numbers);
      if (version !== 0) return version;
      if (a.suffixed !== b.suffixed) return a.suffixed ? 1 : -1;
      return a.listed.tag < b.listed.tag ? 1 : a.listed.tag > b.listed.tag ? -1 : 0;
    })
    .map(({ listed }) => listed);
}
