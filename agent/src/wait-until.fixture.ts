import { setTimeout as pause } from "node:timers/promises";
import { waitLimitMs } from "../../test/harness/limit.ts";

/** Looks until `condition` holds, and gives what it gave. Rejects with `what` when time is up. */
export async function waitUntil<T>(
  what: string,
  condition: () => T | null | undefined | false,
  timeoutMs = waitLimitMs,
): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const value = condition();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > end) throw new Error(`Waited ${timeoutMs} ms until ${what}`);
    // Not the global one, which a test may have stopped.
    await pause(5);
  }
}
