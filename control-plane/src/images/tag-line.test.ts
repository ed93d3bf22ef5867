import { describe, expect, test } from "vitest";
import { storedTagFilter } from "./tag-filter.ts";
import { isOfLine, keptTag, lineOf, sameLine } from "./tag-line.ts";

describe("two tags", () => {
  test.each([
    // The same tag, whatever it is.
    ["latest", "15", "15", true],
    ["latest", "latest", "latest", true],
    // What its publisher moves is a line of its own.
    ["latest", "15", "16", false],
    ["15,16", "15", "16", false],
    ["15", "15", "15.7", false],
    ["15", "15", "latest", false],
    ["15", "15", "15-alpine", false],
    ["15-alpine", "15-alpine", "16-alpine", false],
    ["v1", "v1", "v2", false],
    ["1.27", "1.27", "1.28", false],
    ["main", "main", "develop", false],
    // Full versions of one shape.
    ["v1.2.3", "v1.2.3", "v1.3.0", true],
    ["1.2.3", "1.2.3", "10.20.30", true],
    ["1.2.3.4", "1.2.3.4", "1.2.3.5", true],
    ["1.2.3", "1.2.3", "1.2.3.4", false],
    ["1.2.3", "1.2.3", "v1.2.3", false],
    ["1.2.3-alpine", "1.2.3-alpine", "1.2.4-alpine", true],
    ["1.2.3", "1.2.3", "1.2.4-alpine", false],
    ["release-1.2.3", "release-1.2.3", "release-1.2.4", true],
    ["1.2.3", "1.2.3", "latest", false],
    // What one wildcard of the filter spans.
    ["*", "15", "16", true],
    ["v*", "v1", "v2", true],
    ["16.*", "16.1", "16.2", true],
    ["16.*", "15.1", "16.2", false],
    ["15.*,16.*", "15.1", "16.2", false],
    ["main-*", "main-abc", "main-def", true],
    ["main-*,v*.*.*", "main-abc", "v1.2.3", false],
  ])("under %s, %s and %s are of one line: %s", (filter, a, b, expected) => {
    expect(sameLine(storedTagFilter(filter), a, b)).toBe(expected);
    expect(sameLine(storedTagFilter(filter), b, a)).toBe(expected);
  });

  test("of the greatest length are compared at once", () => {
    const long = "1.".repeat(63);
    expect(sameLine(storedTagFilter("latest"), `${long}1`, `${long}x`)).toBe(false);
  });
});

describe("a service and an update", () => {
  const line = (filter: string, digestTags: string[], asked: string | null = null) =>
    lineOf(storedTagFilter(filter), digestTags, asked);

  test.each([
    ["its own tag is the update's", line("15", ["15", "15.7"]), "15", true],
    ["its tag is another line", line("15", ["15", "15.7"]), "16", false],
    // Found by `15`: that it is also a version says nothing of those who follow another one.
    ["its version is followed by no service", line("15", ["15", "15.7.0"]), "16.1.0", false],
    [
      "its tag is another name of the very digest",
      line("v*.*.*", ["v2.0.0", "edge"]),
      "edge",
      true,
    ],
    [
      "one of the tags that the filter keeps is of its line",
      line("latest,v*", ["latest", "v2"]),
      "v1",
      true,
    ],
    ["it has no tag", line("15", ["15"]), null, true],
    ["the digest has no tags", line("15", []), "16", true],
    ["the filter keeps none of the digest's tags", line("latest", ["v1.3.0"]), "v1.2.3", true],
    [
      "another tag of the digest was asked for",
      line("*.*.*", ["15", "1.2.3"], "15"),
      "1.2.4",
      false,
    ],
  ])("%s", (_, update, tag, expected) => {
    expect(isOfLine(update, tag)).toBe(expected);
  });

  test("one keeps its own name of the digest where the filter follows that", () => {
    expect(keptTag(line("15,latest", ["15", "latest"]), "15")).toBe("15");
    expect(keptTag(line("v*", ["v2", "latest"]), "latest")).toBeNull();
    expect(keptTag(line("v*", ["v2"]), "v1")).toBeNull();
    expect(keptTag(line("v*", ["v2"]), null)).toBeNull();
  });
});
