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
