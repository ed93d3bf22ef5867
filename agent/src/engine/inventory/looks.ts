import { setTimeout as pause } from "node:timers/promises";

/** What came of a look: `unknown` is looked at again later by itself. Throws if the engine is away. */
export type LookOutcome = "seen" | "unknown";

export interface LooksOptions {
  /** asks the engine for one thing and takes in what it tells; ends by itself */
  look(id: string): Promise<LookOutcome>;
  /** a look has been under way for long, and may never end: what can be told meanwhile */
  slow?(id: string): Promise<void>;
  /** a look that nothing waits for has failed */
  failed(id: string, error: unknown): void;
  atOnce: number;
  timing?: Partial<LooksTiming>;
}

export interface LooksTiming {
  /** after this a look is slow: nothing waits for it, and its place is given to another */
  slowMs: number;
  /** what is unknown is looked at again this much later, then twice as much, … */
  retryMs: { first: number; last: number };
}

const timing: LooksTiming = { slowMs: 2_000, retryMs: { first: 5_000, last: 5 * 60_000 } };

/**
 * Looks at things of one kind that the engine has: one look at a time for each thing, so many at
 * once over all. What the engine cannot describe, or does not answer for, holds up nothing else.
 */
export class Looks {
  readonly #options: LooksOptions;
  readonly #timing: LooksTiming;
  /** things with a look ahead of them or under way */
  readonly #looks = new Map<string, Look>();
  readonly #retries = new Map<string, { timer: NodeJS.Timeout; delayMs: number }>();
  readonly #waiting: (() => void)[] = [];
  #underWay = 0;

  constructor(options: LooksOptions) {
    this.#options = options;
    this.#timing = { ...timing, ...options.timing };
  }

  has(id: string): boolean {
    return this.#looks.has(id);
  }

  /** Things with a look ahead of them or under way. */
  ids(): Iterable<string> {
    return this.#looks.keys();
  }

  /**
   * Resolves after a look that began no earlier than this call, or when a look takes so long that
   * it is not waited for. Rejects with what the look threw.
   */
  at(id: string, delayMs: number): Promise<void> {
    const current = this.#looks.get(id);
    if (current === undefined) return this.#start(id, delayMs).inTime;
    if (!current.underWay) return current.inTime;
    if (current.again === null) {
      const lookAgain = () => this.#start(id, delayMs).inTime;
      const again = current.done.then(lookAgain, lookAgain);
      again.catch(() => undefined);
      current.again = Promise.race([again, current.slow]);
    }
    return current.again;
  }

  /** Joins the look that is ahead or under way, or else begins one. */
  join(id: string): Promise<void> {
    return this.#looks.get(id)?.inTime ?? this.at(id, 0);
  }

  /** Looks, and tells a failure to nothing but `failed`. */
  request(id: string, delayMs: number): void {
    this.at(id, delayMs).catch((error) => this.#options.failed(id, error));
  }

  /** Looks that wait for a burst of events to end begin now. */
  hurry(): void {
    for (const look of this.#looks.values()) look.begin();
  }

  /** Resolves when everything that was asked for so far has been looked at, or is slow. Never rejects. */
  async settled(): Promise<void> {
    this.hurry();
    await Promise.allSettled([...this.#looks.values()].map(({ again, inTime }) => again ?? inTime));
  }

  /** It is gone, so it is not looked at again by itself. */
  forget(id: string): void {
    clearTimeout(this.#retries.get(id)?.timer);
    this.#retries.delete(id);
  }

  #start(id: string, delayMs: number): Look {
    let isSlow: () => void = () => undefined;
    const slow = new Promise<void>((resolve) => {
      isSlow = resolve;
    });
    const done = Promise.resolve();
    const look: Look = { underWay: false, begin: noop, again: null, slow, done, inTime: done };
    this.#looks.set(id, look);
    look.done = this.#perform(id, delayMs, look, isSlow).finally(() => {
      if (this.#looks.get(id) === look) this.#looks.delete(id);
    });
    look.inTime = Promise.race([look.done, slow]);
    return look;
  }

  async #perform(id: string, delayMs: number, look: Look, isSlow: () => void): Promise<void> {
    if (delayMs > 0) await this.#settle(delayMs, look);
    if (this.#underWay >= this.#options.atOnce) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#underWay += 1;
    look.underWay = true;
    let holdsPlace = true;
    const leave = (): void => {
      if (!holdsPlace) return;
      holdsPlace = false;
      this.#underWay -= 1;
      this.#waiting.shift()?.();
    };
    const over = new AbortController();
    pause(this.#timing.slowMs, undefined, { signal: over.signal })
      .then(async () => {
        leave();
        await this.#options.slow?.(id);
      })
      .then(isSlow, (error) => {
        if (over.signal.aborted) return;
        this.#options.failed(id, error);
        isSlow();
      });
    try {
      const outcome = await this.#options.look(id);
      if (outcome === "unknown") this.#retryLater(id);
      else this.forget(id);
    } finally {
      over.abort();
      leave();
    }
  }

  #settle(delayMs: number, look: Look): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, delayMs);
      look.begin = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #retryLater(id: string): void {
    const { first, last } = this.#timing.retryMs;
    const before = this.#retries.get(id);
    clearTimeout(before?.timer);
    const delayMs = before === undefined ? first : Math.min(before.delayMs * 2, last);
    const timer = setTimeout(() => this.request(id, 0), delayMs).unref();
    this.#retries.set(id, { timer, delayMs });
  }
}

interface Look {
  /** it has begun, so it may miss what happens now */
  underWay: boolean;
  /** begins it now, if it is still waiting for a burst to end */
  begin(): void;
  /** the look after it, where one was asked for */
  again: Promise<void> | null;
  /** resolves when it takes too long to be waited for */
  slow: Promise<void>;
  done: Promise<void>;
  /** done or slow */
  inTime: Promise<void>;
}

function noop(): void {}
