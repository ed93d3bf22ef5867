import { once } from "node:events";
import { createReadStream, existsSync } from "node:fs";
import { type FileHandle, link, open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Readable, Writable } from "node:stream";
import { clearingUp } from "../clearing-up.ts";
import { BackupError } from "./backup-error.ts";
import { holdPartial, newPartial } from "./partial-files.ts";

/** Standard input or output, in place of a file. */
export const standardStream = "-";

/**
 * Writes a new file that is there only when it is whole: under another name first, and on the disk before it
 * gets its own.
 * @throws {BackupError} when there is such a file, or it cannot be written
 */
export async function writeWhole(path: string, bytes: AsyncIterable<Buffer>): Promise<void> {
  const file = resolve(path);
  refuseExisting(file);
  const partial = newPartial(file);
  try {
    const done = await holdPartial(partial);
    await clearingUp(
      async () => {
        await rm(partial, { force: true });
        done?.();
      },
      async () => {
        const handle = await open(partial, "wx", 0o600);
        try {
          for await (const piece of bytes) await handle.writeFile(piece);
          await handle.sync();
        } finally {
          await handle.close();
        }
        await giveName(partial, file);
        await syncFolder(dirname(file));
      },
    );
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "EEXIST") throw exists(file);
    const ours = ["ENOENT", "EACCES", "ENOSPC", "EROFS", "EISDIR", "ENOTDIR", "EDQUOT", "EIO"];
    if (code === undefined || ![...ours, "ENAMETOOLONG", "EFBIG"].includes(code)) throw error;
    throw new BackupError(`${file} cannot be written (${code}): name another file.`);
  }
}

/** Of two that write the same name at once, one gets it. */
async function giveName(partial: string, file: string): Promise<void> {
  try {
    await link(partial, file);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code)) throw error;
    // A file system without links.
    refuseExisting(file);
    await rename(partial, file);
  }
}

export function refuseExisting(file: string): void {
  if (existsSync(file)) throw exists(file);
}

const exists = (file: string) =>
  new BackupError(`${file} exists and is left as it is: name another file.`);

async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder, "r");
    await handle.sync();
  } finally {
    await handle?.close();
  }
}

/** @throws {BackupError} when the stream's reader goes away */
export async function writeStream(stream: Writable, bytes: AsyncIterable<Buffer>): Promise<void> {
  let failure: Error | null = null;
  const failed = new Promise<void>((done) => {
    stream.once("error", (error) => {
      failure = error;
      done();
    });
  });
  const write = (piece: Buffer) =>
    new Promise<void>((done) => {
      stream.write(piece, () => done());
    });
  for await (const piece of bytes) {
    await Promise.race([write(piece), failed]);
    if (failure !== null) {
      throw new BackupError(
        `The backup could not be written to the end (${(failure as NodeJS.ErrnoException).code}): what there is of it is of no use.`,
      );
    }
  }
}

/** @throws {BackupError} when it cannot be opened */
export async function readFileOrInput(path: string, input: Readable): Promise<Readable> {
  if (path === standardStream) return input;
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  try {
    await once(stream, "ready");
  } catch (error) {
    throw new BackupError(
      `${path} cannot be read (${(error as NodeJS.ErrnoException).code}): name a backup, or - for standard input.`,
    );
  }
  return stream;
}
