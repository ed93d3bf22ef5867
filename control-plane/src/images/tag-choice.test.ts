import { expect, test } from "vitest";
import { chooseTags } from "./tag-choice.ts";
import { storedTagFilter } from "./tag-filter.ts";

const listed = (...tags: string[]) => tags.map((tag) => ({ tag, pushedAt: null }));

function choose(tags: string[], filter: string, most: number, before: string[] | null) {
  const known = before === null ? null : new Set(before);
  return chooseTags(
    listed(...tags),
    storedTagFilter(filter),
    most,
    known === null ? null : (tag) => known.has(tag),
  );
}

test("a tag that was not there before is looked at whatever its name", () => {
  const before = ["main-9", "main-8", "main-7"];
  expect(choose([...before, "main-1"], "*", 2, before)).toEqual({
    chosen: ["main-9", "main-1"],
    fresh: new Set(["main-1"]),
    later: [],
  });
});

test("exact names come before, and what there is no room for comes later", () => {
  const choice = choose(["latest", "a", "b", "c", "d"], "latest, *", 3, ["latest", "d"]);
  expect(choice.chosen).toContain("latest");
  expect(choice.chosen).toHaveLength(3);
  expect([...choice.fresh, ...choice.later].sort()).toEqual(["a", "b", "c"]);
  expect(choice.later).toHaveLength(1);
});

test("without anything to compare with, and for signatures, the look decides", () => {
  const signature = `sha256-${"a".repeat(64)}.sig`;
  expect(choose(["v2", "v1"], "*", 1, null)).toMatchObject({ chosen: ["v2"], later: [] });
  expect(choose(["v1", signature], "*", 1, ["v1"])).toMatchObject({ chosen: ["v1"], later: [] });
});
