import type { Readable, Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { jobsSchema } from "../database/application-role.ts";
import type { Database, Sql, Transaction } from "../database/connection.ts";
import { madeBy, type Schema } from "../database/migrate.ts";

/*
 * Whole tables, as text that PostgreSQL writes and reads itself (COPY). Which there are is asked of the
 * database, so that none is forgotten. What migrate.ts keeps about itself is not among them: the schema is
 * made by the migrations.
 */

export interface Table {
  name: string;
  columns: string[];
}

/** A counter for ids, and where it stands. */
export interface Counter {
  table: string;
  column: string;
  value: number;
}

/** Every table of the product, by name; others may have theirs in the same place. */
export async function listTables(sql: Sql, schema: Schema): Promise<Table[]> {
  return sql<Table[]>`
    select t.relname::text as name, array_agg(a.attname::text order by a.attnum) as columns
    from pg_class t join pg_attribute a on a.attrelid = t.oid
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
      and t.relname = any(${madeBy(schema).tables})
      and t.relname not in ('schema_migrations', 'schema_functions')
      and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
    group by t.relname order by t.relname collate "C"`;
}

/** Keeps the tables in their form until the transaction ends; they can be read and written meanwhile. */
export async function holdTables(sql: Transaction, tables: readonly Table[]): Promise<void> {
  const names = tables.map(({ name }) => quoted(name)).join(", ");
  await sql.unsafe(`lock table ${names} in access share mode`);
}

/** The counters of these tables. */
export async function listCounters(sql: Sql, tables: readonly Table[]): Promise<Counter[]> {
  const counters = await sql<{ table: string; column: string; sequence: string }[]>`
    select t.relname::text as table, a.attname::text as column,
      pg_get_serial_sequence(quote_ident(t.relname), a.attname) as sequence
    from pg_class t join pg_attribute a on a.attrelid = t.oid
    where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
      and t.relname = any(${tables.map(({ name }) => name)})
      and a.attnum > 0 and not a.attisdropped
      and pg_get_serial_sequence(quote_ident(t.relname), a.attname) is not null
    order by t.relname collate "C"`;
  return Promise.all(
    counters.map(async ({ table, column, sequence }) => {
      const [row] = await sql.unsafe<{ value: number }[]>(
        `select case when is_called then last_value else 0 end as value from ${sequence}`,
      );
      return { table, column, value: row?.value ?? 0 };
    }),
  );
}

/**
 * A table's rows, a line each, at the pace of who reads them.
 * @param cancel ends the statement from another connection, where reading ends early
 */
export async function* copyOut(
  sql: Transaction,
  table: Table,
  cancel: () => Promise<void>,
): AsyncGenerator<Uint8Array> {
  const stream: Readable = await sql.unsafe(`copy ${place(table)} to stdout`).readable();
  try {
    yield* stream.iterator({ destroyOnReturn: false });
  } finally {
    if (!stream.readableEnded && !stream.destroyed) {
      const over = finished(stream).catch(() => {});
      stream.resume();
      await cancel();
      await over;
    }
    // The driver stops reading while the stream is full, and goes on only when more is asked of it: where
    // the last rows filled it, the end of the statement would never be read.
    stream._read(0);
  }
}

/** @returns what ends the statement that this connection is at work on */
export async function canceller(database: Database, sql: Sql): Promise<() => Promise<void>> {
  const [own] = await sql<{ pid: number }[]>`select pg_backend_pid() as pid`;
  return async () => {
    await database`select pg_cancel_backend(${own?.pid ?? 0})`;
  };
}

/** Adds rows to a table. @returns how many bytes */
export async function copyIn(
  sql: Transaction,
  table: Table,
  data: AsyncIterable<Uint8Array>,
): Promise<number> {
  const stream: Writable = await sql.unsafe(`copy ${place(table)} from stdin`).writable();
  // Until it is closed: the connection still belongs to it before.
  const over = finished(stream);
  over.catch(() => {});
  let bytes = 0;
  try {
    for await (const piece of data) {
      bytes += piece.length;
      if (!stream.write(piece)) await Promise.race([drained(stream), over]);
    }
  } catch (error) {
    stream.destroy(error as Error);
    await over.catch(() => {});
    throw error;
  }
  stream.end();
  await over;
  return bytes;
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => stream.once("drain", () => resolve()));
}

