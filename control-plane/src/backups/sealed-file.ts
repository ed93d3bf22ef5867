import {
  createCipheriv,
  createDecipheriv,
  createHash,
  hkdfSync,
  randomBytes,
  scrypt,
} from "node:crypto";
import { promisify } from "node:util";
import { z } from "zod";
import { keyId } from "../master-key.ts";
import { BackupError } from "./backup-error.ts";
import { ByteReader, inPieces } from "./bytes.ts";

/*
 * The outer form of a backup: encrypted, and of a piece. A file is
 *
 *   "BRIDGEPORT BACKUP\n" | length of the header, 4 bytes | header, JSON
 *   chunks: length, 4 bytes | AES-256-GCM ciphertext | tag, 16 bytes
 *
 * Numbers are big-endian. A file has a key of its own, made from its salt and the passphrase (scrypt) or the
 * master key (HKDF), so that a chunk's nonce is its number. With each chunk are authenticated the SHA-256 of
 * the header, its number, and whether it is the last: nothing can be cut off, added, swapped or taken from another file.
 */

/** What a backup is encrypted with. */
export type Lock = { passphrase: string } | { masterKey: string };

/** How each backup begins. */
export const magic = Buffer.from("BRIDGEPORT BACKUP\n");
/** What this version writes, and the newest that it reads. */
export const formatVersion = 1;
const chunkBytes = 64 * 1024;
const tagBytes = 16;
const mostHeaderBytes = 4096;
// 128 MiB and about half a second for each guess.
const cost = { n: 2 ** 17, r: 8, p: 1 };
/** What a header may ask for to open a file: one that was made by others must not exhaust the machine. */
const mostMemory = 512 * 1024 * 1024;
const memoryOf = ({ n, r }: { n: number; r: number }) => 128 * n * r;

const base64 = z.string().max(200);
const headerSchema = z.object({
  format: z.number(),
  lock: z.discriminatedUnion("kind", [
    z
      .object({
        kind: z.literal("passphrase"),
        salt: base64,
        n: z
          .number()
          .int()
          .min(2)
          .refine((n) => Number.isInteger(Math.log2(n))),
        r: z.number().int().min(1).max(16),
        p: z.number().int().min(1).max(4),
      })
      .refine((own) => memoryOf(own) <= mostMemory),
    z.object({ kind: z.literal("master_key"), salt: base64, keyId: z.string().max(64) }),
  ]),
  /** tells a wrong passphrase from a damaged file */
  check: base64,
});
type Header = z.infer<typeof headerSchema>;
export type LockKind = Header["lock"]["kind"];

/** Encrypts a stream. The first piece is the header. */
export async function* seal(plain: AsyncIterable<Uint8Array>, lock: Lock): AsyncGenerator<Buffer> {
  const salt = randomBytes(16).toString("base64");
  const own: Header["lock"] =
    "passphrase" in lock
      ? { kind: "passphrase", salt, ...cost }
      : { kind: "master_key", salt, keyId: keyId(lock.masterKey) };
  const secret = "passphrase" in lock ? lock.passphrase : lock.masterKey;
  const { key, check } = await keyFor(own, secret);
  const header = Buffer.from(JSON.stringify({ format: formatVersion, lock: own, check }));
  yield Buffer.concat([magic, lengthOf(header.length), header]);

  const digest = createHash("sha256").update(header).digest();
  const sealed = (piece: Buffer, number: number, last: boolean) => {
    const cipher = createCipheriv("aes-256-gcm", key, nonceOf(number));
    cipher.setAAD(contextOf(digest, number, last));
    const body = Buffer.concat([cipher.update(piece), cipher.final()]);
    return Buffer.concat([lengthOf(body.length), body, cipher.getAuthTag()]);
  };
  let number = 0;
  let before: Buffer | null = null;
  for await (const piece of inPieces(plain, chunkBytes)) {
    if (before !== null) yield sealed(before, number++, false);
    before = piece;
  }
  yield sealed(before ?? Buffer.alloc(0), number, true);
}

/**
 * Decrypts what {@link seal} made. The pieces are authentic each, and complete once the generator returns.
 * @param secretFor the passphrase, or the master key of that id in hexadecimal
 * @throws {BackupError} for another file, a newer format, a wrong secret, and whatever was changed or is missing
 */
