import pLimit from "p-limit";
import { isAway } from "../database/connection.ts";
import type { Applied, InventoryChange, ReportedChanges } from "../inventory/inventory.ts";

/** What came of one stream's changes. */
export interface WrittenChanges {
  applied: Applied;
  /** how long the database was busy with it, in milliseconds */
  tookMs: number;
}

/** Writes the reports of all streams of this process. */
export interface InventoryBatches {
  /**
   * Writes one stream's changes, with those of others; the stream's next ones are for when this has resolved.
   * Rejects with what failed in these changes.
   */
  write(reported: ReportedChanges): Promise<WrittenChanges>;
  /** What waits now is written without a rest before it. */
  hurry(): void;
}

/** Between two writes: with a hundred streams a hundred changes of that time take as many statements as one. */
const restMs = 75;
/** What is written together: less than holds others up. */
const most = { servers: 250, containers: 500 };
/** What reports more than this is written alone, so that others do not wait for it. */
const mostTogether = 100;
const aloneAtOnce = 4;

interface Waiting extends ReportedChanges {
  size: number;
  resolve(written: WrittenChanges): void;
  reject(error: unknown): void;
}

/**
 * The first changes are written at once; what comes while that is done, and in the short rest after it, is
 * written by the next transaction together, whichever streams it came on. So a busy fleet makes larger writes,
 * not more of them. Changes that cannot be written fail alone.
 */
export function inventoryBatches(
  apply: (reported: readonly ReportedChanges[]) => Promise<Map<string, Applied>>,
): InventoryBatches {
  const alone = pLimit(aloneAtOnce);
  let waiting: Waiting[] = [];
  let running = false;
  let hurried = false;
  let endRest = (): void => undefined;

  async function writeAll(batch: readonly Waiting[]): Promise<void> {
    const began = performance.now();
    try {
      const applied = await apply(batch);
      const tookMs = (performance.now() - began) / batch.length;
      for (const { sessionId, resolve } of batch) {
        resolve({ applied: applied.get(sessionId) ?? null, tookMs });
      }
    } catch (error) {
      if (batch.length === 1 || isAway(error)) for (const { reject } of batch) reject(error);
      else for (const each of batch) await writeAll([each]);
    }
  }

  async function drain(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      hurried = false;
      await writeAll(takeBatch());
      if (!hurried && waiting.length < most.servers) await rest();
    }
    // In the same turn as the look at what waits, or what comes in between would wait for ever.
    running = false;
  }

  function takeBatch(): Waiting[] {
    let containers = 0;
    const fits = waiting.findIndex(({ size }, at) => {
      containers += size;
      return at > 0 && (at >= most.servers || containers > most.containers);
    });
    const batch = fits === -1 ? waiting : waiting.slice(0, fits);
    waiting = fits === -1 ? [] : waiting.slice(fits);
    return batch;
  }

  function rest(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, restMs);
      endRest = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  return {
    write(reported) {
      const size = sizeOf(reported.changes);
      return new Promise((resolve, reject) => {
        const one = { ...reported, size, resolve, reject };
        if (size > mostTogether) {
          void alone(() => writeAll([one]));
          return;
        }
        waiting.push(one);
        if (!running) void drain();
      });
    },
    hurry() {
      hurried = true;
      endRest();
    },
  };
}

function sizeOf(changes: readonly InventoryChange[]): number {
  let size = 0;
  for (const change of changes) size += change.kind === "complete" ? change.containers.length : 1;
  return size;
}
