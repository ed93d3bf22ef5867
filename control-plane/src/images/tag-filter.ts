/**
 * Which tags of a repository count: comma-separated patterns in which `*` stands for any run,
 * also an empty one, of `[a-zA-Z0-9._-]`, and nothing else is special.
 *
 * In a pattern that contains a `.` and no `-`, `*` does not stand for `-`: a version pattern such
 * as `v*.*.*` takes in no pre-releases or variants unless it asks for them (`v*.*.*-*`).
 */

export interface TagFilter {
  /** as the user wrote it */
  text: string;
  /** trimmed, none of them empty */
  patterns: string[];
}

export type ParsedTagFilter = { ok: true; filter: TagFilter } | { ok: false; message: string };

const longestFilter = 1024;
/** A tag of the distribution grammar is no longer than this, so longer ones match nothing. */
const longestTag = 128;
const wildcardRun = /^[a-zA-Z0-9._-]*$/;

/** Reads a filter; one without any pattern is refused. */
export function parseTagFilter(text: string): ParsedTagFilter {
  if (text.length > longestFilter) {
    return {
      ok: false,
      message: `The tag filter is too long: ${longestFilter} characters are allowed.`,
    };
  }
  const patterns = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  if (patterns.length === 0) {
    return {
      ok: false,
      message:
        "The tag filter is empty: name at least one tag or pattern, such as latest or v*.*.*.",
    };
  }
  return { ok: true, filter: { text, patterns } };
}

/**
 * The filter of a stored image, which was validated when it was written.
 * @throws {Error} on a filter without patterns
 */
export function storedTagFilter(text: string): TagFilter {
  const parsed = parseTagFilter(text);
  if (!parsed.ok) throw new Error(`A stored tag filter is not valid: ${parsed.message}`);
  return parsed.filter;
}

/** Whether a pattern has a wildcard; one without is matched exactly. */
export function isWildcard(pattern: string): boolean {
  return pattern.includes("*");
}

/**
 * Whether one pattern matches one tag. The literal pieces between the wildcards are looked for
 * from left to right, each at its first place: where any placement fits, that one does, so
 * nothing is ever tried twice.
 */
export function matchesPattern(pattern: string, tag: string): boolean {
  if (tag.length > longestTag) return false;
  if (!isWildcard(pattern)) return pattern === tag;
  if (pattern.includes(".") && !pattern.includes("-") && tag.includes("-")) return false;

  const pieces = pattern.split("*");
  const first = pieces[0] ?? "";
  const last = pieces[pieces.length - 1] ?? "";
  const end = tag.length - last.length;
  if (end < first.length || !tag.startsWith(first) || !tag.endsWith(last)) return false;

  let position = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = tag.indexOf(piece, position);
    if (found < 0 || found + piece.length > end) return false;
    if (!wildcardRun.test(tag.slice(position, found))) return false;
    position = found + piece.length;
  }
  return wildcardRun.test(tag.slice(position, end));
}

/** Whether any pattern of the filter matches the tag. */
export function matchesFilter(filter: TagFilter, tag: string): boolean {
  return filter.patterns.some((pattern) => matchesPattern(pattern, tag));
}
