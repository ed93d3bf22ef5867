import type { InventoryChange } from "../servers/inventory.ts";

/** Writes one stream's reports beside its commands, whose results need not wait for them. */
export interface InventoryLane {
  add(change: InventoryChange): void;
  /** changes that are not being written yet */
  readonly waiting: number;
  /** Resolves when everything that was added so far is written. */
  written(): Promise<void>;
  stop(): void;
}

/**
 * Changes are written in their order, and all that came while a write was under way by the next
 * one together: a busy engine makes fewer writes, not a longer queue.
 * @param write never called again before it has resolved; once it rejects nothing more is written
 */
export function inventoryLane(
  write: (changes: InventoryChange[]) => Promise<void>,
  failed: (error: unknown) => void,
): InventoryLane {
  let pending: InventoryChange[] = [];
  let running: Promise<void> | null = null;
  let stopped = false;

  async function drain(): Promise<void> {
    while (pending.length > 0 && !stopped) {
      const changes = pending;
      pending = [];
      await write(changes);
    }
  }

  return {
    add(change) {
      if (stopped) return;
      pending.push(change);
      running ??= drain().then(
        () => {
          running = null;
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
      await running;
    },
    stop() {
      stopped = true;
      pending = [];
    },
  };
}
