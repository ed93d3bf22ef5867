import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import postgres, { type Sql } from "postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { addBallast, embeddedDatabase, hostCommands } from "../harness/host-commands.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/* Backups and restores that end early: killed, interrupted, without their database. */

let scratch: Scratch;
let external: Postgres;
const systems: System[] = [];
const opened: Sql[] = [];
const { launch, run } = hostCommands(() => scratch, "a long enough passphrase");

beforeAll(async () => {
  scratch = createScratch("cut-short");
  external = await startPostgres();
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((sql) => sql.end({ timeout: 1 })));
  for (const system of systems.splice(0)) await system.remove();
});
afterAll(async () => {
  await scratch?.remove();
  await external?.remove();
});

async function begin(env: Record<string, string> = {}): Promise<System> {
  const system = await startSystem({ env });
  systems.push(system);
  return system;
}

function connect(url: string): Sql {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  opened.push(sql);
  return sql;
}

/** The embedded database; waits until it is there. */
async function embedded(system: System): Promise<Sql> {
  const found = await waitFor(
    async () => {
      const sql = embeddedDatabase(system);
      if (sql === null) return false;
      const answers = await sql`select`.then(
        () => true,
        () => false,
      );
      if (answers) return sql;
      await sql.end({ timeout: 1 });
      return false;
    },
    { what: "the embedded database" },
  );
  opened.push(found as Sql);
  return found as Sql;
}

/**
 * A backup whose output is not read stays at its large table: the statement that its session sent last.
 * Whether the server is still at it depends on how much the connection's buffers take.
 */
const readsBallast = (sql: Sql) =>
  waitFor(
    async () =>
      (
        await sql`select from pg_stat_activity
          where application_name = 'bridgeport-backup' and query like 'copy %incoming_deliveries%'`
      ).length > 0,
    { what: "the backup to read its large table" },
  );

/** A restore whose input stops before its end stays in a table. */
const fillsTable = (sql: Sql) =>
  waitFor(
    async () =>
      (await sql`select from pg_stat_progress_copy where command = 'COPY FROM'`).length > 0,
    { what: "the restore to fill a table" },
  );

const names = async (system: System): Promise<string[]> => {
  const api = await system.login();
  const { environments } = await api.get<{ environments: { name: string }[] }>("/api/environments");
  return environments.map(({ name }) => name).sort();
};

test("killed, a backup leaves no file of its name, and the next one clears up", async () => {
  const name = "killed";
  await connect(external.url).unsafe(`create database ${name}`);
  const url = external.url.replace(/\/postgres$/, `/${name}`);
  const env = { DATABASE_URL: url };
  const system = await begin(env);
  // A table that cannot be read keeps the backup where it is.
  const held = await connect(url).reserve();
  await held`begin`;
  await held`lock table webhooks in access exclusive mode`;
  const folder = scratch.path("killed");
  mkdirSync(folder, { recursive: true });
  const other = connect(url);
  const waits = () => other`
    select from pg_stat_activity where application_name = 'bridgeport-backup'
      and wait_event_type = 'Lock'`;
  const cut = async (signal: NodeJS.Signals): Promise<number | null> => {
    const { child, ended } = launch("backup", system.dataDir, [join(folder, "a.backup")], env);
    await waitFor(async () => (await waits()).length > 0, { what: "the backup to wait" });
    child.kill(signal);
    const { code } = await ended;
    // A session that waits for a lock does not notice that its client is gone.
    await other`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'bridgeport-backup'`;
    await waitFor(async () => (await waits()).length === 0, { what: "its connection to end" });
    return code;
  };
  // Told to end, it takes away what it has begun.
  expect(await cut("SIGTERM")).toBe(130);
  expect(readdirSync(folder)).toEqual([]);
  await cut("SIGKILL");
  expect(readdirSync(folder).filter((each) => !each.endsWith(".partial"))).toEqual([]);
  await held`rollback`;
  held.release();

  // Of another host, and of others altogether.
  const theirs = {
    now: `b.backup.elsewhere-0123abcd.partial`,
    old: `c.backup.elsewhere-0123abcd.partial`,
    none: `d.backup.${hostname()}-0123abcd.partial`,
    film: "film.partial",
  };
  for (const each of Object.values(theirs))
    writeFileSync(join(folder, each), "BRIDGEPORT BACKUP\n");
  utimesSync(join(folder, theirs.old), 1, 1);
  writeFileSync(join(folder, theirs.none), "no backup");
  const { code, output } = await run("backup", system.dataDir, [join(folder, "a.backup")], env);
  expect([code, output]).toEqual([0, expect.stringContaining(`Removed ${folder}/c.backup`)]);
  expect(readdirSync(folder)).toEqual(["a.backup", theirs.now, theirs.none, theirs.film].sort());
});

