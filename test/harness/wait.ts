import { waitLimitMs } from "./limit.ts";

/** How long and how often to look. */
export interface WaitOptions {
  /** Completes the sentence "Waited … ms for …" of the error. */
  what: string;
  /** Default: the one limit of all waits. */
  timeoutMs?: number;
  /** Default 20 ms. */
  everyMs?: number;
  /** Added to the error: what the condition saw last, a log's tail. */
  explain?: () => string;
}

/**
 * Looks until `condition` returns something truthy, and returns that. An error of the condition
 * counts as "not yet"; the last one is the cause of the error that is thrown when time is up.
 */
export async function waitFor<T>(
  condition: () => T | Promise<T>,
  { what, timeoutMs = waitLimitMs, everyMs = 20, explain }: WaitOptions,
): Promise<Exclude<T, false | null | undefined | 0 | "">> {
  const end = performance.now() + timeoutMs;
  let cause: unknown;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value as Exclude<T, false | null | undefined | 0 | "">;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() >= end) {
      const more = explain ? `\n${explain()}` : "";
      throw new Error(`Waited ${timeoutMs} ms for ${what}.${more}`, { cause });
    }
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
}
