import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { unmountBelow } from "./mounts.ts";
import { isAlive, killAll, processesMentioning, startTime } from "./processes.ts";

const PREFIX = "bridgeport-test-";

/** Set in the environment of everything a harness starts, so that it can be found again. */
export const SCRATCH_VARIABLE = "BRIDGEPORT_TEST_SCRATCH";

/** A temporary directory that belongs to this process, and everything that was started for it. */
export interface Scratch {
  readonly dir: string;
  /** A path below the directory; its parent exists. */
  path(...parts: string[]): string;
  /** Ends every process that mentions the directory, unmounts what is left below it, and deletes it. */
  remove(): Promise<void>;
}

/**
 * Makes a directory below the system's temporary one. Its name carries the owner's pid and start
 * time, so that `reapAbandoned` recognises what a killed test run leaves behind.
 */
export function createScratch(label: string): Scratch {
  const owner = `${process.pid}-${startTime(process.pid)}`;
  const dir = mkdtempSync(join(tmpdir(), `${PREFIX}${label}-${owner}-`));
  return {
    dir,
    path(...parts) {
      const path = join(dir, ...parts);
      mkdirSync(join(path, ".."), { recursive: true });
      return path;
    },
    remove: () => removeScratch(dir),
  };
}

/** The environment for a process that belongs to `dir`. */
export function environmentOf(dir: string, extra: Record<string, string | undefined> = {}) {
  return { ...process.env, [SCRATCH_VARIABLE]: dir, ...extra };
}

/**
 * Ends the processes and deletes the directories of test processes that no longer run.
 * Returns the directories that were removed.
 */
export async function reapAbandoned(): Promise<string[]> {
  const removed: string[] = [];
  for (const entry of readdirSync(tmpdir())) {
    if (!entry.startsWith(PREFIX)) continue;
    const dir = join(tmpdir(), entry);
    if (ownerRuns(dir) || !isOurs(dir)) continue;
    await removeScratch(dir);
    removed.push(dir);
  }
  return removed;
}

/** False for a scratch directory whose owner no longer runs, and for any other path. */
export function ownerRuns(dir: string): boolean {
  const [, pid, started] = /-(\d+)-(\d+)-[^-]{6}$/.exec(basename(dir)) ?? [];
  return pid !== undefined && isAlive(Number(pid), started);
}

// Another user's cannot be deleted; root cleans up after everybody.
function isOurs(dir: string): boolean {
  const uid = process.getuid?.();
  return uid === 0 || statSync(dir, { throwIfNoEntry: false })?.uid === uid;
}

async function removeScratch(dir: string): Promise<void> {
  await killAll(() => processesMentioning(dir));
  unmountBelow(dir);
  rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}
