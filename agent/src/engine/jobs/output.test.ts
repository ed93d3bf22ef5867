import { expect, test } from "vitest";
import { LiveOutput, reportGapMs, reportOf } from "./output.ts";

const day = 86_400_000;

test("a job of a day is told of in less than 500 reports", () => {
  let reports = 0;
  for (let at = 0; at < day; at += reportGapMs(at)) reports += 1;
  expect(reports).toBeLessThan(500);
});

test("a report has the last lines that fit, and at least one", () => {
  const lines = Array.from({ length: 100 }, (_, index) => `${index} ${"x".repeat(98)}`);
  const { text, left } = reportOf(lines);
  expect(text.split("\n").at(-1)).toBe(lines.at(-1));
  expect(text.length).toBeLessThanOrEqual(2_100);
  expect(text.split("\n").length + left).toBe(100);
  expect(reportOf(["y".repeat(5_000)])).toEqual({ text: "y".repeat(2_000), left: 0 });
});

test("what is left is told at the end, and how much was left out", () => {
  const reports: string[] = [];
  const output = new LiveOutput((text) => reports.push(text));
  const line = (text: string) => ({ at: 0, stream: "stdout" as const, text });
  output.add(Array.from({ length: 50 }, () => line("x".repeat(1_000))));
  output.add([line("last")]);
  output.end();
  expect(reports).toHaveLength(1);
  const [note, ...told] = reports[0]?.split("\n") ?? [];
  expect(told.at(-1)).toBe("last");
  expect(note).toBe(`… ${51 - told.length} lines left out`);
});
