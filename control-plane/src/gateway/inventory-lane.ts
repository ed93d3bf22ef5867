import type { InventoryChange } from "../inventory/inventory.ts";

/** Writes one stream's reports beside its commands, whose results need not wait for them. */
export interface InventoryLane {
  /** @param receivedAt when its message was received, by `performance.now()` */
  add(change: InventoryChange, receivedAt: number): void;
  /** containers that have changed and are not being written yet; a complete inventory counts as one */
  readonly waiting: number;
  /** Writes everything that was added so far without resting, and resolves when that is done. */
  written(): Promise<void>;
  stop(): void;
}

export interface LaneWriter {
  /**
   * Not called again before it has resolved; once it rejects nothing more is written.
   * @returns how long it took, in milliseconds
   */
  write(changes: InventoryChange[]): Promise<number>;
  /** Somebody waits for what is being written. */
  hurry(): void;
  /** What was reported of a container, or of all, has been written; since the first report that it stands for was received. */
  took(seconds: number): void;
  failed(error: unknown): void;
}

/** A container's last state, and when the first report that it stands for was received. */
interface Waiting {
  change: InventoryChange;
  receivedAt: number;
}

/** Between two writes: people see this late at the most, and a deploy changes a lot in that time. */
const restMs = 150;
/** The longest rest, however long a write took. */
const longestRestMs = 3000;

/**
 * Changes are written in their order: the first at once, and all that came while it was written,
 * and for a moment after that, by the next write together. Of a container that changes again and again only
 * the last state waits. A busy engine makes fewer writes, not a longer queue. What took long to write leaves
 * the database to others three times as long.
 */
export function inventoryLane({ write, hurry, took, failed }: LaneWriter): InventoryLane {
  /** by container, as it is now; a complete inventory comes first, and there is nothing older than it */
  let pending = new Map<string, Waiting>();
  let running: Promise<void> | null = null;
  let stopped = false;
  /** a caller waits for what was added */
  let hurried = false;
  let endRest = (): void => undefined;

  async function drain(): Promise<void> {
    while (pending.size > 0 && !stopped) {
      const waiting = [...pending.values()];
      pending = new Map();
      const writing = write(waiting.map(({ change }) => change));
      if (hurried) hurry();
      const tookMs = await writing;
      const writtenAt = performance.now();
      for (const { receivedAt } of waiting) took((writtenAt - receivedAt) / 1000);
      if (!hurried && !stopped) await rest(Math.min(Math.max(restMs, 3 * tookMs), longestRestMs));
    }
    // In the same turn as the look at what waits, or what comes in between would wait for ever.
    running = null;
    hurried = false;
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
    add(change, receivedAt) {
      if (stopped) return;
      const key = keyOf(change);
      // The first one that waits has waited longest.
      const [first] = pending.values();
      const replaced = change.kind === "complete" ? first : pending.get(key);
      if (change.kind === "complete") pending.clear();
      pending.set(key, { change, receivedAt: replaced?.receivedAt ?? receivedAt });
      running ??= drain().catch((error: unknown) => {
        stopped = true;
        failed(error);
      });
    },
    get waiting() {
      return pending.size;
    },
    async written() {
      if (running === null) return;
      hurried = true;
      endRest();
      hurry();
      await running;
    },
    stop() {
      stopped = true;
      pending.clear();
      endRest();
    },
  };
}

function keyOf(change: InventoryChange): string {
  if (change.kind === "complete") return "complete";
  return `container ${change.kind === "upsert" ? change.container.id : change.id}`;
}
