import { describe, expect, test } from "vitest";
import { matches, matchesPath } from "./pattern.ts";

describe("a pattern", () => {
  test.each([
    ["*", "", true],
    ["a*", "a", true],
    ["a*b", "ab", true],
    ["a*b", "aXbY", false],
    ["a*a", "a", false],
    ["*a*b*", "xxaxxbxx", true],
    ["a*b*c", "acb", false],
    ["a.c", "abc", false],
    ["abc", "ab", false],
  ])("%s against %s is %s", (pattern, text, expected) => {
    expect(matches(pattern, text)).toBe(expected);
  });

  // A matcher that backtracks would exceed the timeout of the test.
  test("is matched in linear time, however many stars it has", () => {
    expect(matches(`${"a*".repeat(2_000)}b`, "a".repeat(20_000))).toBe(false);
  });
});

describe("a pattern of paths", () => {
  test.each([
    ["/srv", "/srv", true],
    ["/srv", "/srv/a", false],
    ["/srv/*", "/srv/a", true],
    ["/srv/*", "/srv", false],
    // A container that writes to /srv/a could put a link to anywhere there.
    ["/srv/*", "/srv/a/b", false],
    ["/srv/web-*/data", "/srv/web-1/data", true],
    ["/srv/**", "/srv/a/b", true],
    ["/srv/**", "/srv", false],
    ["/**", "/", true],
    ["/srv/**", "/srv/a/../../etc", false],
    ["/srv/*", "/srv/..", false],
    ["/srv/*", "/srv/.", false],
    ["*", "/srv", false],
  ])("%s against %s is %s", (pattern, path, expected) => {
    expect(matchesPath(pattern, path)).toBe(expected);
  });
});
