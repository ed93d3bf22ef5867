import type { Lane, LaneLimits } from "./lanes.ts";

export interface QueuedTask {
  id: string;
  lane: Lane;
  /** names of containers; tasks that share one run one after the other, in the order they were added */
  locks: readonly string[];
  /** runs while no other task of its lane does */
  alone?: boolean;
  /** must not reject */
  run(held: Held): Promise<void>;
}

/** The locks of a running task. */
export interface Held {
  readonly names: readonly string[];
  /**
   * Releases all locks and the slot, and waits for these containers instead, before all other waiting
   * tasks. A waiting task holds no lock, so there is no deadlock. Rejects with the signal's reason if
   * that aborts first; then no lock is held.
   */
  exchangeFor(names: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Gives the slot, but not the locks, to others until this has settled. Then the task goes on at once,
   * even where that is one more than the limit.
   */
  withoutSlot<T>(waiting: Promise<T>): Promise<T>;
}

/** A task that waits for its containers and a slot. */
interface Entry {
  id: string;
  lane: Lane;
  locks: readonly string[];
  alone?: boolean;
  begin(): void;
}

/**
 * Decides when each task starts. It holds the only locks on containers.
 *
 *   waiting --slot and containers free--> running --> done
 *   running --needs more containers--> waiting, as the first in line
 */
export class CommandQueue {
  readonly #limits: () => LaneLimits;
  readonly #waiting: Entry[] = [];
  /** tasks that run: each has the locks on its containers, and a slot of its lane unless that is null */
  readonly #running = new Set<{ lane: Lane | null; slots: number; locks: readonly string[] }>();
  #closed = false;
  #onIdle: (() => void)[] = [];

  /** @param limits called whenever a task could start, as the limits change with the machine's load */
  constructor(limits: () => LaneLimits) {
    this.#limits = limits;
  }

  add(task: QueuedTask): void {
    this.#waiting.push({ ...task, begin: () => this.#start(task) });
    this.#startReady();
  }

  /** Removes a task that waits to start; false if it has started already, or is unknown. */
  remove(id: string): boolean {
    const at = this.#waiting.findIndex(
      (entry) => entry.id === id && !(entry instanceof ResumedEntry),
    );
    if (at < 0) return false;
    this.#waiting.splice(at, 1);
    this.#startReady();
    return true;
  }

  /** No task starts from now on. Resolves when none runs. */
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
    for (const { lane, slots, locks } of this.#running) {
      if (lane !== null) inUse[lane] += slots;
      for (const lock of locks) locked.add(lock);
    }
    const ready: Entry[] = [];
    for (const entry of this.#waiting) {
      const free = entry.locks.every((lock) => !locked.has(lock));
      const used = inUse[entry.lane];
      if (free && (entry.alone ? used === 0 : used < limits[entry.lane])) {
        inUse[entry.lane] += slotsOf(entry);
        ready.push(entry);
      }
      // Also where it has to wait: no later task may start on its containers before it.
      for (const lock of entry.locks) locked.add(lock);
    }
    // All of them leave the queue before the first starts, as a task may add and remove others.
    for (const entry of ready) this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    for (const entry of ready) entry.begin();
  }

  #start(task: QueuedTask): void {
    const held = { lane: task.lane as Lane | null, slots: slotsOf(task), locks: task.locks };
    this.#running.add(held);
    const exchangeFor = (names: readonly string[], signal?: AbortSignal): Promise<void> =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const giveUp = (): void => {
          this.#waiting.splice(this.#waiting.indexOf(resumed), 1);
          reject(signal?.reason);
          this.#startReady();
        };
        const resumed = new ResumedEntry(task, names, () => {
          signal?.removeEventListener("abort", giveUp);
          held.locks = names;
          this.#running.add(held);
          resolve();
        });
        signal?.addEventListener("abort", giveUp, { once: true });
        this.#running.delete(held);
        this.#waiting.unshift(resumed);
        this.#startReady();
      });
    const view: Held = {
      get names() {
        return held.locks;
      },
      exchangeFor,
      withoutSlot: async (waiting) => {
        held.lane = null;
        this.#startReady();
        try {
          return await waiting;
        } finally {
          held.lane = task.lane;
        }
      },
    };
    void task.run(view).finally(() => {
      this.#running.delete(held);
      this.#startReady();
      if (this.#running.size > 0) return;
      for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}

/** How many slots of its lane a task takes. */
function slotsOf({ alone = false }: { alone?: boolean }): number {
  return alone ? Number.POSITIVE_INFINITY : 1;
}

/** A task that has started already, and waits to continue with more containers. */
class ResumedEntry implements Entry {
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

/** Calls `look` until every container that it names is locked; see `CommandContext.holding`. */
export async function holdAll<L>(
  held: Held,
  look: () => Promise<L>,
  namesOf: (look: L) => readonly string[],
  signal?: AbortSignal,
): Promise<L> {
  for (;;) {
    const found = await look();
    const needed = namesOf(found);
    if (needed.every((name) => held.names.includes(name))) return found;
    await held.exchangeFor([...new Set([...held.names, ...needed])], signal);
  }
}
