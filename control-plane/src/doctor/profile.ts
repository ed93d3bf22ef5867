import { Session } from "node:inspector/promises";

/** A process takes one at a time. */
let profiling = false;

/**
 * What this process's processor time is spent on, while everything goes on as before.
 * @param signal ends it early, with what there is by then
 * @returns a `.cpuprofile`, as the developer tools of Chromium and editors open it; null: one is being
 *   taken already
 */
export async function takeProfile(seconds: number, signal: AbortSignal): Promise<object | null> {
  if (profiling) return null;
  profiling = true;
  const session = new Session();
  session.connect();
  try {
    await session.post("Profiler.enable");
    await session.post("Profiler.start");
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      const end = () => {
        clearTimeout(timer);
        resolve();
      };
      if (signal.aborted) end();
      else signal.addEventListener("abort", end, { once: true });
    });
    const { profile } = await session.post("Profiler.stop");
    return profile;
  } finally {
    session.disconnect();
    profiling = false;
  }
}
