import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { z } from "zod";
import { BackupError } from "./backup-error.ts";
import { type Manifest, manifestSchema } from "./manifest.ts";
import { type Part, readParts } from "./parts.ts";
import { type LockKind, unseal } from "./sealed-file.ts";
import type { Counter, Table } from "./tables.store.ts";

/** How a backup is opened. */
export interface Opener {
  passphrase(): Promise<string>;
  /** @returns the master key of that id in hexadecimal; null: it is not here */
  masterKey(id: string): string | null;
}

export interface Backup {
  manifest: Manifest;
  lock: LockKind;
  /** the master keys in hexadecimal, the newest first; empty: the backup does not have them */
  keys: string[];
  /** each is to be read before the next */
  tables: AsyncIterable<Table & { data: AsyncIterable<Uint8Array> }>;
  /** known when all tables were read, and the file was whole to its end */
  counters(): Counter[];
}

const keysSchema = z.object({ keys: z.array(z.string().regex(/^[0-9a-f]{64}$/)) });
const tableSchema = z.object({ name: z.string(), columns: z.array(z.string()).min(1) });
const countersSchema = z.object({
  counters: z.array(z.object({ table: z.string(), column: z.string(), value: z.number() })),
});

/**
 * Opens a backup. What is read of it is what was written, or reading fails.
 * @throws {BackupError} when it is no backup, is damaged, or cannot be opened with what there is
 */
export async function openBackup(file: AsyncIterable<Uint8Array>, opener: Opener): Promise<Backup> {
  let lock: LockKind = "passphrase";
  const plain = unseal(file, async (found) => {
    lock = found.kind;
    if (found.kind === "passphrase") return opener.passphrase();
    const key = opener.masterKey(found.keyId);
    if (key !== null) return key;
    throw new BackupError(
      `This backup is encrypted with the master key ${found.keyId}, and does not contain it. Put that key into master.key of the data directory, or BRIDGEPORT_MASTER_KEY.`,
    );
  });
  const parts = readParts(pipeline(Readable.from(plain), createGunzip(), () => {}));
  const manifest = known(manifestSchema, await about(parts, "manifest"));
  const { keys } = known(keysSchema, await about(parts, "keys"));
  let counters: Counter[] | null = null;
  async function* tables(): AsyncGenerator<Table & { data: AsyncIterable<Uint8Array> }> {
    for await (const part of parts) {
      if (part.name === "table") yield { ...known(tableSchema, part.about), data: part.data };
      if (part.name === "counters") counters = known(countersSchema, part.about).counters;
    }
    if (counters === null) throw new BackupError("This backup lacks its last part. Use another.");
  }
  return {
    manifest,
    lock,
    keys,
    tables: tables(),
    counters: () => counters ?? [],
  };
}

async function about(parts: AsyncGenerator<Part>, name: string): Promise<unknown> {
  const { value } = await parts.next();
  if (value?.name === name) return value.about;
  throw new BackupError(`This backup lacks its ${name}. Use another one.`);
}

/** What is whole and yet not understood was written by another version. */
function known<T>(schema: z.ZodType<T>, value: unknown): T {
  const { success, data } = schema.safeParse(value);
  if (success) return data;
  throw new BackupError(
    "This backup was made by a version that writes them in another way: restore it with that version, or a newer one.",
  );
}

/** Reads a backup to its end, and changes nothing. @returns how many rows each table has */
export async function checkBackup({ tables }: Backup): Promise<Map<string, number>> {
  const rows = new Map<string, number>();
  for await (const { name, data } of tables) {
    let count = 0;
    for await (const piece of data) {
      for (const byte of piece) if (byte === 0x0a) count++;
    }
    rows.set(name, count);
  }
  return rows;
}
