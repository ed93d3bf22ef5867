import { describe, expect, test } from "vitest";
import { matchesPath } from "./pattern.ts";

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
