/** Kinds of work that do not wait for each other's slots. */
export type Lane = "change" | "pull" | "watch";

/** How many of each lane run at once. */
export type LaneLimits = Readonly<Record<Lane, number>>;

/** Watching is waiting: it costs a timer and now and then a request. */
export const defaultLaneLimits: LaneLimits = { change: 8, pull: 4, watch: 64 };

export interface QueuedTask {
  id: string;
  lane: Lane;
  /** names; tasks that share one run one after the other, in the order they were added */
  locks: readonly string[];
  /** must not reject */
  run(): Promise<void>;
}

/** Decides which task runs when. */
export class CommandQueue {
  readonly #limits: LaneLimits;
  readonly #waiting: QueuedTask[] = [];
  readonly #running = new Map<string, QueuedTask>();
  #closed = false;
  #onIdle: (() => void)[] = [];

  constructor(limits: LaneLimits = defaultLaneLimits) {
    this.#limits = limits;
  }

  add(task: QueuedTask): void {
    this.#waiting.push(task);
    this.#startReady();
  }

  /** Takes a waiting task out; false if it is not waiting (any more). */
  remove(id: string): boolean {
    const at = this.#waiting.findIndex((task) => task.id === id);
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
    const inUse = { change: 0, pull: 0, watch: 0 };
    const locked = new Set<string>();
    for (const task of this.#running.values()) {
      inUse[task.lane] += 1;
      for (const lock of task.locks) locked.add(lock);
    }
    const ready: QueuedTask[] = [];
    for (const task of this.#waiting) {
      const free = task.locks.every((lock) => !locked.has(lock));
      if (free && inUse[task.lane] < this.#limits[task.lane]) {
        inUse[task.lane] += 1;
        ready.push(task);
      }
      // Also for one that waits: nothing that comes later may overtake it on its containers.
      for (const lock of task.locks) locked.add(lock);
    }
    // Moved before any of them runs: what runs may add and remove tasks.
    for (const task of ready) {
      this.#waiting.splice(this.#waiting.indexOf(task), 1);
      this.#running.set(task.id, task);
    }
    for (const task of ready) this.#start(task);
  }

  #start(task: QueuedTask): void {
    void task.run().finally(() => {
      this.#running.delete(task.id);
      this.#startReady();
      if (this.#running.size > 0) return;
      for (const resolve of this.#onIdle.splice(0)) resolve();
    });
  }
}
