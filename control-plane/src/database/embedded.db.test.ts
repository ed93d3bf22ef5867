import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, expect, test } from "vitest";
import { dropAuditMonths, verifyChain } from "../identity/audit-chain.store.ts";
import { startJobs } from "../jobs/jobs.ts";
import { jobsSchema } from "./application-role.ts";
import { type Database, type DatabaseAddress, openDatabase } from "./connection.ts";
import { type EmbeddedPostgres, EmbeddedPostgresError, startEmbeddedPostgres } from "./embedded.ts";
import { newId } from "./ids.ts";
import { migrate } from "./migrate.ts";
import { migrateAsOwner } from "./migrate-as-owner.ts";
import { schema } from "./test-database.ts";

let directory: string;
let server: EmbeddedPostgres | undefined;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "bp-embedded-"));
});
afterEach(async () => {
  await server?.stop();
  server = undefined;
  rmSync(directory, { recursive: true, force: true });
});

const settings = ["fsync=off"];

test("a server that hangs is named with its process and its log, and what to do about it", async () => {
  server = await startEmbeddedPostgres(directory, { settings });
  const pid = server.pid();
  process.kill(pid, "SIGSTOP");
  try {
    const problem = await startEmbeddedPostgres(directory, { settings, patienceMs: 500 }).then(
      () => null,
      (error: unknown) => error,
    );
    expect(problem).toBeInstanceOf(EmbeddedPostgresError);
    const { message } = problem as Error;
    expect(message).toContain(`kill -INT ${pid}`);
    expect(message).toContain(join(directory, "postgres.log"));
    expect(message).toContain("DATABASE_URL");
    expect(message).not.toContain("\n");
  } finally {
    process.kill(pid, "SIGCONT");
  }
});

test("a server that a crash of ours has left behind is taken over", async () => {
  const first = await startEmbeddedPostgres(directory, { settings });
  server = await startEmbeddedPostgres(directory, { settings, patienceMs: 5000 });
  expect(server.pid()).toBe(first.pid());
  await first.stop();
});

/** The database as a version with one role leaves it: everything is the superuser's, and there is no other. */
async function fromBefore(postgres: EmbeddedPostgres): Promise<void> {
  const owner = openDatabase(postgres.owner);
  try {
    await owner`drop role bridgeport_app`;
    await migrate(owner, schema);
    const jobs = startJobs({ ...parts(postgres.owner, owner), tasks: {}, schedules: [] });
    await jobs.ready;
    await jobs.stop();
    await jobs.enqueue(owner, { task: "later", payload: { from: "before" } });
    await owner`
      insert into audit_logs (id, at, actor_type, actor_name, action, resource_type)
      values (${newId()}, now() - interval '1 year', 'system', 'old', 'try', 'test'),
        (${newId()}, now(), 'system', 'new', 'try', 'test')`;
  } finally {
    await owner.end();
  }
}

const parts = (address: DatabaseAddress, database: Database) => ({
  address,
  database,
  log: pino({ level: "silent" }),
});

test("a data directory of a version with one role has two after a start, and loses nothing", async () => {
  server = await startEmbeddedPostgres(directory, { settings });
  await fromBefore(server);
  await server.stop();

  server = await startEmbeddedPostgres(directory, { settings });
  const database = openDatabase(server.address);
  try {
    expect(await migrateAsOwner(database, server.owner, schema)).toEqual({
      applied: [],
      protection: { role: "bridgeport_app", gaps: [] },
    });
    await expect(database`delete from audit_logs`).rejects.toMatchObject({ code: "42501" });
    expect(await verifyChain(database)).toEqual({ entries: 2, removed: 0, broken: null });
    expect(await dropAuditMonths(database, 200, 1000)).toBe(1);

    // The job that waited is done, by tables that now belong to the program's role.
    const done: unknown[] = [];
    const tasks = { later: { run: async (payload: object) => void done.push(payload) } };
    const jobs = startJobs({ ...parts(server.address, database), tasks, schedules: [] });
    await expect.poll(() => done).toEqual([{ from: "before" }]);
    await jobs.stop();
    expect(
      await database`
        select relname from pg_class
        where relnamespace = ${jobsSchema}::regnamespace and relowner <> current_user::regrole`,
    ).toEqual([]);
  } finally {
    await database.end();
  }
});

test("the version before goes on with a data directory that has two roles", async () => {
  server = await startEmbeddedPostgres(directory, { settings });
  const database = openDatabase(server.address);
  await migrateAsOwner(database, server.owner, schema);
  await database.end();
  const owner = openDatabase(server.owner);
  try {
    expect(await migrate(owner, schema)).toEqual([]);
    const jobs = startJobs({ ...parts(server.owner, owner), tasks: {}, schedules: [] });
    await jobs.ready;
    await jobs.stop();
  } finally {
    await owner.end();
  }
});