test("of two backups of one name at once, one is made", async () => {
  const system = await begin();
  const file = scratch.path("same.backup");
  const both = await Promise.all([1, 2].map(() => run("backup", system.dataDir, [file])));
  expect(both.map(({ code }) => code).sort()).toEqual([0, 1]);
  expect(both.find(({ code }) => code === 1)?.output).toContain("exists and is left as it is");
  expect((await run("restore", system.dataDir, ["--verify", file])).code).toBe(0);
});

test("interrupted, a backup stops the database that it has started", async () => {
  const system = await begin();
  await addBallast(await embedded(system));
  await Promise.all(opened.splice(0).map((sql) => sql.end({ timeout: 1 })));
  await system.stop();
  const { child, ended } = launch("backup", system.dataDir, ["-"]);
  // Nobody takes what it writes.
  child.stdout?.pause();
  await readsBallast(await embedded(system));
  const pids = system.pidsOf("postgres");
  expect(pids.length).toBeGreaterThan(0);
  child.kill("SIGINT");
  child.stdout?.resume();
  const { code, output } = await ended;
  expect([code, output]).toEqual([130, expect.stringContaining("No backup was made: interrupted")]);
  expect(system.pidsOf("postgres")).toEqual([]);
});

test.each(["backup", "restore"] as const)(
  "a database that goes away ends a %s with what to do",
  async (command) => {
    const name = `away_${command}`;
    await connect(external.url).unsafe(`create database ${name}`);
    const env = { DATABASE_URL: external.url.replace(/\/postgres$/, `/${name}`) };
    const system = await begin(env);
    await addBallast(connect(env.DATABASE_URL));
    const file = scratch.path(`${name}.backup`);
    expect((await run("backup", system.dataDir, [file], env)).code).toBe(0);
    await system.stop();
    const args = command === "backup" ? ["-"] : ["--replace", "-"];
    const { child, ended } = launch(command, system.dataDir, args, env);
    if (command === "backup") child.stdout?.pause();
    else child.stdin?.write(readFileSync(file).subarray(0, -1));
    const other = connect(env.DATABASE_URL);
    await (command === "backup" ? readsBallast(other) : fillsTable(other));
    await external.crash();
    child.stdout?.resume();
    child.stdin?.end();
    const { code, output } = await ended;
    await external.start();
    expect([code, output.split("\n").slice(-2)]).toEqual([
      1,
      [expect.stringContaining("The connection to the database broke off"), ""],
    ]);
  },
);

test("killed between the keys and the tables, a restore leaves the embedded database usable", async () => {
  const other = await begin();
  await (await other.login()).post("/api/environments", { name: "of the backup" });
  await addBallast(await embedded(other));
  const file = scratch.path("embedded.backup");
  expect((await run("backup", other.dataDir, [file])).code).toBe(0);
  const system = await begin();
  await (await system.login()).post("/api/environments", { name: "of before" });
  const before = await names(system);
  const keys = () => readFileSync(join(system.dataDir, "master.key"), "utf8").trim().split("\n");
  const own = keys();
  await system.stop();

  const bytes = readFileSync(file);
  const { child, ended } = launch("restore", system.dataDir, ["--replace", "-"]);
  child.stdin?.write(bytes.subarray(0, -1));
  await fillsTable(await embedded(system));
  expect(keys()).toHaveLength(2);
  child.kill("SIGKILL");
  await ended;
  // PostgreSQL runs on, and the next start takes it over.
  await system.start();
  expect(await names(system)).toEqual(before);
  expect(keys()).toEqual(own);
  await system.stop();

  expect((await run("restore", system.dataDir, ["--replace", file])).code).toBe(0);
  await system.start();
  expect(await names(system)).toEqual(await names(other));
  expect(keys()).toEqual(own);
});
