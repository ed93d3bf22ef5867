import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, open, readdir, rename, rm, statfs } from "node:fs/promises";
import { basename, join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { createGunzip } from "node:zlib";
import { syncDirectory } from "../state/durable-file.ts";
import { programsIn } from "./record.ts";

const run = promisify(execFile);

/** No program of the agent is larger than this. */
const mostBytes = 512 * 1024 * 1024;
const wantedFreeBytes = 200 * 1024 * 1024;

/** Why a program cannot be had: a sentence. */
export class UnusableProgram extends Error {
  override readonly name = "UnusableProgram";
  /** whether another attempt may succeed */
  readonly passes: boolean;

  constructor(message: string, { passes = false } = {}) {
    super(message);
    this.passes = passes;
  }
}

/**
 * Stores a program in the state directory: whole, with the right hash, and one that starts here and says
 * that it is the version that was meant.
 * @param content compressed by gzip
 * @returns its path
 * @throws {UnusableProgram}
 */
export async function storeProgram(
  stateDir: string,
  wanted: { version: string; sha256: string },
  content: AsyncIterable<Uint8Array>,
): Promise<string> {
  const directory = programsIn(stateDir);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  // What a process that was killed has left.
  for (const name of await readdir(directory)) {
    if (name.endsWith(".part")) await rm(join(directory, name), { force: true });
  }
  const { bavail, bsize } = await statfs(directory);
  if (bavail * bsize < wantedFreeBytes) {
    throw new UnusableProgram(
      `There are only ${Math.floor((bavail * bsize) / 1024 ** 2)} MB free in ${directory}: the upgrade needs 200 MB there.`,
    );
  }
  const file = join(directory, `bridgeport-agent-${wanted.version}-${wanted.sha256.slice(0, 12)}`);
  const part = `${file}.part`;
  try {
    const found = await write(part, content);
    if (found !== wanted.sha256) {
      throw new UnusableProgram(
        "What was downloaded is not the program that was announced: its hash is another one.",
      );
    }
    await rename(part, file);
    await syncDirectory(directory);
  } catch (error) {
    await rm(part, { force: true });
    if (error instanceof UnusableProgram) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOSPC") throw new UnusableProgram(`There is no space left in ${directory}.`);
    throw new UnusableProgram(`The program could not be downloaded (${message}).`, {
      passes: true,
    });
  }
  await requireVersion(file, wanted.version);
  return file;
}

async function write(path: string, content: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash("sha256");
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length;
      hash.update(chunk);
      done(bytes > mostBytes ? new Error("it is too large") : null, chunk);
    },
  });
  await pipeline(content, createGunzip(), counted, createWriteStream(path, { mode: 0o700 }));
  const file = await open(path, "r+");
  try {
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

async function requireVersion(file: string, version: string): Promise<void> {
  let said: string;
  try {
    said = (await run(file, ["--version"], { timeout: 60_000 })).stdout.trim();
  } catch (error) {
    await rm(file, { force: true });
    const { code, stderr = "", message } = error as NodeJS.ErrnoException & { stderr?: string };
    const reason =
      code === "EACCES" ? "its directory forbids to run programs" : lastLine(stderr) || message;
    throw new UnusableProgram(`The version ${version} does not start on this host: ${reason}.`);
  }
  if (said === version) return;
  await rm(file, { force: true });
  throw new UnusableProgram(
    `What was downloaded as ${version} calls itself ${said.slice(0, 100)}.`,
  );
}

function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
}

/** Removes programs that none of these is. */
export async function removeOtherPrograms(
  stateDir: string,
  kept: readonly (string | undefined)[],
): Promise<void> {
  const directory = programsIn(stateDir);
  const names = new Set(kept.map((file) => file && basename(file)));
  try {
    for (const name of await readdir(directory)) {
      if (!names.has(name)) await rm(join(directory, name), { force: true });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
