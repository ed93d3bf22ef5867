import { describe, expect, test } from "vitest";
import { matches } from "./wildcards.ts";

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
