/** One line of the engine's answer to a pull. */
export interface PullMessage {
  status?: string;
  /** a layer */
  id?: string;
  progressDetail?: { current?: number; total?: number };
  error?: string;
  errorDetail?: { code?: number; message?: string };
}

const everyMs = 1_000;

/** Adds up a pull's layers, and tells now and then how far it is. */
export class PullProgress {
  readonly #tell: (message: string) => void;
  readonly #now: () => number;
  readonly #layers = new Map<string, { current: number; total: number }>();
  #toldAt = Number.NEGATIVE_INFINITY;
  #told = "";

  constructor(tell: (message: string) => void, now: () => number = () => performance.now()) {
    this.#tell = tell;
    this.#now = now;
  }

  take({ id, status, progressDetail: detail }: PullMessage): void {
    // What is unpacked has been counted as it was downloaded.
    if (id === undefined || status !== "Downloading" || !detail?.total) {
      if (id !== undefined && status === "Download complete") this.#complete(id);
      return;
    }
    this.#layers.set(id, { current: detail.current ?? 0, total: detail.total });
    const now = this.#now();
    if (now - this.#toldAt < everyMs) return;
    let current = 0;
    let total = 0;
    for (const layer of this.#layers.values()) {
      current += layer.current;
      total += layer.total;
    }
    const message = `Downloaded ${megabytes(current)} of ${megabytes(total)} MB.`;
    if (message === this.#told) return;
    this.#toldAt = now;
    this.#told = message;
    this.#tell(message);
  }

  #complete(id: string): void {
    const layer = this.#layers.get(id);
    if (layer !== undefined) layer.current = layer.total;
  }
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
