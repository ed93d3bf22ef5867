import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Writes `data` to `path` so that a crash at any moment leaves either the complete old file or the
 * complete new one. Once it has resolved, the new file survives a power cut.
 */
export async function writeDurably(path: string, data: string, mode = 0o600): Promise<void> {
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(data);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/** Adds `data` to the end of a file that exists: all of it, on disk when it resolves, or nothing. */
export async function appendDurably(path: string, data: string): Promise<void> {
  // Not "a", which would create a missing file, without the beginning that it had.
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    await appendWhole(file, size, Buffer.from(data));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/**
 * Appends all of `data` at `size`, or nothing. A disk that is full may write a part and report only the
 * number of bytes: that part is removed, as half a line would make the next one unreadable.
 */
export async function appendWhole(
  file: Pick<FileHandle, "truncate"> & {
    write(
      data: Buffer,
      offset: number,
      length: number,
      position: number,
    ): Promise<{ bytesWritten: number }>;
  },
  size: number,
  data: Buffer,
): Promise<void> {
  try {
    for (let done = 0; done < data.length; ) {
      const { bytesWritten } = await file.write(data, done, data.length - done, size + done);
      if (bytesWritten === 0) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
      done += bytesWritten;
    }
  } catch (error) {
    await file.truncate(size);
    throw error;
  }
}

/** Makes renames and removals in a directory survive a power cut. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
