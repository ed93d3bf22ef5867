/**
 * What a registry host allows, as it says itself: a pause that it ordered (429, `Retry-After`) holds
 * for everything that is sent to that host, and the quota that it reports is kept for people to see.
 */

/** Headers of an answer, names in lower case. */
export type Headers = Readonly<Record<string, string | undefined>>;

export interface BudgetSnapshot {
  host: string;
  /** requests that are allowed per window; null: the host does not say */
  limit: number | null;
  remaining: number | null;
  windowSeconds: number | null;
  /** epoch milliseconds; null: not paused */
  pausedUntil: number | null;
  /** when limit and remaining were last heard; null: never */
  observedAt: number | null;
  /** requests sent since the start of this process */
  requests: number;
}

const longestPauseMs = 3_600_000;
const firstPauseMs = 1000;
const longestGuessMs = 60_000;

/**
 * The pause that `Retry-After` orders: seconds, or a date.
 * @returns milliseconds from now, at most an hour; null: the header says nothing usable
 */
export function retryAfterMs(header: string | undefined, now: number): number | null {
  if (header === undefined) return null;
  const text = header.trim();
  const wanted = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return Number.isFinite(wanted) ? Math.min(Math.max(wanted, 0), longestPauseMs) : null;
}

/** `100;w=21600`: a number and its window in seconds. */
function quota(header: string | undefined): { count: number; window: number | null } | null {
  const count = /^\s*(\d{1,12})/.exec(header ?? "")?.[1];
  const window = /[;\s]w=(\d{1,9})/.exec(header ?? "")?.[1];
  if (count === undefined) return null;
  return { count: Number(count), window: window === undefined ? null : Number(window) };
}

export class RateBudget {
  readonly host: string;
  #pausedUntil = 0;
  #refusals = 0;
  #limit: number | null = null;
  #remaining: number | null = null;
  #window: number | null = null;
  #observedAt: number | null = null;
  #requests = 0;
  readonly #random: () => number;

  constructor(host: string, random: () => number = Math.random) {
    this.host = host;
    this.#random = random;
  }

  /** Milliseconds before the next request may be sent; 0: now. */
  pauseMs(now: number): number {
    return Math.max(0, this.#pausedUntil - now);
  }

  /** The moment from which requests may be sent again; in the past: they may now. */
  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  sent(): void {
    this.#requests++;
  }

  /** Learns from an answer. Only 429, and 503 with `Retry-After`, pause the host. */
  observe(status: number, headers: Headers, now: number): void {
    const limit = quota(headers["ratelimit-limit"] ?? headers["x-ratelimit-limit"]);
    const remaining = quota(headers["ratelimit-remaining"] ?? headers["x-ratelimit-remaining"]);
    if (limit !== null || remaining !== null) {
      this.#limit = limit?.count ?? this.#limit;
      this.#remaining = remaining?.count ?? this.#remaining;
      this.#window = limit?.window ?? remaining?.window ?? this.#window;
      this.#observedAt = now;
    }
    const ordered = retryAfterMs(headers["retry-after"], now);
    if (status === 429 || (status === 503 && ordered !== null)) {
      const guess = Math.min(firstPauseMs * 2 ** this.#refusals, longestGuessMs);
      this.#refusals = Math.min(this.#refusals + 1, 16);
      // Never earlier than ordered, and not all at the same moment.
      const pause = (ordered ?? guess) * (1 + this.#random() * 0.1) + this.#random() * 250;
      this.#pausedUntil = Math.max(this.#pausedUntil, now + pause);
    } else if (status < 400) {
      this.#refusals = 0;
    }
  }

  snapshot(now: number): BudgetSnapshot {
    return {
      host: this.host,
      limit: this.#limit,
      remaining: this.#remaining,
      windowSeconds: this.#window,
      pausedUntil: this.#pausedUntil > now ? this.#pausedUntil : null,
      observedAt: this.#observedAt,
      requests: this.#requests,
    };
  }
}
