import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { grantApplication } from "./application-role.ts";
import {
  type Database,
  insufficientPrivilege,
  repeat,
  type Sql,
  sqlState,
  type Transaction,
} from "./connection.ts";

export interface Migration {
  /** the file's name, such as 0001_initial.sql */
  name: string;
  sql: string;
  checksum: string;
}

/** What a database is made of. */
export interface Schema {
  /** applied once each, in the order of their names */
  migrations: Migration[];
  /** functions with their triggers: applied when they are new or have changed, in any order */
  functions: Migration[];
}

/** A database that this program must not touch; the message says what to do. */
export class MigrationError extends Error {
  override readonly name = "MigrationError";
}

// "bridgepo", as a number: one migration at a time over all replicas.
const lock = 0x6272_6964n;

/** Reads `NNNN_name.sql` files, and those of the functions in `functions/`. */
export function readSchema(directory: string): Schema {
  return {
    migrations: readFiles(directory, /^\d{4}_[a-z0-9_-]+\.sql$/),
    functions: readFiles(join(directory, "functions"), /^[a-z0-9_]+\.sql$/),
  };
}

function readFiles(directory: string, pattern: RegExp): Migration[] {
  return readdirSync(directory)
    .filter((name) => pattern.test(name))
    .sort()
    .map((name) => {
      const sql = readFileSync(join(directory, name), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

/** The names of what a schema makes in `public`, which others may use as well. */
export function madeBy({ migrations, functions }: Schema): {
  tables: string[];
  functions: string[];
} {
  const named = (pattern: RegExp) => [
    ...new Set(
      [...migrations, ...functions].flatMap(({ sql }) =>
        [...sql.matchAll(pattern)].map(([, name = ""]) => name),
      ),
    ),
  ];
  return {
    tables: [
      ...named(/^create (?:unlogged )?table (\w+)/gim),
      "schema_migrations",
      "schema_functions",
    ],
    functions: named(/^create (?:or replace )?function (\w+)/gim),
  };
}

/**
 * Brings the schema forward: each migration that is not there yet, in one transaction of its
 * own, then the functions that differ, all in one. Forward only. Replicas that start together wait
 * for one another.
 * @param application the role that works with the tables, where it is another one than the connection's: it
 *   gets its rights on what a transaction makes in that transaction
 * @returns the names of what was applied now
 * @throws {MigrationError} when the database is newer than this program, its history differs, or it refuses
 *   the connection's role what is due
 */
export async function migrate(
  database: Database,
  schema: Schema,
  application: string | null = null,
): Promise<string[]> {
  const connection = await database.reserve();
  try {
    await connection`select pg_advisory_lock(${lock.toString()}::bigint)`;
    // What the owner runs must not find anything in a schema of another role.
    if (application !== null) await connection`set search_path = public`;
    // Replicas of the version before this one work meanwhile, and take locks in an order of their own.
    const together: Together = (work) =>
      repeat(async () => {
        await connection`begin`;
        try {
          await work();
          if (application !== null) await grantApplication(connection, application);
          await connection`commit`;
        } catch (error) {
          await connection`rollback`.catch(() => {});
          throw error;
        }
      });
    try {
      const applied = [
        ...(await applyMigrations(connection, schema.migrations, together)),
        ...(await applyFunctions(connection, schema.functions, together)),
      ];
      // For a role that is new, or whose rights were changed meanwhile.
      await together(async () => {});
      return applied;
    } catch (error) {
      if (sqlState(error) === insufficientPrivilege)
        throw await refused(connection, error as Error);
      throw error;
    } finally {
      await connection`select pg_advisory_unlock(${lock.toString()}::bigint)`.catch(() => {});
    }
  } finally {
    connection.release();
  }
}

/** Does the work in a transaction on the connection, which ends with the application's rights. */
type Together = (work: () => Promise<void>) => Promise<void>;

async function refused(connection: Sql, cause: Error): Promise<MigrationError> {
  const [row] = await connection<{ role: string }[]>`select current_user as role`;
  return new MigrationError(
    `The database does not let the role ${row?.role} do what this version needs (${cause.message}): set DATABASE_MIGRATION_URL to the role that owns the tables, with the rights that docs/operating.md gives it (Two roles for the database).`,
    { cause },
  );
}

/** Looked at rather than `create table if not exists`, which asks for the right to create also where it is there. */
async function exists(connection: Sql, table: string): Promise<boolean> {
  const [row] = await connection<{ there: boolean }[]>`
    select to_regclass(${table}) is not null as there`;
  return row?.there ?? false;
}

async function applyMigrations(
  connection: Sql,
  migrations: Migration[],
  together: Together,
): Promise<string[]> {
  await createMigrationsTable(connection);
  const due = dueMigrations(migrations, await appliedMigrations(connection));
  for (const migration of due) {
    await together(() => apply(connection, migration));
  }
  return due.map(({ name }) => name);
}

async function createMigrationsTable(sql: Sql): Promise<void> {
  if (await exists(sql, "schema_migrations")) return;
  await sql`
    create table schema_migrations (
      name text primary key,
      checksum text not null,
      applied_at timestamptz not null default now()
    )`;
}

async function apply(sql: Sql, migration: Migration): Promise<void> {
  await sql.unsafe(migration.sql);
  await sql`
    insert into schema_migrations (name, checksum)
    values (${migration.name}, ${migration.checksum})`;
}

/** What a database has seen, in its order. */
export async function appliedMigrations(sql: Sql): Promise<Pick<Migration, "name" | "checksum">[]> {
  return sql<{ name: string; checksum: string }[]>`
    select name, checksum from schema_migrations order by name`;
}

/**
 * Makes an empty database's tables as they are after these migrations, without functions, in the caller's
 * transaction; {@link migrate} brings it forward. A control plane that starts waits until that has ended.
 */
export async function createSchema(
  sql: Transaction,
  migrations: readonly Migration[],
): Promise<void> {
  await createMigrationsTable(sql);
  for (const migration of migrations) await apply(sql, migration);
}

/** Nobody migrates until the transaction ends. */
export async function lockSchema(sql: Transaction): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lock.toString()}::bigint)`;
}

/** Nobody migrates until the returned function is called. */
export async function holdSchema(database: Database): Promise<() => Promise<void>> {
  const connection = await database.reserve();
  await connection`select pg_advisory_lock_shared(${lock.toString()}::bigint)`;
  return async () => {
    await connection`select pg_advisory_unlock_shared(${lock.toString()}::bigint)`;
    connection.release();
  };
}

async function applyFunctions(
  connection: Sql,
  functions: Migration[],
  together: Together,
): Promise<string[]> {
  if (!(await exists(connection, "schema_functions"))) {
    await connection`
      create table schema_functions (
        name text primary key,
        checksum text not null,
        applied_at timestamptz not null default now()
      )`;
  }
  const applied = await connection<{ name: string; checksum: string }[]>`
    select name, checksum from schema_functions`;
  const checksums = new Map(applied.map(({ name, checksum }) => [name, checksum]));
  const due = functions.filter(({ name, checksum }) => checksums.get(name) !== checksum);
  if (due.length === 0) return [];
  await together(async () => {
    // One may use another that comes later.
    await connection.unsafe(
      ["set local check_function_bodies = off", ...due.map(({ sql }) => sql)].join(";\n"),
    );
    for (const { name, checksum } of due) {
      await connection`
        insert into schema_functions (name, checksum) values (${name}, ${checksum})
        on conflict (name) do update set checksum = excluded.checksum, applied_at = now()`;
    }
  });
  return due.map(({ name }) => name);
}

/** Which migrations are still due, given those that a database has seen. */
export function dueMigrations(
  known: Migration[],
  applied: { name: string; checksum: string }[],
): Migration[] {
  const byName = new Map(known.map((migration) => [migration.name, migration]));
  for (const { name, checksum } of applied) {
    const migration = byName.get(name);
    if (!migration) {
      throw new MigrationError(
        `The database has migration ${name}, which this version does not know. It was used by a newer Bridgeport: start that version, or restore a backup made before it.`,
      );
    }
    if (migration.checksum !== checksum) {
      throw new MigrationError(
        `Migration ${name} differs from the one that was applied to this database. Use the version of Bridgeport that created it.`,
      );
    }
  }
  const seen = new Set(applied.map(({ name }) => name));
  return known.filter(({ name }) => !seen.has(name));
}
