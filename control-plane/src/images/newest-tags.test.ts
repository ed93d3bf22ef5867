import fc from "fast-check";
import { expect, test } from "vitest";
import { newestFirst } from "./newest-tags.ts";
import { storedTagFilter } from "./tag-filter.ts";

function order(tags: string[], filter: string, times: Record<string, number> = {}): string[] {
  return newestFirst(
    tags.map((tag) => ({ tag, pushedAt: times[tag] ?? null })),
    storedTagFilter(filter),
  ).map(({ tag }) => tag);
}

test.each<[string[], string, string[]]>([
  [["v1.9.0", "v1.10.0", "v1.2.0"], "v*", ["v1.10.0", "v1.9.0", "v1.2.0"]],
  [["v1.2.0-rc1", "v1.2.0", "v1.1.9"], "*", ["v1.2.0", "v1.2.0-rc1", "v1.1.9"]],
  [["v2.0.0", "latest", "v1.0.0"], "v*, latest", ["latest", "v2.0.0", "v1.0.0"]],
  [["main-7", "main-12", "main-9"], "main-*", ["main-12", "main-9", "main-7"]],
  [["2025-12-31", "2026-01-01"], "*", ["2026-01-01", "2025-12-31"]],
  [["abc", "v0.1.0"], "*", ["v0.1.0", "abc"]],
  [["1.2", "1.2.0"], "*", ["1.2.0", "1.2"]],
  [[`sha256-${"9".repeat(64)}.sig`, "main"], "*", ["main", `sha256-${"9".repeat(64)}.sig`]],
  [
    [`sha256-${"9".repeat(64)}`, "latest"],
    `latest, sha256-${"9".repeat(64)}`,
    [`sha256-${"9".repeat(64)}`, "latest"],
  ],
])("%j with %s", (tags, filter, wanted) => {
  expect(order(tags, filter)).toEqual(wanted);
});

test("push times decide where the registry tells them", () => {
  expect(order(["v9.0.0", "v1.0.1"], "v*", { "v9.0.0": 1, "v1.0.1": 2 })).toEqual([
    "v1.0.1",
    "v9.0.0",
  ]);
});

test("the order does not depend on the order of the list, and loses nothing", () => {
  const tag = fc.stringMatching(/^[a-z0-9][a-z0-9.-]{0,8}$/);
  fc.assert(
    fc.property(fc.uniqueArray(tag, { maxLength: 12 }), (tags) => {
      const sorted = order(tags, "*, latest");
      expect(order([...tags].reverse(), "*, latest")).toEqual(sorted);
      expect([...sorted].sort()).toEqual([...tags].sort());
    }),
  );
});
