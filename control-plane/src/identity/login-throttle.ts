import { Problem } from "../problem.ts";

/** What an attempt is counted by; an attempt has to get past each of its counters. */
export interface Counter {
  key: string;
  /** failures that cost no wait */
  free: number;
}

/** Where one counter stands. */
interface Count {
  failures: number;
  /** attempts that are being looked at now */
  underWay: number;
  /** epoch milliseconds before which no attempt is looked at */
  until: number;
}

/** An attempt that may be looked at; say how it ended. */
export interface Attempt {
  failed(now: number): void;
  succeeded(): void;
  /** neither: what it was compared with could not be read */
  abandoned(): void;
}

const longestWaitMs = 300_000;
const mostCounters = 20_000;
const mostWaiting = 100;

/**
 * Slows down guessing: the failures of a counter beyond its free ones double the wait, from 1 s to
 * 5 min. Attempts are counted before they are looked at: not more are under way at a moment than
 * could all fail, and the others wait for how these end. Kept in memory: a restart forgives.
 */
export class LoginThrottle {
  readonly #counts = new Map<string, Count>();
  readonly #waiting = new Map<string, (() => void)[]>();

  /** @returns the attempt, or the seconds after which it may be tried again */
  async enter(counters: readonly Counter[], clock = Date.now): Promise<Attempt | number> {
    for (;;) {
      const waitMs = Math.max(...counters.map(({ key }) => this.#until(key))) - clock();
      if (waitMs > 0) return Math.ceil(waitMs / 1000);
      const full = counters.find((counter) => !this.#hasRoom(counter));
      if (full === undefined) break;
      const queue = this.#waiting.get(full.key) ?? [];
      if (queue.length >= mostWaiting) return 1;
      await new Promise<void>((resolve) => {
        this.#waiting.set(full.key, [...queue, resolve]);
      });
    }
    for (const { key } of counters) this.#set(key, { underWay: 1 });
    return this.#attempt(counters);
  }

  #attempt(counters: readonly Counter[]): Attempt {
    let over = false;
    const end = (settle: (counter: Counter, count: Count) => void) => {
      if (over) return;
      over = true;
      for (const counter of counters) {
        settle(counter, this.#set(counter.key, { underWay: -1 }));
        this.#wake(counter.key);
      }
    };
    return {
      failed: (now) =>
        end(({ free }, count) => {
          count.failures += 1;
          const over = count.failures - free;
          if (over >= 0) count.until = now + Math.min(longestWaitMs, 1000 * 2 ** over);
        }),
      // Of the first counter only: the source may have guessed at other accounts as well.
      succeeded: () =>
        end((counter, count) => {
          if (counter === counters[0]) count.failures = 0;
        }),
      abandoned: () => end(() => {}),
    };
  }

  #until(key: string): number {
    return this.#counts.get(key)?.until ?? 0;
  }

  #hasRoom({ key, free }: Counter): boolean {
    const { failures, underWay } = this.#counts.get(key) ?? { failures: 0, underWay: 0 };
    return underWay < Math.max(1, free - failures);
  }

  #set(key: string, change: { underWay: number }): Count {
    const count = this.#counts.get(key) ?? { failures: 0, underWay: 0, until: 0 };
    count.underWay += change.underWay;
    this.#counts.delete(key);
    this.#counts.set(key, count);
    for (const [oldest, { underWay }] of this.#counts) {
      if (this.#counts.size <= mostCounters) break;
      if (underWay === 0 && oldest !== key) this.#counts.delete(oldest);
    }
    return count;
  }

  /** All of them look again; those that still find no room wait on. */
  #wake(key: string): void {
    const queue = this.#waiting.get(key) ?? [];
    this.#waiting.delete(key);
    for (const resolve of queue) resolve();
  }
}

/**
 * What a login is counted by. From where the user has logged in before it has a counter of its own,
 * so that guesses made elsewhere lock no user out there.
 */
export function loginCounters(email: string, source: string, known: boolean): Counter[] {
  const account = email.toLowerCase();
  if (known) return [{ key: `known ${source} ${account}`, free: 5 }];
  return [
    { key: `account ${account}`, free: 5 },
    { key: `source ${source}`, free: 20 },
  ];
}

export function tooManyAttempts(retryAfterSeconds: number): Problem {
  return new Problem(
    "rate_limited",
    "too_many_attempts",
    `Too many failed attempts: try again in ${retryAfterSeconds} s.`,
    { retryAfterSeconds },
  );
}
