import { expect, it } from "vitest";
import { LineJoin, type LogLine } from "./line-join.ts";

const line = (text: string, at = "2026-01-01T00:00:00.000Z"): LogLine => ({
  at,
  stream: "stdout",
  text,
});
const texts = (lines: LogLine[]) => lines.map(({ text }) => text).join("");

it("prints each line once, however often a subscription begins again", () => {
  const join = new LineJoin();
  expect(texts(join.next([line("a"), line("b"), line("b")], true))).toBe("abb");
  expect(texts(join.next([line("a"), line("b"), line("b"), line("c")], true))).toBe("c");
  expect(texts(join.next([line("c"), line("c")], false))).toBe("cc");
  expect(texts(join.next([line("b"), line("c"), line("c"), line("c"), line("d")], true))).toBe("d");
  // More lines than are sent again: what is missing is missing.
  expect(texts(join.next([line("x"), line("y")], true))).toBe("xy");
});

it("prints none of the lines that a subscription begins with and that were not asked for", () => {
  const lines = Array.from({ length: 200 }, (_, index) =>
    line(`${index} `, new Date(Date.UTC(2026, 0, 1) + index * 1000).toISOString()),
  );
  const later = line("later", "2026-01-01T01:00:00.000Z");
  const few = new LineJoin();
  expect(few.next(lines.slice(-10), true)).toHaveLength(10);
  // They may come in parts.
  expect(texts(few.next(lines.slice(0, 64), true))).toBe("");
  expect(texts(few.next([...lines.slice(64), later], false))).toBe("later");
  const since = new LineJoin(Date.parse("2026-01-01T00:30:00Z"));
  expect(since.next([], true)).toEqual([]);
  expect(texts(since.next([...lines, later], true))).toBe("later");
});
