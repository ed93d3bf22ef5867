import { randomBytes } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/**
 * Puts `data` at `path` so that a crash at any moment leaves either the old file or the
 * new one, whole, and that a power cut after it resolved does not bring the old one back.
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
  // Not "a": a file that is gone must not come back with its beginning missing.
  const file = await open(path, "r+");
  try {
    const { size } = await file.stat();
    await appendWhole(file, size, Buffer.from(data));
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** A disk that fills up takes a part and says so by the number alone: half a line would spoil the next. */
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

/** Makes renames and removals in a directory last. */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, "r");
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}
