import type { Database, Sql } from "../database/connection.ts";
import { appliedMigrations, createSchema, lockSchema, type Schema } from "../database/migrate.ts";
import { markRestored } from "../environments/system-settings.store.ts";
import { BackupError } from "./backup-error.ts";
import { migrationsFor } from "./manifest.ts";
import type { Backup } from "./read-backup.ts";
import {
  closeTables,
  connectedControlPlanes,
  contentOf,
  copyIn,
  dependentsOfOthers,
  listTables,
  openTables,
  removeEverything,
} from "./tables.store.ts";

/**
 * Makes a database what it was when the backup was made, in one transaction: whenever this is killed, the
 * database is as it was before, or as it was then. The schema is that of the backup; `migrate` brings it
 * forward, and what has to end with a restore ends by `settleRestore`.
 * @param replace what is in the database goes; otherwise it has to be empty
 * @returns how many tables were restored
 * @throws {BackupError} when it cannot be done; nothing has changed then
 */
export async function restoreDatabase({
  database,
  schema,
  version,
  backup,
  replace,
}: {
  database: Database;
  schema: Schema;
  /** the program's */
  version: string;
  backup: Backup;
  replace: boolean;
}): Promise<number> {
  const migrations = migrationsFor(backup.manifest, schema.migrations, version);
  return database.begin(async (sql) => {
    await lockSchema(sql);
    // A schema with the role's own name would come before `public`.
    await sql`set local search_path = public`;
    await requireNoControlPlane(database);
    const content = await contentOf(sql);
    if (content === "other") {
      throw new BackupError(
        "The database holds tables that are not Bridgeport's: restore into a database of its own.",
      );
    }
    if (content === "bridgeport" && !replace) {
      throw new BackupError(
        "The database is not empty. With --replace, everything in it is replaced by the backup; back it up before that.",
      );
    }
    if (content === "bridgeport") {
      await requireKnown(sql, schema);
      await requireNoDependents(sql, schema);
    }
    await removeEverything(sql, schema);
    await createSchema(sql, migrations);
    const tables = await listTables(sql, schema);
    const keys = await openTables(sql, tables);
    const missing = new Set(tables.map(({ name }) => name));
    for await (const table of backup.tables) {
      if (!missing.delete(table.name)) {
        throw new BackupError(
          `This backup has a table ${table.name} that its schema does not have. Use another one.`,
        );
      }
      await copyIn(sql, table, table.data);
    }
    const [left] = missing;
    if (left !== undefined) {
      throw new BackupError(`This backup lacks the table ${left}. Use another one.`);
    }
    await closeTables(sql, tables, keys, backup.counters());
    await markRestored(sql, backup.manifest);
    // One that had lost its connection may have come back.
    await requireNoControlPlane(database);
    return tables.length;
  }) as Promise<number>;
}

/** What a newer version has made would be left behind. */
async function requireKnown(sql: Sql, schema: Schema): Promise<void> {
  const known = new Set(schema.migrations.map(({ name }) => name));
  const newer = (await appliedMigrations(sql)).find(({ name }) => !known.has(name));
  if (newer === undefined) return;
  throw new BackupError(
    `The database is of a newer version (${newer.name}): restore with that version's program, or into another database.`,
  );
}

/** They would go with the tables that they name, and not come back. */
async function requireNoDependents(sql: Sql, schema: Schema): Promise<void> {
  const dependents = await dependentsOfOthers(sql, schema);
  if (dependents.length === 0) return;
  throw new BackupError(
    `Something of others in the database depends on Bridgeport's tables: ${dependents.join(", ")}. Remove it, and make it again when the backup is restored.`,
  );
}

async function requireNoControlPlane(database: Database): Promise<void> {
  const connections = await connectedControlPlanes(database);
  if (connections === 0) return;
  throw new BackupError(
    `A control plane is using the database (${connections} connections): stop every control plane of it first.`,
  );
}
