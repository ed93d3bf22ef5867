import type { LogLine } from "@bridgeport/proto";

/** What one report carries at most, in characters: the last of what came since the one before. */
const longestReport = 2_000;
const shortestGapMs = 250;
/** The longer it runs, the rarer it is told of: a day's job makes less than 500 reports. */
const gapShare = 1 / 50;

/** How long after a report the next one comes, for a job that has run so long. */
export function reportGapMs(runningForMs: number): number {
  return Math.max(shortestGapMs, runningForMs * gapShare);
}

/** The last of these lines that fit into one report, and how many do not. */
export function reportOf(lines: readonly string[]): { text: string; left: number } {
  const kept: string[] = [];
  let length = 0;
  for (const line of lines.toReversed()) {
    const cut = line.slice(0, longestReport);
    if (length + cut.length > longestReport && kept.length > 0) break;
    kept.unshift(cut);
    length += cut.length + 1;
  }
  return { text: kept.join("\n"), left: lines.length - kept.length };
}

/** Tells what a job writes while it runs, in few and short reports, however much it writes. */
export class LiveOutput {
  readonly #report: (text: string) => void;
  readonly #startedAt = performance.now();
  #lines: string[] = [];
  #left = 0;
  #length = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(report: (text: string) => void) {
    this.#report = report;
  }

  add(lines: readonly LogLine[]): void {
    for (const { text } of lines) {
      this.#lines.push(text);
      this.#length += text.length;
    }
    if (this.#length > 8 * longestReport) this.#forgetOldest();
    if (this.#lines.length === 0) return;
    this.#timer ??= setTimeout(
      () => this.#flush(),
      reportGapMs(performance.now() - this.#startedAt),
    );
  }

  /** Tells what is left. Nothing is to be added after that. */
  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#flush();
  }

  #forgetOldest(): void {
    const { text, left } = reportOf(this.#lines);
    this.#lines = text.split("\n");
    this.#length = text.length;
    this.#left += left;
  }

  #flush(): void {
    this.#timer = null;
    if (this.#lines.length === 0) return;
    const { text, left } = reportOf(this.#lines);
    const missing = this.#left + left;
    this.#lines = [];
    this.#length = 0;
    this.#left = 0;
    const note = missing === 1 ? "… 1 line left out" : `… ${missing} lines left out`;
    this.#report(missing === 0 ? text : `${note}\n${text}`);
  }
}
