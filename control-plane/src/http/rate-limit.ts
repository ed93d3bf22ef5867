/**
 * How many requests one API token, session or address may make: so many a second for long, and a
 * burst above it. A bucket for each, which fills with time and is emptied by requests.
 */
export class RateLimit {
  readonly #perSecond: number;
  readonly #burst: number;
  readonly #buckets = new Map<string, { left: number; at: number }>();

  /** @param perSecond 0: without limit */
  constructor(perSecond: number, burst = perSecond * 20) {
    this.#perSecond = perSecond;
    this.#burst = burst;
  }

  /** Takes one request. @returns 0, or the seconds to wait until there is room for one */
  take(key: string, now: number): number {
    if (this.#perSecond === 0) return 0;
    const { left, at } = this.#buckets.get(key) ?? { left: this.#burst, at: now };
    const filled = Math.min(this.#burst, left + (Math.max(0, now - at) / 1000) * this.#perSecond);
    const allowed = filled >= 1;
    // The last one to ask is the last one to be forgotten.
    this.#buckets.delete(key);
    this.#buckets.set(key, { left: allowed ? filled - 1 : filled, at: now });
    const oldest = this.#buckets.keys().next().value;
    if (this.#buckets.size > mostBuckets && oldest !== undefined) this.#buckets.delete(oldest);
    return allowed ? 0 : Math.max(1, Math.ceil((1 - filled) / this.#perSecond));
  }
}

const mostBuckets = 50_000;
