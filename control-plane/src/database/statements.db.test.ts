import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startJobs } from "../jobs/jobs.ts";
import { testAddress } from "../jobs/test-address.fixture.ts";
import { wrongStatements } from "./statement-check.fixture.ts";
import { findStatements, statementsOf } from "./statements.fixture.ts";
import { openTestDatabase, type TestDatabase } from "./test-database.ts";

let own: TestDatabase;
let folder: string;

beforeAll(async () => {
  own = await openTestDatabase();
  // The job library makes its tables by itself.
  const jobs = startJobs({
    address: await testAddress(own.database),
    database: own.database,
    log: pino({ level: "silent" }),
    tasks: {},
    schedules: [],
  });
  await jobs.ready;
  await jobs.stop();
  folder = mkdtempSync(join(tmpdir(), "bp-statements-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await own.close();
});

test("every statement fits the schema, and its rows are what the program expects", async () => {
  const statements = findStatements(fileURLToPath(new URL("..", import.meta.url)));
  expect(statements.length).toBeGreaterThan(200);
  expect(await wrongStatements(own.database, statements)).toEqual([]);
});

describe("what is found, with its place", () => {
  /** What is wrong with the body of a function that gets `sql`. */
  async function wrong(body: string): Promise<string[]> {
    const file = join(folder, "some.store.ts");
    const connection = fileURLToPath(new URL("./connection.ts", import.meta.url));
    writeFileSync(
      file,
      `import type { Sql } from "${connection}";
const where = (sql: Sql, all: boolean) => all ? sql\`true\` : sql\`usres.id is null\`;
export async function some(sql: Sql, all: boolean, on: Date, row: { name: string; emial: string }) {
${body.replaceAll("#{", "${")}
}`,
    );
    return wrongStatements(own.database, statementsOf([file], folder));
  }

  test.each([
    ["nothing", "return sql<{ id: string }[]>`select id from users`;", null],
    ["a date that PostgreSQL cannot guess", "await sql`select #{on} is null`;", null],
    ["a misspelt column", "await sql`update users set nmae = '' where true`;", /column "nmae"/],
    ["a dropped table", "await sql`delete from persons`;", /relation "persons" does not exist/],
    [
      "a missing column",
      "return sql<{ id: string; createdAt: Date }[]>`select id from users`;",
      /gives no createdAt/,
    ],
    [
      "a missing property",
      "return sql<{ id: string }[]>`select id, created_at from users`;",
      /gives createdAt, which/,
    ],
    ["no type", "const [row] = await sql`select id from users`; return row;", /no type/],
    [
      "another type",
      "return sql<{ createdAt: string }[]>`select created_at from users`;",
      /gives a date as createdAt/,
    ],
    [
      "a misspelt property that is inserted",
      "await sql`insert into users #{sql(row)}`;",
      /column "emial"/,
    ],
    [
      "a fragment that fits in one case only",
      "await sql`delete from users where #{where(sql, all)}`;",
      /"usres"/,
    ],
  ])("%s", async (_, body, expected) => {
    const found = await wrong(body);
    if (expected === null) return expect(found).toEqual([]);
    expect(found).toEqual([expect.stringMatching(expected)]);
    expect(found[0]).toMatch(/^some\.store\.ts:4 /);
  });
});
