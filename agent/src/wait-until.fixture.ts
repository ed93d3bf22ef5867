import { setTimeout as pause } from "node:timers/promises";
import { waitLimitMs } from "../../test/harness/limit.ts";

/** Calls `condition` until it returns a value, and resolves to that. Rejects with `what` after the timeout. */
export async function waitUntil<T>(
  what: string,
  condition: () => T | null | undefined | false,
  timeoutMs = waitLimitMs,
): Promise<T> {
  const giveUpAt = performance.now() + timeoutMs;
  for (;;) {
    const value = condition();
    if (value !== null && value !== undefined && value !== false) return value;
    if (performance.now() > giveUpAt) throw new Error(`Waited ${timeoutMs} ms until ${what}`);
    // Not the global setTimeout, which a test may have replaced by fake timers.
    await pause(5);
  }
}