export async function* unseal(
  source: AsyncIterable<Uint8Array>,
  secretFor: (lock: Header["lock"]) => string | Promise<string>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source);
  try {
    const { header, digest } = await readHeader(reader);
    const { key, check } = await keyFor(header.lock, await secretFor(header.lock));
    if (check !== header.check) {
      throw new BackupError(
        header.lock.kind === "passphrase"
          ? "This is not the passphrase of this backup, or the beginning of the file is damaged."
          : `The master key ${header.lock.keyId} does not open this backup: the beginning of the file is damaged. Use another copy.`,
      );
    }
    for (let number = 0; ; number++) {
      const { plain, last } = await readChunk(reader, { key, digest, number });
      yield plain;
      if (last) break;
    }
    if (!(await reader.atEnd())) {
      throw new BackupError(
        "Something was added behind the end of this backup. Use another copy of the file.",
      );
    }
  } finally {
    await reader.close();
  }
}

async function readHeader(reader: ByteReader): Promise<{ header: Header; digest: Buffer }> {
  const start = await reader.take(magic.length);
  if (start === null || !start.equals(magic)) {
    throw new BackupError("This file is not a backup of Bridgeport.");
  }
  const length = (await reader.take(4))?.readUInt32BE(0) ?? 0;
  if (length > mostHeaderBytes) throw damagedHeader();
  const bytes = length === 0 ? null : await reader.take(length);
  if (bytes === null) throw cut();
  const json = parsedJson(bytes);
  const format = z.object({ format: z.number() }).safeParse(json);
  if (format.success && format.data.format > formatVersion) {
    throw new BackupError(
      `This backup has the format ${format.data.format}, and this version of Bridgeport reads formats up to ${formatVersion}: restore it with the version that made it, or a newer one.`,
    );
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) throw damagedHeader();
  return { header: header.data, digest: createHash("sha256").update(bytes).digest() };
}

async function readChunk(
  reader: ByteReader,
  { key, digest, number }: { key: Buffer; digest: Buffer; number: number },
): Promise<{ plain: Buffer; last: boolean }> {
  const length = (await reader.take(4))?.readUInt32BE(0);
  if (length === undefined) throw cut();
  const changed = new BackupError(
    `This backup was changed or is damaged (at chunk ${number + 1}). Use another copy of the file.`,
  );
  if (length > chunkBytes) throw changed;
  const sealed = await reader.take(length + tagBytes);
  if (sealed === null) throw cut();
  const last = await reader.atEnd();
  for (const asLast of [last, !last]) {
    const decipher = createDecipheriv("aes-256-gcm", key, nonceOf(number), {
      authTagLength: tagBytes,
    });
    decipher.setAAD(contextOf(digest, number, asLast)).setAuthTag(sealed.subarray(length));
    const plain = decipher.update(sealed.subarray(0, length));
    try {
      decipher.final();
    } catch {
      continue;
    }
    if (last && !asLast) throw cut();
    return { plain, last: asLast };
  }
  throw changed;
}

const scryptOf = promisify<string, Buffer, number, object, Buffer>(scrypt);

async function keyFor(
  lock: Header["lock"],
  secret: string,
): Promise<{ key: Buffer; check: string }> {
  const salt = Buffer.from(lock.salt, "base64");
  const both =
    lock.kind === "passphrase"
      ? await scryptOf(secret.normalize("NFC"), salt, 40, {
          N: lock.n,
          r: lock.r,
          p: lock.p,
          maxmem: 2 * memoryOf(lock),
        })
      : Buffer.from(hkdfSync("sha256", Buffer.from(secret, "hex"), salt, "bridgeport backup", 40));
  return { key: both.subarray(0, 32), check: both.subarray(32).toString("base64") };
}

function nonceOf(number: number): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeBigUInt64BE(BigInt(number), 4);
  return nonce;
}

function contextOf(header: Buffer, number: number, last: boolean): Buffer {
  return Buffer.concat([header, nonceOf(number), Buffer.from([last ? 1 : 0])]);
}

function lengthOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function parsedJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}

const cut = () =>
  new BackupError("The file ends before the backup does: it was cut. Use another copy of it.");
const damagedHeader = () =>
  new BackupError("The beginning of this backup is damaged. Use another copy of the file.");
