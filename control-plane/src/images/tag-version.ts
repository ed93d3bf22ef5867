/** A tag as a version: `v1.2.3-alpine` is `v`, 1, 2, 3 and `-alpine`. */
export interface TagVersion {
  before: string;
  /** as written, at least one; of any length */
  numbers: string[];
  after: string;
}

/** Null for a tag that is no version, such as `latest`. */
export function tagVersion(tag: string): TagVersion | null {
  const match = /^([a-zA-Z_-]{0,32})(\d+(?:\.\d+)*)((?:[^0-9.].*)?)$/.exec(tag);
  if (match === null) return null;
  const [, before = "", numbers = "", after = ""] = match;
  return { before, numbers: numbers.split("."), after };
}

/** Whether two versions have as many numbers, with the same text around them. */
export function sameShape(a: TagVersion, b: TagVersion): boolean {
  return shapeOf(a) === shapeOf(b);
}

/** Where two versions of one shape differ first, and whether the second is higher there; null: nowhere. */
export function firstDifference(
  a: TagVersion,
  b: TagVersion,
): { index: number; higher: boolean } | null {
  for (const [index, from] of a.numbers.entries()) {
    // Dates and build numbers may be longer than a number is exact.
    const [left, right] = [BigInt(from), BigInt(b.numbers[index] ?? 0)];
    if (left !== right) return { index, higher: left < right };
  }
  return null;
}

/** Whether the second of two versions of one shape is higher. */
export function isHigher(from: TagVersion, to: TagVersion): boolean {
  return firstDifference(from, to)?.higher === true;
}

/** The same text for versions of the same shape, and for no others. */
export function shapeOf({ before, numbers, after }: TagVersion): string {
  return `${before} ${numbers.length} ${after}`;
}
