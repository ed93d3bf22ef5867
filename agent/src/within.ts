import { setTimeout as pause } from "node:timers/promises";

/** What `work` resolves to or rejects with, or `late` if that takes longer; then it goes on unheard. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | "late"> {
  const over = new AbortController();
  try {
    return await Promise.race([work, pause(ms, "late" as const, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
