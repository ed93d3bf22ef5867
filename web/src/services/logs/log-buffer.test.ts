import { describe, expect, it } from "vitest";
import { asText, LogBuffer, lineAtRow, rowOffsets, searchLines } from "./log-buffer.ts";

const line = (text: string, at = 0) => ({ at, stream: "stdout" as const, text });
const texts = (buffer: LogBuffer) => buffer.lines.map(({ text }) => text);

describe("LogBuffer", () => {
  it("keeps the newest lines and counts the others", () => {
    const buffer = new LogBuffer(3);
    buffer.append(["a", "b"].map((text) => line(text)));
    buffer.append(["c", "d", "e"].map((text) => line(text)));
    expect(texts(buffer)).toEqual(["c", "d", "e"]);
    expect(buffer.dropped).toBe(2);
  });

  it("joins a batch that repeats the end without doubles", () => {
    const buffer = new LogBuffer();
    buffer.append([line("a", 1), line("tick", 2), line("tick", 2)]);
    buffer.join([line("tick", 2), line("tick", 2), line("b", 3)]);
    expect(texts(buffer)).toEqual(["a", "tick", "tick", "b"]);
    buffer.join([line("x", 9)]);
    expect(texts(buffer)).toEqual(["a", "tick", "tick", "b", "x"]);
  });

  it("takes the same words at another time for another line", () => {
    const buffer = new LogBuffer();
    buffer.append([line("tick", 1)]);
    buffer.join([line("tick", 2)]);
    expect(texts(buffer)).toEqual(["tick", "tick"]);
  });

  it("gives every line a key of its own, and reads both forms of time", () => {
    const buffer = new LogBuffer(2);
    buffer.append([{ at: "2026-11-23T12:00:00.000Z", stream: "stderr", text: "a" }, line("a")]);
    buffer.append([line("a")]);
    expect(new Set(buffer.lines.map(({ id }) => id)).size).toBe(2);
  });

  it("shows text, not terminal codes", () => {
    const buffer = new LogBuffer();
    buffer.append([line("\u001b[32mINFO\u001b[0m\tup\u001b[2K\r"), line("\u001b]0;title\u0007x")]);
    expect(texts(buffer)).toEqual(["INFO    up", "x"]);
  });
});

describe("the view", () => {
  const buffer = new LogBuffer();
  buffer.append([line("1234567890"), line(""), line("12345"), line("123456")]);

  it("knows where each line begins when lines wrap", () => {
    expect([...rowOffsets(buffer.lines, 5)]).toEqual([0, 2, 3, 4, 6]);
    expect([...rowOffsets(buffer.lines, null)]).toEqual([0, 1, 2, 3, 4]);
  });
  it("finds the line of a row", () => {
    const offsets = rowOffsets(buffer.lines, 5);
    expect([0, 1, 2, 3, 4, 5, 99].map((row) => lineAtRow(offsets, row))).toEqual([
      0, 0, 1, 2, 3, 3, 3,
    ]);
    expect(lineAtRow(rowOffsets([], 5), 0)).toBe(0);
  });
  it("finds lines by all words", () => {
    expect(searchLines(buffer.lines, "123 90").length).toBe(1);
    expect(searchLines(buffer.lines, " ")).toBe(buffer.lines);
  });
  it("stays fast with ten thousand lines", () => {
    const big = new LogBuffer();
    big.append(Array.from({ length: 10_000 }, (_, index) => line(`line ${index}`, index)));
    big.join([line("line 9999", 9999), line("new", 10_000)]);
    expect(big.lines.at(-2)?.text).toBe("line 9999");
    expect(rowOffsets(big.lines, 4)[1]).toBe(2);
  });
  it("writes a file that says when and where from", () => {
    expect(asText(buffer.lines.slice(2, 3))).toBe("1970-01-01T00:00:00.000Z stdout 12345\n");
  });
});
