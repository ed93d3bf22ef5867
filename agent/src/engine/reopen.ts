import { setTimeout as pause } from "node:timers/promises";
import { engineErrorKind } from "./client.ts";

/** A stream of the engine that is being read. */
export interface OpenedStream {
  /** Resolves when the stream ends: the engine finished it, or its connection was cut. */
  over: Promise<"finished" | "cut">;
}

export interface ReopenTiming {
  /** the wait between attempts, doubling from `first` to `last` */
  retryDelayMs: { first: number; last: number };
  /** how long an engine that cannot be reached is retried */
  giveUpAfterMs: number;
}

const defaultTiming: ReopenTiming = {
  retryDelayMs: { first: 100, last: 2_000 },
  giveUpAfterMs: 10_000,
};

/**
 * Opens a stream again whenever its connection is cut, as proxies cut connections that were silent for
 * a while. Resolves when the engine finishes the stream, or `signal` aborts. Rejects when the engine
 * cannot be reached for a while, or refuses the stream.
 */
export async function keepOpen(
  first: OpenedStream,
  openAgain: () => Promise<OpenedStream>,
  signal: AbortSignal,
  timing: ReopenTiming = defaultTiming,
): Promise<void> {
  const { retryDelayMs, giveUpAfterMs } = timing;
  const wait = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);
  let stream = first;
  let delay = retryDelayMs.first;
  for (;;) {
    const openedAt = performance.now();
    const end = await stream.over;
    if (end === "finished" || signal.aborted) return;
    // A stream that is cut as soon as it is open is opened again after longer and longer waits.
    if (performance.now() - openedAt > retryDelayMs.last) delay = retryDelayMs.first;
    else {
      await wait(delay);
      delay = Math.min(delay * 2, retryDelayMs.last);
    }
    const giveUpAt = performance.now() + giveUpAfterMs;
    for (let retryMs = retryDelayMs.first; ; retryMs = Math.min(retryMs * 2, retryDelayMs.last)) {
      try {
        stream = await openAgain();
        break;
      } catch (error) {
        if (signal.aborted) return;
        const isTemporary = ["unavailable", "silent"].includes(engineErrorKind(error));
        if (!isTemporary || performance.now() > giveUpAt) throw error;
        await wait(retryMs);
      }
    }
  }
}
