import fc from "fast-check";
import { expect, test } from "vitest";
import { newerOutside, stillOutside } from "./newer-outside.ts";
import { matchesFilter, storedTagFilter } from "./tag-filter.ts";

const hint = (filter: string, tags: string) =>
  newerOutside(tags.split(" "), storedTagFilter(filter));

test.each([
  ["1.25.3", "1.25.3 1.27.2 1.26.0 1.24.9 latest", ["1.27.2", "1.26.0"], "1.*.*"],
  ["1.25.3", "1.25.3 2.0.0 1.27.2", ["2.0.0", "1.27.2"], "*.*.*"],
  ["1.25.3", "1.25.3 1.25.10 1.25.4", ["1.25.10", "1.25.4"], "1.25.*"],
  ["v1.*.*", "v1.9.0 v1.2.0 v2.1.0 v2.0.0", ["v2.1.0", "v2.0.0"], "v*.*.*"],
  ["1.25-alpine", "1.25-alpine 1.26-alpine 1.26", ["1.26-alpine"], "1.*-alpine"],
  // Another shape is another thing, and so is a pre-release.
  ["1.25.3", "1.25.3 1.26 1.27.0-rc1 1.27.0-alpine", null, null],
  // `1.*.*` would take in what has more numbers as well.
  ["1.25.3", "1.25.3 1.26.0 1.26.0.7", ["1.26.0"], "1.26.0"],
  // A single number has no pattern that would take in numbers alone.
  ["16", "16 17 18 latest", ["18", "17"], "18"],
  ["16", "16 20240101", null, null],
  ["latest", "latest 1.25.3 1.26.0", null, null],
  ["v*.*.*", "v1.0.0 v2.0.0", null, null],
  ["2.0.0", "1.0.0 2.0.0", null, null],
  ["9.9.9", "1.0.0 2.0.0", null, null],
])("%s of %s: %j", (filter, tags, newer, suggestedFilter) => {
  expect(hint(filter, tags)).toEqual(newer === null ? null : { tags: newer, suggestedFilter });
});

test("no more than five are named", () => {
  const tags = Array.from({ length: 9 }, (_, index) => `1.${index}.0`).join(" ");
  expect(hint("1.0.0", tags)?.tags).toEqual(["1.8.0", "1.7.0", "1.6.0", "1.5.0", "1.4.0"]);
});

test("what is named is outside the filter and inside the suggested one", () => {
  const tag = fc
    .tuple(fc.constantFrom("", "v"), fc.array(fc.nat(4), { minLength: 1, maxLength: 4 }))
    .map(([before, numbers]) => `${before}${numbers.join(".")}`);
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1 }), fc.nat(), (tags, pick) => {
      const text = tags[pick % tags.length] ?? "";
      const filter = storedTagFilter(text);
      const found = newerOutside(tags, filter);
      if (found === null) return;
      expect(found.tags.some((one) => matchesFilter(filter, one))).toBe(false);
      const suggested = storedTagFilter(found.suggestedFilter);
      expect(matchesFilter(suggested, found.tags[0] ?? "")).toBe(true);
      // With that filter, the hint is gone or names less.
      expect(newerOutside(tags, suggested)?.tags ?? []).not.toContain(found.tags[0]);
    }),
  );
});

test("a hint ends with the filter that takes it in", () => {
  const known = { tags: ["1.27.2"], suggestedFilter: "1.*.*" };
  expect(stillOutside(known, "1.25.3")).toBe(known);
  expect(stillOutside(known, "1.*.*")).toBeNull();
  expect(stillOutside(null, "1.25.3")).toBeNull();
});
