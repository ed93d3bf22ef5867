/*
 * What has to be cleared up when a piece of work is over, and also where a signal ends the process in the
 * middle of it: a server that was started for it, half a file.
 */

const due: (() => Promise<void> | void)[] = [];

/** Works, and clears up afterwards, however the work or the process ends; only kill -9 leaves it undone. */
export async function clearingUp<T>(
  clear: () => Promise<void> | void,
  work: () => Promise<T>,
): Promise<T> {
  due.push(clear);
  try {
    return await work();
  } finally {
    const at = due.indexOf(clear);
    if (at >= 0) {
      due.splice(at, 1);
      await clear();
    }
  }
}

/** Clears up everything that is under way, what was begun last first. A failure keeps none of the others. */
export async function clearUpAll(): Promise<void> {
  for (let clear = due.pop(); clear; clear = due.pop()) {
    try {
      await clear();
    } catch {
      // The next start of what was left goes on from there, as after a kill -9.
    }
  }
}
