import { randomBytes } from "node:crypto";
import { lstat, open, readdir, realpath, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { basename, dirname, join } from "node:path";
import { holdLock } from "../data-directory.ts";
import { magic } from "./sealed-file.ts";

/*
 * A backup that is not whole yet is `<file>.<host>-<8 hexadecimal characters>.partial`. Who writes it holds a
 * lock by its path, which goes with the process; so the next backup knows what one that was killed has left.
 */

const end = /^-[0-9a-f]{8}\.partial$/;
const endLength = "-01234567.partial".length;
const dayMs = 86_400_000;

export function newPartial(file: string): string {
  return `${file}.${hostname()}-${randomBytes(4).toString("hex")}.partial`;
}

/** @returns what lets go of it; null: another process holds it */
export async function holdPartial(path: string): Promise<(() => void) | null> {
  return holdLock(`backup ${join(await realpath(dirname(path)), basename(path))}`);
}

/**
 * Removes what backups that were killed have left in a folder: those of this host, and those of others, who
 * may have the folder too, when nothing was written to them for a day.
 * @returns their paths
 */
export async function removeAbandoned(folder: string): Promise<string[]> {
  const removed: string[] = [];
  for (const each of await readdir(folder).catch(() => [])) {
    const host = hostOf(each);
    if (host === null) continue;
    const path = join(folder, each);
    const ours = host === hostname() || host.endsWith(`.${hostname()}`);
    if (!(await isAbandoned(path, ours))) continue;
    const release = await holdPartial(path);
    if (release === null) continue;
    try {
      await rm(path, { force: true });
      removed.push(path);
    } finally {
      release();
    }
  }
  return removed;
}

/** What is written behind the first dot, of which the host's name is the end; null: no partial file. */
function hostOf(file: string): string | null {
  if (!end.test(file.slice(-endLength))) return null;
  const start = file.slice(0, -endLength);
  const dot = start.indexOf(".");
  return dot === -1 ? null : start.slice(dot + 1);
}

async function isAbandoned(path: string, ours: boolean): Promise<boolean> {
  try {
    const { mtimeMs } = await lstat(path);
    return (ours || Date.now() - mtimeMs > dayMs) && (await isBackup(path));
  } catch {
    // It has just been removed, or is not for us to read.
    return false;
  }
}

/** Or the beginning of one. */
async function isBackup(path: string): Promise<boolean> {
  if (!(await lstat(path)).isFile()) return false;
  const handle = await open(path, "r");
  try {
    const start = Buffer.alloc(magic.length);
    const { bytesRead } = await handle.read(start, 0, start.length, 0);
    return start.subarray(0, bytesRead).equals(magic.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}
