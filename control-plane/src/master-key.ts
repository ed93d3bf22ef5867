import { createHash, randomBytes } from "node:crypto";
import {
  closeSync,
  fchownSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { holdLock } from "./data-directory.ts";

/*
 * The keys that secrets at rest are encrypted with, of 32 bytes each. The first of them is the newest and
 * encrypts; the others decrypt what is not encrypted with that one yet (identity/key-rotation.ts). They are
 * the lines of `<data dir>/master.key`, or what BRIDGEPORT_MASTER_KEY says.
 */

export interface KeyRing {
  /** for people: where the keys are */
  where: string;
  /** @returns the keys in hexadecimal, newest first */
  read(): string[];
}

/** A key is missing, or what should hold it does not. The message says what to do. */
export class MasterKeyError extends Error {
  override readonly name = "MasterKeyError";
}

/** What a key is called where it may be seen. */
export function keyId(key: string): string {
  return createHash("sha256").update(Buffer.from(key, "hex")).digest("hex").slice(0, 8);
}

/** The keys of a text, each once, separated by commas, spaces or line ends. */
export function keysIn(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter((key) => key !== ""))];
}

/** The keys of a text, such as that of a variable. */
export function givenKeys(where: string, text: string): KeyRing {
  return { where, read: () => keysIn(text) };
}

/** The keys of this installation, in a file. The first start makes one. */
export function keyFileIn(dataDir: string): KeyRing {
  const file = keyFile(dataDir);
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  try {
    readKeys(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    makeFirst(file);
  }
  return { where: file, read: () => readKeys(file) };
}

/** Puts a new key in front of the others. Whenever this is killed, the file has all that it had. */
export async function addKey(dataDir: string): Promise<string> {
  const key = newKey();
  await change(dataDir, (keys) => [key, ...keys]);
  return keyId(key);
}

/** The keys that there are in hexadecimal, newest first; empty where there is no file yet. */
export function presentKeys(dataDir: string): string[] {
  try {
    return readKeys(keyFile(dataDir));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}

/**
 * Adds keys that something may be encrypted with below those that there are; where there are none, the first
 * of them is the one that encrypts. Whenever this is killed, the file has all that it had.
 */
export async function keepKeys(dataDir: string, keys: readonly string[]): Promise<void> {
  makeFirst(keyFile(dataDir), keys);
  await change(dataDir, (present) => [...new Set([...present, ...keys])]);
}

/** Removes keys that nothing is encrypted with any longer. The first stays in any case. */
export async function dropKeys(dataDir: string, ids: readonly string[]): Promise<void> {
  await change(dataDir, ([first = "", ...older]) => [
    first,
    ...older.filter((key) => !ids.includes(keyId(key))),
  ]);
}

const keyFile = (dataDir: string) => join(dataDir, "master.key");
const newKey = () => randomBytes(32).toString("hex");

/** One process at a time changes the file, and another file takes its place as a whole. */
async function change(dataDir: string, keys: (present: string[]) => string[]): Promise<void> {
  // Where it is a link, what it leads to.
  const file = realpathSync(keyFile(dataDir));
  const release = await holdLock(`keys in ${file}`);
  if (release === null) {
    throw new MasterKeyError(`Another process is changing ${file}: try again when it has ended.`);
  }
  try {
    const next = `${file}.new`;
    writeKeys(next, keys(readKeys(file)), statSync(file));
    renameSync(next, file);
    syncFolder(file);
  } finally {
    release();
  }
}

/** Written beside and linked, so that there never is half a key and the first of two starts wins. */
function makeFirst(file: string, keys: readonly string[] = [newKey()]): void {
  const fresh = `${file}.${process.pid}`;
  writeKeys(fresh, keys);
  try {
    linkSync(fresh, file);
    syncFolder(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  } finally {
    rmSync(fresh, { force: true });
  }
}

/** @param owner who can read it; else this process's user */
function writeKeys(
  file: string,
  keys: readonly string[],
  owner?: { uid: number; gid: number },
): void {
  // What a process that was killed left behind may be of another mode.
  rmSync(file, { force: true });
  const handle = openSync(file, "wx", 0o600);
  if (owner) fchownSync(handle, owner.uid, owner.gid);
  writeSync(handle, keys.map((key) => `${key}\n`).join(""));
  fsyncSync(handle);
  closeSync(handle);
}

/** So that a power cut does not lose the file's name. */
function syncFolder(file: string): void {
  const handle = openSync(dirname(file), "r");
  fsyncSync(handle);
  closeSync(handle);
}

function readKeys(file: string): string[] {
  const keys = keysIn(readFileSync(file, "utf8"));
  if (keys.length === 0 || !keys.every((key) => /^[0-9a-f]{64}$/i.test(key))) {
    throw new MasterKeyError(
      `${file} does not hold master keys (lines of 64 hexadecimal characters). Restore it from a backup: without it, stored credentials cannot be read.`,
    );
  }
  return keys;
}
