export interface LogLine {
  at: string;
  stream: "stdout" | "stderr";
  text: string;
}

/** A subscription begins with as many lines of before, at most. */
const repeated = 200;

/**
 * The lines of a log, each once: every new subscription begins with the last lines again, also with such
 * as were not asked for. Those are known by being older than what was printed, and those that were printed by
 * their time and text.
 */
export class LineJoin {
  readonly #since: number;
  #last: LogLine[] = [];
  #known = new Map<string, number>();
  #oldest = Number.NEGATIVE_INFINITY;
  #checked = repeated;

  /** @param since in milliseconds; what is older is not asked for */
  constructor(since = Number.NEGATIVE_INFINITY) {
    this.#since = since;
  }

  /**
   * What of a batch comes after what was there before.
   * @param first whether a subscription begins with it
   */
  next(batch: LogLine[], first: boolean): LogLine[] {
    if (first) this.#begin();
    const fresh = batch.filter((line) => !this.#isOld(line));
    this.#last = [...this.#last, ...fresh].slice(-repeated);
    return fresh;
  }

  #begin(): void {
    this.#known = new Map();
    for (const line of this.#last) {
      const key = keyOf(line);
      this.#known.set(key, (this.#known.get(key) ?? 0) + 1);
    }
    const times = this.#last.map(({ at }) => Date.parse(at));
    this.#oldest = Math.max(this.#since, times.length > 0 ? Math.min(...times) : this.#since);
    this.#checked = 0;
  }

  #isOld(line: LogLine): boolean {
    if (this.#checked >= repeated) return false;
    this.#checked += 1;
    if (Date.parse(line.at) < this.#oldest) return true;
    const key = keyOf(line);
    const left = this.#known.get(key) ?? 0;
    if (left > 0) this.#known.set(key, left - 1);
    return left > 0;
  }
}

function keyOf({ at, stream, text }: LogLine): string {
  return `${Date.parse(at)} ${stream} ${text}`;
}
