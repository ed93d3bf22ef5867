import { setTimeout as pause } from "node:timers/promises";
import { engineErrorKind } from "./client.ts";

/** A stream of the engine that is being read. */
export interface OpenedStream {
  /** Resolves when nothing more comes: the engine finished it, or its connection was cut. */
  over: Promise<"finished" | "cut">;
}

export interface ReopenTiming {
  /** between attempts, doubling */
  againMs: { first: number; last: number };
  /** an engine that could not be reached for so long is gone */
  goneMs: number;
}

const usual: ReopenTiming = { againMs: { first: 100, last: 2_000 }, goneMs: 10_000 };

/**
 * Opens a stream again whenever its connection is cut, as proxies do with what was silent for a
 * while. Resolves when the stream is finished, or `signal` aborts. Rejects when the engine cannot
 * be reached for a while, or refuses the stream.
 */
export async function keepOpen(
  first: OpenedStream,
  openAgain: () => Promise<OpenedStream>,
  signal: AbortSignal,
  timing: ReopenTiming = usual,
): Promise<void> {
  const { againMs, goneMs } = timing;
  const wait = (ms: number) => pause(ms, undefined, { signal }).catch(() => undefined);
  let stream = first;
  let delay = againMs.first;
  for (;;) {
    const openedAt = performance.now();
    const end = await stream.over;
    if (end === "finished" || signal.aborted) return;
    // One that is cut as soon as it is open is opened less and less often.
    if (performance.now() - openedAt > againMs.last) delay = againMs.first;
    else {
      await wait(delay);
      delay = Math.min(delay * 2, againMs.last);
    }
    const giveUpAt = performance.now() + goneMs;
    for (let retryMs = againMs.first; ; retryMs = Math.min(retryMs * 2, againMs.last)) {
      try {
        stream = await openAgain();
        break;
      } catch (error) {
        if (signal.aborted) return;
        const mayPass = ["unavailable", "silent"].includes(engineErrorKind(error));
        if (!mayPass || performance.now() > giveUpAt) throw error;
        await wait(retryMs);
      }
    }
  }
}
