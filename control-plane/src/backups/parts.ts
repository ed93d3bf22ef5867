import { createHash } from "node:crypto";
import { BackupError } from "./backup-error.ts";
import { ByteReader, inPieces } from "./bytes.ts";

/*
 * The inner form of a backup: parts with a name, in an order. Each is
 *
 *   P {"name", "about"}   D bytes …   E {"bytes", "sha256"}
 *
 * and Z {"parts"} ends it. A letter is followed by a length of 4 bytes and so many bytes.
 */

export interface Part {
  name: string;
  /** what there is to know before the data is read: JSON */
  about: unknown;
  data: AsyncIterable<Uint8Array>;
}

const pieceBytes = 64 * 1024;

export async function* writeParts(parts: AsyncIterable<Part>): AsyncGenerator<Buffer> {
  let count = 0;
  for await (const { name, about, data } of parts) {
    count++;
    yield* frame("P", Buffer.from(JSON.stringify({ name, about })));
    const hash = createHash("sha256");
    let bytes = 0;
    for await (const piece of inPieces(data, pieceBytes)) {
      hash.update(piece);
      bytes += piece.length;
      yield* frame("D", piece);
    }
    yield* frame("E", Buffer.from(JSON.stringify({ bytes, sha256: hash.digest("hex") })));
  }
  yield* frame("Z", Buffer.from(JSON.stringify({ parts: count })));
}

function* frame(letter: string, payload: Buffer): Generator<Buffer> {
  const head = Buffer.alloc(5, letter);
  head.writeUInt32BE(payload.length, 1);
  yield head;
  yield payload;
}

/**
 * Reads parts one after the other; what a reader leaves of one is read and checked before the next.
 * @throws {BackupError} when a part is not what was written
 */
export async function* readParts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Part> {
  const reader = new ByteReader(source);
  try {
    for (let count = 0; ; count++) {
      const { letter, payload } = await nextFrame(reader);
      if (letter === "Z" && count === numberIn(payload, "parts")) break;
      if (letter !== "P") throw damaged(`after part ${count}`);
      const { name, about } = JSON.parse(payload.toString("utf8")) as Omit<Part, "data">;
      const data = dataOf(reader, name);
      yield { name, about, data };
      for await (const _ of data) {
        // To the end, for its checksum.
      }
    }
    if (!(await reader.atEnd())) throw damaged("behind its end");
  } finally {
    await reader.close();
  }
}

async function* readData(reader: ByteReader, name: string): AsyncGenerator<Buffer> {
  const hash = createHash("sha256");
  let bytes = 0;
  for (;;) {
    const { letter, payload } = await nextFrame(reader);
    if (letter === "D") {
      hash.update(payload);
      bytes += payload.length;
      yield payload;
      continue;
    }
    const end = letter === "E" ? JSON.parse(payload.toString("utf8")) : null;
    if (end?.bytes !== bytes || end.sha256 !== hash.digest("hex")) throw damaged(`in ${name}`);
    return;
  }
}

/** Data that several loops may read one after the other, each where the last one stopped. */
function dataOf(reader: ByteReader, name: string): AsyncIterable<Buffer> {
  const data = readData(reader, name);
  return { [Symbol.asyncIterator]: () => ({ next: () => data.next() }) };
}

async function nextFrame(reader: ByteReader): Promise<{ letter: string; payload: Buffer }> {
  const head = await reader.take(5);
  const payload = head && (await reader.take(Math.min(head.readUInt32BE(1), mostBytes)));
  if (head === null || payload === null) throw damaged("at its end");
  return { letter: String.fromCharCode(head[0] ?? 0), payload };
}

const mostBytes = 16 * 1024 * 1024;

function numberIn(payload: Buffer, name: string): number {
  return Number((JSON.parse(payload.toString("utf8")) as Record<string, unknown>)[name]);
}

const damaged = (where: string) =>
  new BackupError(`What is in this backup is not what was written (${where}). Use another one.`);
