import type { LogLine } from "@bridgeport/proto";

/** Longer lines are cut: one line must fit into one message with room to spare. */
const longestLine = 32 * 1024;

type Source = LogLine["stream"];

/** What a stream of output looks like. */
export interface LogFormat {
  /** the container has a terminal */
  tty: boolean;
  /** the engine was asked to put the time before each line; otherwise a time is the program's own */
  stamped: boolean;
}

/**
 * Turns the engine's log stream into lines. Without a terminal the stream is frames (a type, three
 * zeros, a length in four bytes, the payload), each a line or a part of a long one that begins with
 * its time again. With a terminal it is the bare text, all of it standard output.
 */
export class LogLineParser {
  readonly #format: LogFormat;
  readonly #now: () => number;
  readonly #open: Record<Source, OpenLine | null> = { stdout: null, stderr: null };
  #bytes: Buffer = Buffer.alloc(0);
  #lastStamp: string | null = null;

  constructor(format: LogFormat, now: () => number = Date.now) {
    this.#format = format;
    this.#now = now;
  }

  /** The engine's time of what was read last, to the nanosecond: a log that was cut goes on after it. */
  get lastStamp(): string | null {
    return this.#lastStamp;
  }

  /** The lines that became whole with this piece of the stream. */
  push(piece: Buffer): LogLine[] {
    const lines: LogLine[] = [];
    this.#bytes = this.#bytes.length === 0 ? piece : Buffer.concat([this.#bytes, piece]);
    if (this.#format.tty) this.#takeText(lines);
    else this.#takeFrames(lines);
    return lines;
  }

  /** What is left when the stream has ended: lines without their end. */
  end(): LogLine[] {
    const lines: LogLine[] = [];
    if (this.#format.tty && this.#bytes.length > 0) this.#addPart("stdout", this.#bytes, lines);
    for (const stream of ["stdout", "stderr"] as const) this.#close(stream, lines);
    this.#bytes = Buffer.alloc(0);
    return lines;
  }

  #takeText(lines: LogLine[]): void {
    let start = 0;
    for (let end = this.#bytes.indexOf(10); end >= 0; end = this.#bytes.indexOf(10, start)) {
      this.#addPart("stdout", this.#bytes.subarray(start, end + 1), lines);
      start = end + 1;
    }
    this.#bytes = this.#bytes.subarray(start);
    // A program that never ends its line must not fill the memory.
    if (this.#bytes.length > 4 * longestLine) {
      this.#addPart("stdout", this.#bytes, lines);
      this.#close("stdout", lines);
      this.#bytes = Buffer.alloc(0);
    }
  }

  #takeFrames(lines: LogLine[]): void {
    let start = 0;
    while (this.#bytes.length - start >= 8) {
      const length = this.#bytes.readUInt32BE(start + 4);
      if (this.#bytes.length - start - 8 < length) break;
      const stream = this.#bytes[start] === 2 ? "stderr" : "stdout";
      const payload = this.#bytes.subarray(start + 8, start + 8 + length);
      start += 8 + length;
      this.#addPart(stream, payload, lines);
    }
    this.#bytes = this.#bytes.subarray(start);
  }

  #addPart(stream: Source, payload: Buffer, lines: LogLine[]): void {
    const text = payload.toString("utf8");
    const stamp = this.#format.stamped ? /^(\d{4}-\d\d-\d\dT[^ ]{1,30}) /.exec(text) : null;
    const at = stamp === null ? Number.NaN : Date.parse(stamp[1] ?? "");
    if (!Number.isNaN(at)) this.#lastStamp = stamp?.[1] ?? null;
    const rest = stamp === null || Number.isNaN(at) ? text : text.slice(stamp[0].length);
    const ended = rest.endsWith("\n");
    const open = this.#open[stream] ?? { at: Number.isNaN(at) ? this.#now() : at, text: "" };
    if (open.text.length < longestLine) open.text += ended ? rest.slice(0, -1) : rest;
    this.#open[stream] = open;
    if (ended) this.#close(stream, lines);
  }

  #close(stream: Source, lines: LogLine[]): void {
    const open = this.#open[stream];
    this.#open[stream] = null;
    if (open === null) return;
    const text = open.text.endsWith("\r") ? open.text.slice(0, -1) : open.text;
    lines.push({
      at: open.at,
      stream,
      text: text.length > longestLine ? `${text.slice(0, longestLine)}…` : text,
    });
  }
}

interface OpenLine {
  at: number;
  text: string;
}

/** Roughly what a line takes in a message. */
export function lineBytes(line: LogLine): number {
  return Buffer.byteLength(line.text) + 16;
}

/** Keeps the last lines that fit into a number of lines and bytes. */
export class LastLines {
  readonly #maxLines: number;
  readonly #maxBytes: number;
  #lines: LogLine[] = [];
  #start = 0;
  #bytes = 0;
  #dropped = false;

  constructor(maxLines: number, maxBytes: number) {
    this.#maxLines = maxLines;
    this.#maxBytes = maxBytes;
  }

  add(lines: readonly LogLine[]): void {
    for (const line of lines) {
      this.#lines.push(line);
      this.#bytes += lineBytes(line);
      while (this.#lines.length - this.#start > this.#maxLines || this.#bytes > this.#maxBytes) {
        const oldest = this.#lines[this.#start];
        if (oldest === undefined) break;
        this.#bytes -= lineBytes(oldest);
        this.#start += 1;
        this.#dropped = true;
      }
    }
    if (this.#start > 1024) {
      this.#lines = this.#lines.slice(this.#start);
      this.#start = 0;
    }
  }

  /** `truncated`: older lines were dropped. */
  get result(): { lines: LogLine[]; truncated: boolean } {
    return { lines: this.#lines.slice(this.#start), truncated: this.#dropped };
  }
}
