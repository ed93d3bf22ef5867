/**
 * Which tags a filter keeps, as the server decides it: patterns separated by commas, `*` for
 * any run of letters, digits, `.`, `_` and `-`. In a pattern with a `.` and no `-`, `*`
 * stops at a `-`, so that `v*.*.*` takes in releases and leaves `v1.2.3-rc1` out.
 */
export function filterPatterns(filter: string): string[] {
  return filter
    .split(",")
    .map((pattern) => pattern.trim())
    .filter((pattern) => pattern !== "");
}

export function tagMatches(tag: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => patternMatches(tag, pattern));
}

/** Linear in the tag for each star: the last star is the only one ever tried again. */
function patternMatches(tag: string, pattern: string): boolean {
  const stopsAtHyphen = pattern.includes(".") && !pattern.includes("-");
  const starTakes = (character: string) =>
    /[a-zA-Z0-9._]/.test(character) || (character === "-" && !stopsAtHyphen);
  let at = 0;
  let next = 0;
  let star = -1;
  let starAt = 0;
  while (at < tag.length) {
    if (pattern[next] === "*") {
      star = next;
      starAt = at;
      next += 1;
    } else if (next < pattern.length && pattern[next] === tag[at]) {
      at += 1;
      next += 1;
    } else if (star >= 0 && starTakes(tag.charAt(starAt))) {
      starAt += 1;
      at = starAt;
      next = star + 1;
    } else {
      return false;
    }
  }
  while (pattern[next] === "*") next += 1;
  return next === pattern.length;
}

/** What is wrong with a filter that is being typed; null if it can be saved. */
export function filterProblem(filter: string): string | null {
  const patterns = filterPatterns(filter);
  if (patterns.length === 0) return "Give at least one pattern, such as latest or v*.*.*";
  const bad = patterns.find((pattern) => !/^[a-zA-Z0-9._*-]+$/.test(pattern));
  return bad === undefined
    ? null
    : `“${bad}” cannot match: tags have letters, digits, “.”, “_” and “-” only; “*” stands for any of them.`;
}

/** Whether it follows a tag that moves, such as `latest` or `main`: an exact name without a number. */
export function followsRollingTag(filter: string): boolean {
  return filterPatterns(filter).some((pattern) => !/[*0-9]/.test(pattern));
}
