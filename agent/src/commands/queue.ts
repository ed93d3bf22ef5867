import type { Lane, LaneLimits } from "./lanes.ts";

export interface QueuedTask {
  id: string;
  lane: Lane;
  /** names of containers; tasks that share one run one after the other, in the order they were added */
  locks: readonly string[];
  /** must not reject */
  run(held: Held): Promise<void>;
}

/** What a running task holds. */
export interface Held {
  readonly names: readonly string[];
  /**
   * Gives back all containers and the slot, and waits, ahead of all other tasks, for these
   * containers instead. Who waits holds nothing, so no two tasks can wait for each other. Rejects
   * with the signal's reason if that comes first; then nothing is held.
   */
  exchangeFor(names: readonly string[], signal?: AbortSignal): Promise<void>;
}

/** Waits for its containers and a slot. */
interface Entry {
  id: string;
  lane: Lane;
  locks: readonly string[];
  begin(): void;
}

/**
 * Decides which task runs when: the one admission of commands, and the only lock on containers.
 *
 *   waiting --slot and containers free--> running --> over
 *   running --needs more containers--> waiting, as the first in line
 */
export class CommandQueue {
  readonly #limits: () => LaneLimits;
  readonly #waiting: Entry[] = [];
  /** what runs, and so has a slot and holds its containers */
  readonly #running = new Set<Pick<Entry, "lane" | "locks">>();
  #closed = false;
  #onIdle: (() => void)[] = [];

  /** @param limits asked whenever something could start, as they follow the machine */
  constructor(limits: () => LaneLimits) {
    this.#limits = limits;
  }

  add(task: QueuedTask): void {
    this.#waiting.push({ ...task, begin: () => this.#start(task) });
    this.#startReady();
  }

  /** Takes a waiting task out; false if it is not waiting, or has begun before. */
  remove(id: string): boolean {
    const at = this.#waiting.findIndex((entry) => entry.id === id && !(entry instanceof Again));
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    this.#startReady();
    return true;
  }

  /** Starts nothing any more. Resolves when nothing runs. */
  close(): Promise<void> {
    this.#closed = true;
    this.#waiting.length = 0;
    if (this.#running.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#onIdle.push(resolve));
  }

  #startReady(): void {
    if (this.#closed) return;
    const limits = this.#limits();
    const inUse = { change: 0, pull: 0, watch: 0 };
    const locked = new Set<string>();
    for (const { lane, locks } of this.#running) {
      inUse[lane] += 1;
      for (const lock of locks) locked.add(lock);
    }
    const ready: Entry[] = [];
    for (const entry of this.#waiting) {
      const free = entry.locks.every((lock) => !locked.has(lock));
      if (free && inUse[entry.lane] < limits[entry.lane]) {
        inUse[entry.lane] += 1;
        ready.push(entry);
      }
      // Also for one that waits: nothing that comes later may overtake it on its containers.
      for (const lock of entry.locks) locked.add(lock);
    }
    // Moved before any of them runs: what runs may add and remove tasks.
    for (const entry of ready) this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    for (const entry of ready) entry.begin();
  }

  #start(task: QueuedTask): void {
    const held = { lane: task.lane, locks: task.locks };
    this.#running.add(held);
    const exchangeFor = (names: readonly string[], signal?: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const giveUp = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(again), 1);
          reject(signal?.reason);
          this.#startReady();
        };
        const again = new Again(task, names, () => {
          signal?.removeEventListener("abort", giveUp);
          held.locks = names;
          this.#running.add(held);
          resolve();
        });
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#running.delete(held);
        this.#waiting.unshift(again);
        this.#startReady();
      });
    const view: Held = {
      get names() {
        return held.locks;
      },
      exchangeFor,
    };
    void task.run(view).finally(() => {
      this.#running.delete(held);
      this.#startReady();
      if (this.#running.size > 0) return;
      for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}

/** A task that has begun, and waits for more containers than it had. */
class Again implements Entry {
  readonly id: string;
  readonly lane: Lane;
  readonly locks: readonly string[];
  readonly begin: () => void;

  constructor({ id, lane }: QueuedTask, locks: readonly string[], begin: () => void) {
    this.id = id;
    this.lane = lane;
    this.locks = locks;
    this.begin = begin;
  }
}

/** Looks until everything that the look names is held; see `CommandContext.holding`. */
export async function holdAll<L>(
  held: Held,
  look: () => Promise<L>,
  namesOf: (look: L) => readonly string[],
  signal?: AbortSignal,
): Promise<L> {
  for (;;) {
    const seen = await look();
    const needed = namesOf(seen);
    if (needed.every((name) => held.names.includes(name))) return seen;
    await held.exchangeFor([...new Set([...held.names, ...needed])], signal);
  }
}
