import { expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { nextCursor, pageOf } from "./cursors.ts";

const id = newId();
const written = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

test.each([
  ["text", "größe/1"],
  ["text", ""],
  ["number", 1_764_460_000_123_456],
  ["number", -1],
] as const)("the end of a page is where the next one begins: %s %j", (kind, key) => {
  const cursor = nextCursor({ key, id }, { rows: 25, limit: 25 });
  const page = pageOf({ limit: 25, offset: 0, cursor: cursor ?? "" }, kind);
  expect(page).toEqual({ limit: 25, offset: 0, after: { key, id } });
});

test("the last page has no next one", () => {
  expect(nextCursor({ key: "a", id }, { rows: 24, limit: 25 })).toBe(null);
  expect(nextCursor(undefined, { rows: 0, limit: 25 })).toBe(null);
});

test("without a cursor a page begins where its offset says", () => {
  expect(pageOf({ limit: 25, offset: 50 }, "text")).toEqual({ limit: 25, offset: 50, after: null });
});

test.each([
  ["", "text"],
  ["nothing", "text"],
  [written(null), "text"],
  [written({ key: "a", id }), "text"],
  [written(["a"]), "text"],
  [written(["a", "b"]), "text"],
  [written(["a\0", id]), "text"],
  [written([1, id]), "text"],
  [written(["a", id]), "number"],
  [written([1.5, id]), "number"],
  [written([1e300, id]), "number"],
  [written(["a", id, 1]), "text"],
] as const)("%j is no cursor of a list by %s", (cursor, kind) => {
  expect(() => pageOf({ limit: 25, offset: 0, cursor }, kind)).toThrow(/begin without a cursor/);
});

test("a cursor and an offset do not go together", () => {
  const cursor = written(["a", id]);
  expect(() => pageOf({ limit: 25, offset: 1, cursor }, "text")).toThrow(/leave offset out/);
});
