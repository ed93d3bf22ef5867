import { expect, it } from "vitest";
import { matchesText, pageOf, sortRows } from "./lists.ts";

it("finds rows by all words, in any of the texts", () => {
  expect(matchesText("SHOP ghcr", ["shop-api", "ghcr.io/acme/shop", null])).toBe(true);
  expect(matchesText("shop quay", ["shop-api", "ghcr.io"])).toBe(false);
  expect(matchesText("", ["x"])).toBe(true);
});

it("sorts names as people do, both ways, and leaves alone what is not sorted", () => {
  const rows = ["web-10", "web-2", "api"];
  const columns = [{ id: "name", sort: (row: string) => row }];
  expect(sortRows(rows, columns, "name")).toEqual(["api", "web-2", "web-10"]);
  expect(sortRows(rows, columns, "-name")).toEqual(["web-10", "web-2", "api"]);
  expect(sortRows(rows, columns, "other")).toEqual(rows);
  expect(sortRows(rows, columns, "")).toEqual(rows);
});

it("shows a page, the last one where the address asks for more", () => {
  const rows = Array.from({ length: 12 }, (_, index) => index);
  expect(pageOf(rows, 1, 5)).toEqual([0, 1, 2, 3, 4]);
  expect(pageOf(rows, 3, 5)).toEqual([10, 11]);
  expect(pageOf(rows, 99, 5)).toEqual([10, 11]);
  expect(pageOf([], 1, 5)).toEqual([]);
});
