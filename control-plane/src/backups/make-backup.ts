import { pipeline, Readable } from "node:stream";
import { createGzip } from "node:zlib";
import { type Database, readTogether, type Transaction } from "../database/connection.ts";
import { encryptedWith } from "../database/encryption.store.ts";
import { appliedMigrations, dueMigrations, holdSchema, type Schema } from "../database/migrate.ts";
import { keyId } from "../master-key.ts";
import { BackupError } from "./backup-error.ts";
import type { Manifest } from "./manifest.ts";
import { type Part, writeParts } from "./parts.ts";
import { type Lock, seal } from "./sealed-file.ts";
import {
  canceller,
  contentOf,
  copyOut,
  holdTables,
  listCounters,
  listTables,
  type Table,
} from "./tables.store.ts";

export interface BackupParts {
  database: Database;
  schema: Schema;
  /** the program's */
  version: string;
  /** the id of the server that is this machine; null: none */
  localServer: string | null;
  /** null: it is encrypted with the database's master key, and has no keys in it */
  passphrase: string | null;
  /** the installation's master keys in hexadecimal, the newest first, and for people where they are */
  keys: { known: readonly string[]; where: string };
}

/**
 * Makes a backup of one moment, while others go on. Nothing is held in memory: what `write` takes slowly is
 * read slowly.
 * @param write takes the file's bytes; the backup is whole once it has returned
 * @throws {BackupError} when there is nothing to back up, or the keys do not open what is secret in it
 * @throws {MigrationError} when the database is newer than this program
 */
export async function makeBackup(
  { database, schema, version, localServer, passphrase, keys }: BackupParts,
  write: (file: AsyncIterable<Buffer>) => Promise<void>,
): Promise<Manifest> {
  const letMigrate = await holdSchema(database);
  let held = true;
  const release = async () => {
    if (held) await letMigrate();
    held = false;
  };
  try {
    return await readTogether(database, async (sql) => {
      if ((await contentOf(sql)) !== "bridgeport") {
        throw new BackupError("There is nothing to back up: no control plane used this database.");
      }
      const tables = await listTables(sql, schema);
      await holdTables(sql, tables);
      const migrations = await appliedMigrations(sql);
      await release();
      dueMigrations(schema.migrations, migrations);
      const manifest: Manifest = {
        madeAt: new Date().toISOString(),
        version,
        migrations,
        encryptionKey: tables.some(({ name }) => name === "encryption_state")
          ? await encryptedWith(sql)
          : null,
        localServer,
      };
      const masterKey = requireKey(manifest.encryptionKey, keys);
      const lock: Lock = passphrase === null ? { masterKey } : { passphrase };
      const ownKeys = passphrase === null ? [] : keys.known;
      const cancel = await canceller(database, sql);
      const rows = new Map(tables.map((table) => [table, copyOut(sql, table, cancel)] as const));
      try {
        await write(seal(compressed(writeParts(partsOf(sql, manifest, ownKeys, rows))), lock));
      } finally {
        // Where writing failed, one of them may still be at work on the connection.
        for (const data of rows.values()) await data.return(undefined);
      }
      return manifest;
    });
  } finally {
    await release();
  }
}

/** The key that what is secret is encrypted with: a backup without it could not be used. */
function requireKey(needed: string | null, { known, where }: BackupParts["keys"]): string {
  const key = known.find((each) => needed === null || keyId(each) === needed);
  if (key !== undefined) return key;
  const there = known.map(keyId).join(", ") || "none";
  throw new BackupError(
    `What is secret in this database is encrypted with the master key ${needed ?? "of its control plane"}, which is not in ${where} (there: ${there}): set BRIDGEPORT_DATA_DIR or BRIDGEPORT_MASTER_KEY as for the control plane.`,
  );
}

async function* partsOf(
  sql: Transaction,
  manifest: Manifest,
  keys: readonly string[],
  tables: ReadonlyMap<Table, AsyncIterable<Uint8Array>>,
): AsyncGenerator<Part> {
  yield { name: "manifest", about: manifest, data: nothing() };
  yield { name: "keys", about: { keys }, data: nothing() };
  for (const [table, data] of tables) {
    yield { name: "table", about: table, data };
  }
  yield {
    name: "counters",
    about: { counters: await listCounters(sql, [...tables.keys()]) },
    data: nothing(),
  };
}

/** A failure of the source is the failure of who reads. */
function compressed(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  return pipeline(Readable.from(source), createGzip(), () => {});
}

async function* nothing(): AsyncGenerator<Buffer> {}
