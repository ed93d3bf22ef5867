import { setTimeout as sleep } from "node:timers/promises";
import type { Logger } from "../log.ts";
import { StartRefused } from "../start-refused.ts";

/** How long is tried while the control plane does not answer. */
export const patienceMs = 30_000;
const firstWaitMs = 500;
const longestWaitMs = 5_000;

/** An attempt that failed, where the next one may do better. */
export class TryAgain extends Error {
  override readonly name = "TryAgain";
  /** as it asks for; null: it does not say */
  readonly waitMs: number | null;

  constructor(reason: string, waitMs: number | null = null) {
    super(reason);
    this.waitMs = waitMs;
  }
}

/**
 * Tries again and again where that may help, each time after a longer wait.
 * @param place what is asked, for the log
 * @param forMs how long
 * @param giveUp the sentence about what cannot be reached, and why
 * @throws {StartRefused} when it has been tried for long enough
 */
export async function persist<T>(
  attempt: () => Promise<T>,
  {
    place,
    giveUp,
    forMs,
    log,
  }: { place: string; giveUp: (reason: string) => string; forMs: number; log: Logger },
): Promise<T> {
  const giveUpAt = Date.now() + forMs;
  for (let failed = 0; ; failed += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof TryAgain)) throw error;
      // Many agents that are started together do not ask again together.
      const jitter = 0.75 + Math.random() / 2;
      const waitMs = error.waitMs ?? Math.min(firstWaitMs * 2 ** failed, longestWaitMs) * jitter;
      const reason = error.message.replace(/\.$/, "");
      if (Date.now() + waitMs >= giveUpAt) throw new StartRefused(giveUp(reason));
      log.warn("The control plane does not answer yet", { address: place, reason });
      await sleep(waitMs);
    }
  }
}
