import { execFileSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Makes a directory a disk of its own in memory. It goes with the scratch directory that it is in. */
export function mountSmallDisk(directory: string, megabytes: number): void {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const options = `size=${megabytes}m,mode=0700`;
  execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", directory]);
}

/** Leaves no byte free on the disk of a directory. @returns makes the room again */
export function fillDisk(directory: string): () => void {
  const path = join(directory, "filler");
  const file = openSync(path, "w");
  try {
    // To the last page: a small file must not fit, either.
    for (const bytes of [1 << 20, 4096, 1]) fill(file, Buffer.alloc(bytes));
  } finally {
    closeSync(file);
  }
  return () => rmSync(path, { force: true });
}

function fill(file: number, piece: Buffer): void {
  try {
    while (writeSync(file, piece) === piece.length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
