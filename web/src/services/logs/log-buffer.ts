export interface Line {
  /** rising number; the key of the line for as long as it is kept */
  id: number;
  /** epoch milliseconds */
  at: number;
  stream: "stdout" | "stderr";
  /** without terminal codes */
  text: string;
}

export interface RawLine {
  at: number | string;
  stream: "stdout" | "stderr";
  text: string;
}

/**
 * The newest lines of a log, `most` of them. A batch that repeats the end of what is there
 * (each new subscription begins with the last lines) is joined without doubles.
 */
export class LogBuffer {
  readonly most: number;
  lines: Line[] = [];
  /** how many were let go because there were more than `most` */
  dropped = 0;
  #next = 0;

  constructor(most = 10_000) {
    this.most = most;
  }

  /** Adds what comes after the last line. */
  append(batch: readonly RawLine[]): void {
    this.#add(batch.map((line) => this.#line(line)));
  }

  /** Adds a batch that may begin with lines that are there already. */
  join(batch: readonly RawLine[]): void {
    const lines = batch.map((line) => this.#line(line));
    this.#add(lines.slice(overlap(this.lines, lines)));
  }

  clear(): void {
    this.lines = [];
    this.dropped = 0;
  }

  #add(lines: readonly Line[]): void {
    const all = this.lines.concat(lines);
    const over = Math.max(0, all.length - this.most);
    this.dropped += over;
    this.lines = over === 0 ? all : all.slice(over);
  }

  #line({ at, stream, text }: RawLine): Line {
    this.#next += 1;
    return {
      id: this.#next,
      at: typeof at === "number" ? at : Date.parse(at),
      stream,
      text: plainText(text),
    };
  }
}

/** How many of the first lines of `batch` are the last lines of `before`. */
function overlap(before: readonly Line[], batch: readonly Line[]): number {
  const same = (a: Line | undefined, b: Line | undefined) =>
    a !== undefined && a.at === b?.at && a.text === b.text && a.stream === b.stream;
  for (let size = Math.min(before.length, batch.length); size > 0; size -= 1) {
    const start = before.length - size;
    let all = true;
    for (let index = 0; all && index < size; index += 1) {
      all = same(before[start + index], batch[index]);
    }
    if (all) return size;
  }
  return 0;
}

/** Without colours and cursor movements, with tabs as spaces. */
function plainText(text: string): string {
  return text
    .replaceAll(terminalCode, "")
    .replaceAll("\t", "    ")
    .replace(/(?<![\r\n])[\r\n]+$/, "");
}

const escapeCode = String.fromCharCode(27);
const bell = String.fromCharCode(7);
const terminalCode = new RegExp(
  `${escapeCode}(?:\\[[0-9;?]*[ -/]*[@-~]|\\][^${bell}]*${bell}|[@-_])`,
  "g",
);

/** The lines that have every word of `search`, upper and lower case alike. */
export function searchLines(lines: readonly Line[], search: string): readonly Line[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return lines;
  return lines.filter(({ text }) => {
    const lower = text.toLowerCase();
    return words.every((word) => lower.includes(word));
  });
}

/**
 * Where each line begins, in rows of a view that is `columns` characters wide and breaks
 * lines anywhere; one more entry for the end. Without `columns` every line is one row.
 */
export function rowOffsets(lines: readonly Line[], columns: number | null): Uint32Array {
  const offsets = new Uint32Array(lines.length + 1);
  let row = 0;
  lines.forEach(({ text }, index) => {
    offsets[index] = row;
    row += columns === null ? 1 : Math.max(1, Math.ceil(text.length / columns));
  });
  offsets[lines.length] = row;
  return offsets;
}

/** The last line that begins at or before `row`. */
export function lineAtRow(offsets: Uint32Array, row: number): number {
  let low = 0;
  let high = Math.max(0, offsets.length - 2);
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((offsets[middle] ?? 0) <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What a downloaded file holds. */
export function asText(lines: readonly Line[]): string {
  return lines
    .map(({ at, stream, text }) => `${new Date(at).toISOString()} ${stream} ${text}\n`)
    .join("");
}
