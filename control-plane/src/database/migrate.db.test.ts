import { readFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Migration, migrate } from "./migrate.ts";
import { schemaHeading, schemaText } from "./schema-text.ts";
import { openTestDatabase, schema, type TestDatabase } from "./test-database.ts";

let empty: TestDatabase;

beforeEach(async () => {
  empty = await openTestDatabase({ empty: true });
});
afterEach(() => empty.close());

const names = (files: Migration[]) => files.map(({ name }) => name);
const committed = () => readFileSync(new URL("../../schema.sql", import.meta.url), "utf8");

test("schema.sql is what the migrations come to; `pnpm run generate` writes it", async () => {
  await migrate(empty.owner, schema);
  expect(schemaHeading + (await schemaText(empty.owner))).toBe(committed());
});

test("each function of the database is in a file of its name", async () => {
  await migrate(empty.owner, schema);
  const functions = await empty.owner<{ name: string }[]>`
    select proname || '.sql' as name from pg_proc
    where pronamespace = 'public'::regnamespace order by proname`;
  expect(functions.map(({ name }) => name)).toEqual(names(schema.functions));
});

describe("functions", () => {
  test("a database from before they were files gets them, once", async () => {
    const { owner: database } = empty;
    await migrate(database, { ...schema, functions: [] });
    await database`insert into environments (id, name) values (gen_random_uuid(), 'production')`;
    expect(await migrate(database, schema)).toEqual(names(schema.functions));
    expect(await migrate(database, schema)).toEqual([]);
    expect(await database`select name from environments`).toEqual([{ name: "production" }]);
    expect(schemaHeading + (await schemaText(database))).toBe(committed());
  });

  const file = (name: string, sql: string, checksum = sql): Migration => ({ name, sql, checksum });
  const of = (functions: Migration[]) => ({ migrations: [], functions });
  const answer = (value: number) =>
    file(
      "answer.sql",
      `create or replace function answer() returns int language sql as 'select ${value}';`,
    );
  const answered = async () => (await empty.owner`select answer()`)[0];

  test("one that changed is applied again, and no other", async () => {
    const other = file(
      "other.sql",
      "create or replace function other() returns int language sql as 'select answer()';",
    );
    await migrate(empty.owner, of([other, answer(1)]));
    expect(await migrate(empty.owner, of([other, answer(2)]))).toEqual(["answer.sql"]);
    expect(await answered()).toEqual({ answer: 2 });
  });

  test("one that cannot be applied leaves all as they were, and the next start tries again", async () => {
    await migrate(empty.owner, of([answer(1)]));
    const broken = file("broken.sql", "create function");
    await expect(migrate(empty.owner, of([answer(2), broken]))).rejects.toThrow("syntax error");
    expect(await answered()).toEqual({ answer: 1 });
    expect(await migrate(empty.owner, of([answer(2)]))).toEqual(["answer.sql"]);
    expect(await answered()).toEqual({ answer: 2 });
  });

  test("replicas that start together apply them once", async () => {
    const applied = await Promise.all(
      Array.from({ length: 3 }, () => migrate(empty.owner, schema)),
    );
    expect(applied.flat()).toEqual([...names(schema.migrations), ...names(schema.functions)]);
  });
});
