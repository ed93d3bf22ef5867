import { describe, expect, it } from "vitest";
import { filterPatterns, filterProblem, followsRollingTag, tagMatches } from "./tag-filter.ts";

const keeps = (filter: string, tag: string) => tagMatches(tag, filterPatterns(filter));

describe("tagMatches", () => {
  it.each([
    ["latest", ["latest"], ["v1.2.3", "main", "latest-alpine"]],
    ["v*.*.*", ["v1.2.3", "v10.0.1"], ["v1.2", "1.2.3", "v1.2.3-rc1"]],
    ["v*.*.*, latest", ["v1.2.3", "latest"], ["main"]],
    ["main, staging", ["main", "staging"], ["production", "main-2026"]],
    ["*-alpine", ["v1.2.3-alpine", "latest-alpine"], ["v1.2.3", "alpine"]],
    ["v*.*.*-*", ["v1.2.3-rc1"], ["v1.2.3"]],
    ["v*", ["v1.2.3-rc1", "v"], ["1"]],
    ["*", ["anything-at.all_1"], []],
    [" , latest ,", ["latest"], [""]],
  ])("%s", (filter, kept, left) => {
    for (const tag of kept) expect([tag, keeps(filter, tag)]).toEqual([tag, true]);
    for (const tag of left) expect([tag, keeps(filter, tag)]).toEqual([tag, false]);
  });

  it("ends on hostile input", () => {
    expect(keeps("*a".repeat(60), `${"a".repeat(5000)}b`)).toBe(false);
  });
});

it("says why a filter cannot be saved", () => {
  expect(filterProblem(" , ")).toContain("at least one");
  expect(filterProblem("v?.*")).toContain("v?.*");
  expect(filterProblem("v*.*.*, latest")).toBeNull();
});

it("tells tags that move from those that stay", () => {
  expect(followsRollingTag("v*.*.*, latest")).toBe(true);
  expect(followsRollingTag("v*.*.*, 1.27")).toBe(false);
});