/** Without rows, and without what looks at each row as it comes, until {@link closeTables}. */
export async function openTables(sql: Transaction, tables: readonly Table[]): Promise<string[]> {
  const keys = await sql<{ name: string; table: string; definition: string }[]>`
    select conname::text as name, t.relname::text as table, pg_get_constraintdef(c.oid) as definition
    from pg_constraint c join pg_class t on t.oid = c.conrelid
    where c.connamespace = 'public'::regnamespace and c.contype = 'f' and c.conparentid = 0
      and t.relname = any(${tables.map(({ name }) => name)})
    order by t.relname, conname`;
  for (const { name, table } of keys) {
    await sql.unsafe(`alter table ${quoted(table)} drop constraint ${quoted(name)}`);
  }
  for (const { name } of tables) {
    await sql.unsafe(`alter table ${quoted(name)} disable trigger user`);
  }
  await sql.unsafe(`truncate ${tables.map(({ name }) => quoted(name)).join(", ")}`);
  return keys.map(
    ({ name, table, definition }) =>
      `alter table ${quoted(table)} add constraint ${quoted(name)} ${definition}`,
  );
}

/** @param keys what {@link openTables} returned; each is checked for all rows */
export async function closeTables(
  sql: Transaction,
  tables: readonly Table[],
  keys: readonly string[],
  counters: readonly Counter[],
): Promise<void> {
  for (const key of keys) await sql.unsafe(key);
  for (const { name } of tables) {
    await sql.unsafe(`alter table ${quoted(name)} enable trigger user`);
  }
  const own = new Set(tables.map(({ name }) => name));
  for (const { table, column, value } of counters) {
    if (value === 0 || !own.has(table)) continue;
    await sql`select setval(pg_get_serial_sequence(${quoted(table)}, ${column}), ${value})`;
  }
}

/** What there is in a database: nothing, an installation of this product, or something else. */
export async function contentOf(sql: Sql): Promise<"nothing" | "bridgeport" | "other"> {
  const [row] = await sql<{ tables: number; ours: boolean }[]>`
    select count(*)::int as tables, to_regclass('public.schema_migrations') is not null as ours
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p')`;
  if (row?.ours) return "bridgeport";
  return (row?.tables ?? 0) === 0 ? "nothing" : "other";
}

/**
 * Views and keys of others that would go with the tables of an installation.
 * @returns their names
 */
export async function dependentsOfOthers(sql: Sql, schema: Schema): Promise<string[]> {
  const { tables } = madeBy(schema);
  const rows = await sql<{ name: string }[]>`
    with ours as (
      select oid from pg_class
      where relnamespace = 'public'::regnamespace and relname = any(${tables})
    )
    select format('the key %I of %s', conname, conrelid::regclass) as name from pg_constraint
    where contype = 'f' and confrelid in (select oid from ours)
      and conrelid not in (select oid from ours)
    union
    select format('the view %s', ev_class::regclass) from pg_rewrite
    join pg_depend on classid = 'pg_rewrite'::regclass and objid = pg_rewrite.oid
    where refclassid = 'pg_class'::regclass and refobjid in (select oid from ours)
      and ev_class not in (select oid from ours)
    order by name`;
  return rows.map(({ name }) => name);
}

/** Removes an installation from a database: its tables, its functions and its jobs, and nothing of others. */
export async function removeEverything(sql: Transaction, schema: Schema): Promise<void> {
  const made = madeBy(schema);
  const [found] = await sql<{ tables: string | null; functions: string | null }[]>`
    select
      (select string_agg(t.oid::regclass::text, ', ') from pg_class t
        where t.relnamespace = 'public'::regnamespace and t.relkind in ('r', 'p')
          and t.relname = any(${made.tables})) as tables,
      (select string_agg(p.oid::regprocedure::text, ', ') from pg_proc p
        where p.pronamespace = 'public'::regnamespace and p.proname = any(${made.functions})
          and not exists (
            select from pg_depend d where d.objid = p.oid and d.deptype = 'e')) as functions`;
  // With triggers, functions and keys that depend on them.
  if (found?.tables) await sql.unsafe(`drop table ${found.tables} cascade`);
  if (found?.functions) await sql.unsafe(`drop function if exists ${found.functions} cascade`);
  await sql.unsafe(`drop schema if exists ${jobsSchema} cascade`);
}

/** How many connections of control planes there are to this database. */
export async function connectedControlPlanes(sql: Sql): Promise<number> {
  const [row] = await sql<{ connections: number }[]>`
    select count(*)::int as connections from pg_stat_activity
    where datname = current_database() and application_name = 'bridgeport'
      and pid <> pg_backend_pid()`;
  return row?.connections ?? 0;
}

function place({ name, columns }: Table): string {
  return `${quoted(name)} (${columns.map(quoted).join(", ")})`;
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
