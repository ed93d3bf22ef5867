// Directories that a process works in before what it makes there gets its name.
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/**
 * Makes a directory in `cache` for this process, and clears away those of processes that were killed.
 * @param {string} cache made where it is missing
 * @returns {string} its path
 */
export function workplaceIn(cache) {
  mkdirSync(cache, { recursive: true });
  for (const name of readdirSync(cache)) {
    const [, pid] = /^unfinished-(\d+)-/.exec(name) ?? [];
    if (pid && !runs(Number(pid))) rmSync(join(cache, name), { recursive: true, force: true });
  }
  return mkdtempSync(join(cache, `unfinished-${process.pid}-`));
}

function runs(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
