import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LastLines, LogLineParser } from "./log-lines.ts";

const time = "2026-03-04T05:06:07.123456789Z";
const at = Date.parse(time);

function frame(type: 1 | 2, text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function parse(tty: boolean, pieces: Buffer[], stamped = true) {
  const parser = new LogLineParser({ tty, stamped }, () => 1);
  return [...pieces.flatMap((piece) => parser.push(piece)), ...parser.end()];
}

describe("frames of a container without a terminal", () => {
  test("become lines with their source and time", () => {
    const bytes = Buffer.concat([
      frame(1, `${time} hello\n`),
      frame(2, `${time} oh no\n`),
      frame(1, `${time} \n`),
    ]);
    expect(parse(false, [bytes])).toEqual([
      { at, stream: "stdout", text: "hello" },
      { at, stream: "stderr", text: "oh no" },
      { at, stream: "stdout", text: "" },
    ]);
  });

  test("may come in pieces of any size", () => {
    const texts = fc.array(
      fc.string({ unit: "grapheme" }).map((text) => text.replace(/[\r\n]/g, "")),
    );
    fc.assert(
      fc.property(texts, fc.array(fc.integer({ min: 1, max: 40 })), (lines, cuts) => {
        const bytes = Buffer.concat(lines.map((line) => frame(1, `${time} ${line}\n`)));
        const pieces: Buffer[] = [];
        let start = 0;
        for (const cut of cuts) {
          pieces.push(bytes.subarray(start, start + cut));
          start += cut;
        }
        pieces.push(bytes.subarray(start));
        expect(parse(false, pieces).map((line) => line.text)).toEqual(lines);
      }),
    );
  });

  test("that are parts of one long line are joined, each with its own time removed", () => {
    const parts = [frame(1, `${time} ${"a".repeat(10)}`), frame(2, `${time} b\n`)];
    const rest = frame(1, `${time} ${"c".repeat(5)}\n`);
    expect(parse(false, [...parts, rest]).map((line) => line.text)).toEqual([
      "b",
      "aaaaaaaaaaccccc",
    ]);
  });

  test("a very long line is cut", () => {
    const parts = Array.from({ length: 10 }, () => frame(1, `${time} ${"x".repeat(16 * 1024)}`));
    const [line] = parse(false, [...parts, frame(1, `${time} \n`)]);
    expect(line?.text).toHaveLength(32 * 1024 + 0);
  });
});

describe("text of a container with a terminal", () => {
  test("becomes lines without the terminal's carriage returns", () => {
    const text = `${time} one\r\n${time} two\r\n${time} half`;
    expect(parse(true, [Buffer.from(text.slice(0, 40)), Buffer.from(text.slice(40))])).toEqual([
      { at, stream: "stdout", text: "one" },
      { at, stream: "stdout", text: "two" },
      { at, stream: "stdout", text: "half" },
    ]);
  });

  test("without a time gets the time of reading", () => {
    expect(parse(true, [Buffer.from("plain\r\n")])).toEqual([
      { at: 1, stream: "stdout", text: "plain" },
    ]);
  });

  test("that never ends its line does not fill the memory", () => {
    const parser = new LogLineParser({ tty: true, stamped: true });
    let kept = 0;
    for (let i = 0; i < 100; i += 1) {
      for (const line of parser.push(Buffer.alloc(64 * 1024, "x"))) kept += line.text.length;
    }
    expect(kept).toBeLessThan(100 * 33 * 1024);
    expect(kept).toBeGreaterThan(0);
  });
});

describe("a time that the program itself has written", () => {
  const own = "2026-01-01T00:00:00Z ERROR boom";

  test.each([false, true])("stays in the line, terminal: %s", (tty) => {
    const bytes = (text: string) => [tty ? Buffer.from(text) : frame(1, text)];
    expect(parse(tty, bytes(`${time} ${own}\n`))).toEqual([{ at, stream: "stdout", text: own }]);
    const unstamped = parse(tty, bytes(`${own}\n`), false);
    expect(unstamped).toEqual([{ at: 1, stream: "stdout", text: own }]);
  });
});

describe("the last lines", () => {
  const line = (text: string) => ({ at: 0, stream: "stdout" as const, text });

  test("are limited by number", () => {
    const last = new LastLines(2, 1_000_000);
    last.add(["a", "b", "c"].map(line));
    expect(last.result).toEqual({ lines: [line("b"), line("c")], truncated: true });
  });

  test("are limited by size", () => {
    const last = new LastLines(100, 100);
    last.add([line("x".repeat(50)), line("y".repeat(50)), line("z")]);
    expect(last.result.lines.map(({ text }) => text[0])).toEqual(["y", "z"]);
  });

  test("are all there if they fit", () => {
    const last = new LastLines(5_000, 1_000_000);
    last.add(Array.from({ length: 5_000 }, (_, i) => line(String(i))));
    expect(last.result.truncated).toBe(false);
    expect(last.result.lines).toHaveLength(5_000);
  });
});
