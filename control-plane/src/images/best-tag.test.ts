import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { getBestTag } from "./best-tag.ts";
import { matchesPattern } from "./tag-filter.ts";

describe("the tag that is shown", () => {
  test.each<[string[], string[], string | null]>([
    [[], ["latest"], null],
    [["latest"], ["v*"], "latest"],
    [["latest", "v2.4.0"], ["v*.*.*"], "v2.4.0"],
    // an exact pattern beats a wildcard, even where it has fewer segments
    [["latest", "v2.4.0"], ["v*.*.*", "latest"], "latest"],
    [["v2", "v2.4", "v2.4.0"], ["v*"], "v2.4.0"],
    [["main-abc", "main-abcdef"], ["main-*"], "main-abcdef"],
    [["main-b", "main-a"], ["main-*"], "main-a"],
    // a matching tag beats a more precise one that does not match
    [["v2.4.0", "stable"], ["stable"], "stable"],
    // nothing matches: versions, then names, then latest
    [["latest", "nightly", "v1.2.3"], ["other"], "v1.2.3"],
    [["latest", "nightly"], ["other"], "nightly"],
    [["latest"], ["other"], "latest"],
    [["v3", "edge-build"], ["other"], "v3"],
    [["1.2.3", "1.2", "1"], ["other"], "1.2.3"],
  ])("of %j with %j is %s", (tags, patterns, wanted) => {
    expect(getBestTag(tags, patterns)).toBe(wanted);
  });
});

const tag = fc.oneof(
  fc.stringMatching(/^[a-z][a-z0-9-]{0,8}$/),
  fc.stringMatching(/^v?[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}(?:-rc[0-9])?$/),
  fc.constant("latest"),
);
const patterns = fc.array(
  fc.oneof(tag, fc.constantFrom("*", "v*", "v*.*.*", "*-rc1", "v*.*.*-*")),
  {
    maxLength: 4,
  },
);

test("the order in which tags come, and repetition, change nothing", () => {
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1, maxLength: 8 }), patterns, (tags, filter) => {
      const best = getBestTag(tags, filter);
      expect(tags).toContain(best);
      expect(getBestTag([...tags].reverse(), filter)).toBe(best);
      expect(getBestTag([...tags, ...tags].sort(), filter)).toBe(best);
    }),
  );
});

test("whatever is taken away but the best tag, it stays the best; a matching tag is preferred", () => {
  fc.assert(
    fc.property(fc.uniqueArray(tag, { minLength: 1, maxLength: 8 }), patterns, (tags, filter) => {
      const best = getBestTag(tags, filter);
      if (best === null) throw new Error("there are tags");
      for (const other of tags) expect(getBestTag([best, other], filter)).toBe(best);
      const matching = tags.filter((one) => filter.some((pattern) => matchesPattern(pattern, one)));
      if (matching.length > 0) expect(matching).toContain(best);
      const exact = matching.filter((one) => filter.includes(one));
      if (exact.length > 0) expect(exact).toContain(best);
    }),
  );
});
