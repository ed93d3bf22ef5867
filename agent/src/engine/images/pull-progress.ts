/** One line of the engine's answer to a pull. */
export interface PullMessage {
  status?: string;
  /** a layer */
  id?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  errorDetail?: { code?: number; message?: string };
}

const reportEveryMs = 1_000;

/** Adds up a pull's layers, and reports its progress at most once a second. */
export class PullProgress {
  readonly #report: (message: string) => void;
  readonly #now: () => number;
  readonly #layers = new Map<string, { current: number; total: number }>();
  #reportedAt = Number.NEGATIVE_INFINITY;
  #reported = "";

  constructor(report: (message: string) => void, now: () => number = () => performance.now()) {
    this.#report = report;
    this.#now = now;
  }

  take({ id, status, progressDetail: detail }: PullMessage): void {
    // Layers are counted as they are downloaded; the same layer is reported again as it is extracted.
    if (id === undefined || status !== "Downloading" || !detail?.total) {
      if (id !== undefined && status === "Download complete") this.#complete(id);
      return;
    }
    this.#layers.set(id, { current: detail.current ?? 0, total: detail.total });
    const now = this.#now();
    if (now - this.#reportedAt < reportEveryMs) return;
    let current = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
    }
    const message = `Downloaded ${megabytes(current)} of ${megabytes(total)} MB.`;
    if (message === this.#reported) return;
    this.#reportedAt = now;
    this.#reported = message;
    this.#report(message);
  }

  #complete(id: string): void {
    const layer = this.#layers.get(id);
    if (layer !== undefined) layer.current = layer.total;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
