import type { InventoryChange } from "../inventory/inventory.ts";

/** Writes one stream's reports beside its commands, whose results need not wait for them. */
export interface InventoryLane {
  add(change: InventoryChange): void;
  /** changes that are not being written yet */
  readonly waiting: number;
  /** Writes everything that was added so far without resting, and resolves when that is done. */
  written(): Promise<void>;
  stop(): void;
}

/** Between two writes: people see this late at the most, and a deploy changes a lot in that time. */
const restMs = 150;
/** The longest rest, however long a write took. */
const longestRestMs = 3000;

/**
 * Changes are written in their order: the first at once, and all that came while it was written,
 * and for a moment after that, by the next write together. A busy engine makes fewer writes, not a
 * longer queue. What took long to write leaves the database to others three times as long.
 * @param write never called again before it has resolved; once it rejects nothing more is written
 */
export function inventoryLane(
  write: (changes: InventoryChange[]) => Promise<void>,
  failed: (error: unknown) => void,
): InventoryLane {
  let pending: InventoryChange[] = [];
  let running: Promise<void> | null = null;
  let stopped = false;
  /** a caller waits for what was added */
  let hurried = false;
  let endRest = (): void => undefined;

  async function drain(): Promise<void> {
    while (pending.length > 0 && !stopped) {
      const changes = pending;
      pending = [];
      const before = performance.now();
      await write(changes);
      const tookMs = performance.now() - before;
      if (!hurried && !stopped) await rest(Math.min(Math.max(restMs, 3 * tookMs), longestRestMs));
    }
  }

  function rest(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, forMs);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    add(change) {
      if (stopped) return;
      pending.push(change);
      running ??= drain().then(
        () => {
          running = null;
          hurried = false;
        },
        (error: unknown) => {
          stopped = true;
          failed(error);
        },
      );
    },
    get waiting() {
      return pending.length;
    },
    async written() {
      if (running === null) return;
      hurried = true;
      endRest();
      await running;
    },
    stop() {
      stopped = true;
      pending = [];
      endRest();
    },
  };
}
