import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesFilter, matchesPattern, parseTagFilter, storedTagFilter } from "./tag-filter.ts";

describe("the documented table", () => {
  test.each([
    ["latest", ["latest"], ["v1.2.3", "main", "latest-alpine"]],
    ["v*.*.*", ["v1.2.3", "v10.0.1"], ["v1.2", "1.2.3", "v1.2.3-rc1"]],
    ["v*.*.*, latest", ["v1.2.3", "latest"], ["main"]],
    ["main, staging", ["main", "staging"], ["production", "main-2026"]],
    ["*-alpine", ["v1.2.3-alpine", "latest-alpine"], ["v1.2.3", "alpine"]],
  ])("%s", (text, matching, others) => {
    const filter = storedTagFilter(text);
    for (const tag of matching) expect(matchesFilter(filter, tag), tag).toBe(true);
    for (const tag of others) expect(matchesFilter(filter, tag), tag).toBe(false);
  });
});

describe("a wildcard takes in dashes unless the pattern looks like a version", () => {
  test.each([
    ["v*", "v1.2.3-rc1", true],
    ["*", "v1.2.3-rc1", true],
    ["*", "", true],
    ["main-*", "main-2026.01-x", true],
    ["main-*", "main-", true],
    ["main-*", "main", false],
    ["v*.*.*-*", "v1.2.3-rc1", true],
    ["v*.*.*-*", "v1.2.3", false],
    ["*.*", "1.2-alpine", false],
    ["1.*", "1.27", true],
    ["1.*", "1.27-alpine", false],
    ["1.27", "1.27", true],
    ["v1.2.3", "v1x2x3", false],
    ["v?", "v1", false],
    ["v?", "v?", true],
    ["[ab]", "a", false],
    ["**", "anything-at.all", true],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["*ab*ab*", "abab", true],
    ["*ab*ab*", "aba", false],
    ["*", "white space", false],
    ["a*c", "a/c", false],
  ])("%s and %s: %s", (pattern, tag, wanted) => {
    expect(matchesPattern(pattern, tag)).toBe(wanted);
  });
});

test("parts are trimmed and empty ones ignored; a filter of nothing is refused", () => {
  expect(parseTagFilter(" a ,, b,")).toEqual({
    ok: true,
    filter: { text: " a ,, b,", patterns: ["a", "b"] },
  });
  for (const text of ["", "  ", ",", " , ,"]) {
    expect(parseTagFilter(text)).toMatchObject({ ok: false });
  }
  expect(parseTagFilter("a".repeat(1025))).toMatchObject({ ok: false });
});

const tag = fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}$/);
const pattern = fc.stringMatching(/^[ab1v.*-]{1,12}$/);
const smallTag = fc.stringMatching(/^[ab1v.-]{0,12}$/);

/** The rule word for word, trying every placement: slow, and only for short inputs. */
function byTheBook(patternText: string, text: string): boolean {
  const version =
    patternText.includes("*") && patternText.includes(".") && !patternText.includes("-");
  const inRun = (character: string) =>
    /[a-zA-Z0-9._-]/.test(character) && !(version && character === "-");
  const match = (p: number, t: number): boolean => {
    const wanted = patternText[p];
    if (wanted === undefined) return t === text.length;
    const here = text[t];
    if (wanted !== "*") return here === wanted && match(p + 1, t + 1);
    return match(p + 1, t) || (here !== undefined && inRun(here) && match(p, t + 1));
  };
  return match(0, 0);
}

test("matching agrees with the rule tried out in full", () => {
  fc.assert(
    fc.property(pattern, smallTag, (patternText, text) => {
      expect(matchesPattern(patternText, text)).toBe(byTheBook(patternText, text));
    }),
    { numRuns: 3000 },
  );
});

test("a tag matches itself, the star, and any filter that a matching pattern is part of", () => {
  fc.assert(
    fc.property(tag, tag, (one, other) => {
      expect(matchesPattern(one, one)).toBe(true);
      expect(matchesPattern("*", one)).toBe(true);
      expect(matchesFilter(storedTagFilter(`${other}, ${one}`), one)).toBe(true);
      expect(matchesPattern(one, other)).toBe(one === other);
    }),
  );
});

// One that tried all ways would not end before the limit of every test.
test("hostile filters and tags are answered", () => {
  const hostile = `${"a*".repeat(500)}b`;
  const parsed = parseTagFilter(hostile);
  if (!parsed.ok) throw new Error(parsed.message);
  expect(matchesFilter(parsed.filter, "a".repeat(128))).toBe(false);
  expect(matchesFilter(parsed.filter, "a".repeat(10_000_000))).toBe(false);
});
