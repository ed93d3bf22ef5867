import { posix } from "node:path";
import { Readable } from "node:stream";
import { CommandFailure } from "../../command.ts";
import { type Engine, openStream } from "../client.ts";
import { factsOf } from "./layer.ts";

/** Files of one container that another one is to have as well. */
export interface CarriedFiles {
  /** id of the container that has them */
  from: string;
  /** absolute, each after the directories that it is in */
  paths: readonly string[];
  /** of all of them together, at most */
  maxBytes: number;
}

/**
 * Copies files from one container to another, with their owners, modes, times and extended attributes.
 * Neither of them has to run. What the other one has at such a path is replaced, unless one of the two
 * is a directory and the other is not: then the engine refuses.
 */
export async function copyFiles(engine: Engine, files: CarriedFiles, to: string): Promise<void> {
  const paths = await withMissingDirectories(engine, files, to);
  const over = new AbortController();
  let failure: unknown = null;
  async function* archive(): AsyncGenerator<Buffer> {
    let left = files.maxBytes;
    try {
      for (const path of paths) {
        for await (const block of entryOf(engine, files.from, path, over.signal, left)) {
          left -= block.length;
          yield block;
        }
      }
      yield Buffer.alloc(2 * blockSize);
    } catch (error) {
      failure = error;
      // The engine would wait for the rest forever.
      over.abort();
    }
  }
  try {
    await engine.docker
      .getContainer(to)
      .putArchive(Readable.from(archive(), { objectMode: false }), {
        path: "/",
        noOverwriteDirNonDir: "1",
        // Docker's default, and not Podman's.
        copyUIDGID: "0",
        abortSignal: over.signal,
      });
  } catch (error) {
    throw failure ?? error;
  }
}

/** A directory of the old image need not be in the new one: then it comes along, empty. */
async function withMissingDirectories(
  engine: Engine,
  { from, paths }: CarriedFiles,
  to: string,
): Promise<string[]> {
  const present = new Set<string>(["/", ...paths]);
  const all: string[] = [];
  for (const path of paths) {
    const missing: string[] = [];
    for (let parent = posix.dirname(path); !present.has(parent); parent = posix.dirname(parent)) {
      present.add(parent);
      if ((await factsOf(engine, to, parent)) !== null) break;
      if ((await factsOf(engine, from, parent))?.type === "directory") missing.unshift(parent);
    }
    all.push(...missing, path);
  }
  return all;
}

const blockSize = 512;

/**
 * One path as an entry of an archive of `/`: the engine's own archive of it, under its whole path. A
 * directory comes without its contents. One that is gone meanwhile is left out.
 */
async function* entryOf(
  engine: Engine,
  id: string,
  path: string,
  signal: AbortSignal,
  maxBytes: number,
): AsyncGenerator<Buffer> {
  const stream = await openStream(engine, `/containers/${id}/archive`, { path }, signal);
  // Of one that has been read to its end nothing is to be heard any longer.
  stream.on("error", () => undefined);
  try {
    const read = blocksOf(stream);
    let extended: Buffer = Buffer.alloc(0);
    for (;;) {
      const header = await read(blockSize);
      const size = sizeOf(header, extended);
      if (typeFlagOf(header) === "x") {
        extended = (await read(padded(size))).subarray(0, size);
        continue;
      }
      yield renamed(header, extended, path.slice(1));
      if (typeFlagOf(header) !== "0" && typeFlagOf(header) !== "\0") return;
      if (size > maxBytes) {
        throw new CommandFailure(
          "create_failed",
          `${path} in the container has grown while it was being carried over, beyond what a deploy carries over.`,
        );
      }
      for (let left = padded(size); left > 0; ) {
        const block = await read(Math.min(left, 64 * 1024));
        left -= block.length;
        yield block;
      }
      return;
    }
  } finally {
    stream.destroy();
  }
}

/** Reads exactly so many bytes at a time. */
function blocksOf(stream: AsyncIterable<Buffer>): (size: number) => Promise<Buffer> {
  const chunks = stream[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  return async (size) => {
    while (held.length < size) {
      const { value, done } = await chunks.next();
      if (done) throw new Error("The engine's archive ended in the middle of a file.");
      held = Buffer.concat([held, value]);
    }
    const block = held.subarray(0, size);
    held = held.subarray(size);
    return block;
  };
}

function padded(size: number): number {
  return Math.ceil(size / blockSize) * blockSize;
}

function typeFlagOf(header: Buffer): string {
  return String.fromCharCode(header[156] ?? 0);
}

function sizeOf(header: Buffer, extended: Buffer): number {
  const record = recordsOf(extended).find(({ key }) => key === "size");
  if (record !== undefined) return Number(record.value);
  return Number.parseInt(header.subarray(124, 136).toString("latin1"), 8) || 0;
}

/** Records of an extended header, `<length> <key>=<value>\n` each; values are bytes. */
function recordsOf(extended: Buffer): { key: string; value: string; raw: Buffer }[] {
  const records = [];
  for (let at = 0; at < extended.length; ) {
    const length = Number.parseInt(extended.subarray(at, at + 20).toString("latin1"), 10);
    if (!(length > 0)) break;
    const raw = extended.subarray(at, at + length);
    const text = raw.toString("latin1");
    const [start, equals] = [text.indexOf(" ") + 1, text.indexOf("=")];
    records.push({ key: text.slice(start, equals), value: text.slice(equals + 1, -1), raw });
    at += length;
  }
  return records;
}

/** The same entry with another path, which always stands in the extended header, however long it is. */
export function renamed(header: Buffer, extended: Buffer, path: string): Buffer {
  const kept = recordsOf(extended).filter(({ key }) => key !== "path");
  const records = Buffer.concat([...kept.map(({ raw }) => raw), recordOf("path", path)]);
  const own = Buffer.from(header);
  writeName(own, path);
  const before = Buffer.alloc(blockSize);
  writeName(before, `PaxHeaders/${path}`);
  before.write("0000644\x000000000\x000000000\0", 100, "latin1");
  before.write(`${records.length.toString(8).padStart(11, "0")}\0${"0".repeat(11)}\0`, 124);
  before.write("x", 156);
  before.write("ustar\x0000", 257);
  for (const block of [own, before]) writeChecksum(block);
  const rest = Buffer.alloc(padded(records.length) - records.length);
  return Buffer.concat([before, records, rest, own]);
}

function recordOf(key: string, value: string): Buffer {
  const rest = Buffer.from(` ${key}=${value}\n`);
  let length = rest.length;
  while (String(length).length + rest.length !== length)
    length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

/** What fits of it, and nothing in the field for what comes before it. */
function writeName(header: Buffer, name: string): void {
  header.fill(0, 0, 100).fill(0, 345, 500);
  Buffer.from(name).copy(header, 0, 0, 100);
}

function writeChecksum(header: Buffer): void {
  header.fill(" ", 148, 156);
  let sum = 0;
  for (const byte of header) sum += byte;
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
}
