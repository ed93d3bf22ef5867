export interface LogLine {
  at: string;
  stream: "stdout" | "stderr";
  text: string;
}

const kept = 200;

/**
 * The lines of a log, each once: every new subscription begins with the last lines again, up to 200.
 */
export class LineJoin {
  #last: LogLine[] = [];

  /** What of a batch comes after what was there before. */
  next(batch: LogLine[], first: boolean): LogLine[] {
    const fresh = first ? batch.slice(overlap(this.#last, batch)) : batch;
    this.#last = [...this.#last, ...fresh].slice(-kept);
    return fresh;
  }
}

/** How many of the first lines of `batch` are the last lines of `before`. */
function overlap(before: LogLine[], batch: LogLine[]): number {
  for (let size = Math.min(before.length, batch.length); size > 0; size -= 1) {
    const tail = before.slice(-size);
    if (tail.every((line, index) => same(line, batch[index]))) return size;
  }
  return 0;
}

function same(a: LogLine, b: LogLine | undefined): boolean {
  return (
    b !== undefined &&
    Date.parse(a.at) === Date.parse(b.at) &&
    a.text === b.text &&
    a.stream === b.stream
  );
}
