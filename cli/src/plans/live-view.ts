import type { Io } from "../io.ts";

const up = (lines: number) => (lines > 0 ? `\u001b[${lines}A\r` : "\r");
const clearDown = "\u001b[J";

/** Lines at the end of a terminal that are written over each time they change. */
export class LiveView {
  readonly #io: Io;
  #height = 0;
  #last = "";

  constructor(io: Io) {
    this.#io = io;
  }

  show(lines: string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    if (text === this.#last) return;
    this.#io.raw(`${up(this.#height)}${clearDown}${text}`);
    this.#height = lines.length;
    this.#last = text;
  }

  /** A line above the others that stays. */
  note(line: string): void {
    this.#io.raw(`${up(this.#height)}${clearDown}${line}\n${this.#last}`);
  }
}
