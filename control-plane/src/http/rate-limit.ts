/** What was left at a time, in epoch milliseconds. */
interface Bucket {
  left: number;
  at: number;
}

/**
 * How many requests one API token, session or address may make: so many a second for long, and a
 * burst above it. A bucket for each, which fills with time and is emptied by requests.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, Bucket>();

  /** @param perSecond 0: without limit */
  constructor(perSecond: number, burst = perSecond * 20) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Takes one request. @returns 0, or the seconds to wait until there is room for one */
  take(key: string, now: number): number {
    if (this.#perSecond === 0) return 0;
    const filled = this.#filled(this.#buckets.get(key), now);
    const allowed = filled >= 1;
    // The last one to ask is the last one to be forgotten.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: allowed ? filled - 1 : filled, at: now });
    this.#forget(now);
    return allowed ? 0 : Math.max(1, Math.ceil((1 - filled) / this.#perSecond));
  }

  /** How many buckets are kept. */
  get size(): number {
    return this.#buckets.size;
  }

  #filled(bucket: Bucket | undefined, now: number): number {
    if (bucket === undefined) return this.#burst;
    const passed = Math.max(0, now - bucket.at) / 1000;
    return Math.min(this.#burst, bucket.left + passed * this.#perSecond);
  }

  /** A bucket that is full again is as good as none, and sessions come and go. */
  #forget(now: number): void {
    for (const [oldest, bucket] of this.#buckets) {
      const full = this.#filled(bucket, now) === this.#burst;
      if (!full && this.#buckets.size <= mostBuckets) break;
      this.#buckets.delete(oldest);
    }
  }
}

const mostBuckets = 50_000;
