import { setTimeout as pause } from "node:timers/promises";

/**
 * What `work` resolves to or rejects with, or `late` after `ms`; `work` is not stopped then, and its
 * outcome is ignored.
 */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | "late"> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, pause(ms, "late" as const, { signal: timer.signal })]);
  } finally {
    timer.abort();
  }
}
