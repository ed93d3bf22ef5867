import { readFileSync } from "node:fs";
import postgres from "postgres";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { Api } from "../harness/api.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import { type System, startSystem } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * A database of one's own with two roles that are made by hand, by the very lines of docs/operating.md.
 */

const docs = readFileSync(new URL("../../docs/operating.md", import.meta.url), "utf8");
const section = docs.split("## Two roles for the database")[1]?.split("\n## ")[0] ?? "";
const [make = "", inside = ""] = [...section.matchAll(/```sql\n([^`]*)```/g)].map(
  ([, text = ""]) => text,
);
const linesOf = (text: string) => text.split("\n").filter(Boolean);
const passwordOf = (role: string) =>
  new RegExp(`create role ${role} login password '([^']*)'`).exec(make)?.[1] ?? "";

let database: Postgres;
const running: System[] = [];

beforeAll(async () => {
  database = await startPostgres();
  await query(database.url, linesOf(make));
  await query(urlOf("owner", "bridgeport"), linesOf(inside));
});
afterEach(async () => {
  for (const system of running.splice(0)) await system.remove();
});
afterAll(() => database?.remove());

/** As which role to which database: the server's superuser `owner`, or one with a password of the docs. */
function urlOf(role: string, name: string, password = passwordOf(role)): string {
  const url = new URL(database.url);
  url.pathname = name;
  if (role !== "owner") {
    url.username = role;
    url.password = encodeURIComponent(password);
  }
  return url.href;
}

/** Runs statements one by one; returns the rows of the last one. */
async function query(url: string, statements: string[]): Promise<postgres.Row[]> {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  try {
    let rows: postgres.Row[] = [];
    for (const statement of statements) rows = await sql.unsafe(statement);
    return rows;
  } finally {
    await sql.end();
  }
}

async function start(env: Record<string, string>): Promise<System> {
  const system = await startSystem({ env: { BRIDGEPORT_MASTER_KEY: "5a".repeat(32), ...env } });
  running.push(system);
  return system;
}

interface Protection {
  by: string;
  role: string;
  gaps: string[];
}

async function verification(api: Api): Promise<{ whole: boolean; protection: Protection }> {
  const { verification } = await api.get<{
    verification: { whole: boolean; protection: Protection };
  }>("/api/audit-logs/verify");
  return verification;
}

const addEnvironment = (api: Api, name: string) => api.post("/api/environments", { name });

/** Waits until a control plane does background jobs: its schedules are noted as rows. */
const untilJobs = (url: string) =>
  waitFor(
    async () => {
      const ask = "select from bridgeport_jobs.jobs where key = 'schedule:apply_updates'";
      return (await query(url, [ask]).catch(() => [])).length > 0;
    },
    { what: "background jobs" },
  );

test("control planes that start at once work as a role that cannot change the audit", async () => {
  const app = urlOf("bridgeport_app", "bridgeport");
  const two = {
    DATABASE_URL: app,
    DATABASE_MIGRATION_URL: urlOf("bridgeport_owner", "bridgeport"),
  };
  const systems = await Promise.all([start(two), start(two)]);
  for (const [at, system] of systems.entries()) {
    const api = await system.login();
    await addEnvironment(api, `environment ${at}`);
    expect(await verification(api)).toMatchObject({
      whole: true,
      protection: { by: "role", role: "bridgeport_app", gaps: [] },
    });
    expect(system.output()).toContain("can add to the audit, and not change it");
  }
  await untilJobs(app);
  for (const statement of [
    "delete from audit_logs",
    "update audit_logs set details = '{}'",
    "truncate audit_chain",
    "alter table audit_logs disable trigger all",
    "set role bridgeport_owner",
    "set session_replication_role = replica",
    "create table public.more ()",
    "create schema more",
  ]) {
    await expect(query(app, [statement])).rejects.toMatchObject({ code: "42501" });
  }
  const passwords = ["bridgeport_owner", "bridgeport_app"].map(passwordOf);
  for (const system of systems) {
    expect(await system.stop()).toBe(0);
    for (const password of passwords) {
      expect(system.output()).not.toContain(password);
      expect(system.output()).not.toContain(encodeURIComponent(password));
    }
  }

  // Without the owner, and with another master key: nothing has to be migrated.
  const later = await start({
    DATABASE_URL: app,
    BRIDGEPORT_MASTER_KEY: `${"6b".repeat(32)},${"5a".repeat(32)}`,
  });
  const api = await later.login();
  const { logs } = await api.get<{ logs: object[] }>("/api/audit-logs?action=rotate_key");
  expect(logs).toHaveLength(1);
  expect((await verification(api)).protection.by).toBe("role");
});

test("an installation with one role gets a second one, while a control plane goes on with the first", async () => {
  await query(database.url, [
    "create role single login password 'single'",
    "create database before owner single",
  ]);
  const single = urlOf("single", "before", "single");
  const first = await start({ DATABASE_URL: single });
  const api = await first.login();
  await addEnvironment(api, "of the first");
  expect((await verification(api)).protection).toEqual({
    by: "triggers",
    role: "single",
    gaps: [
      expect.stringContaining("owns the database"),
      expect.stringContaining("owns the tables"),
    ],
  });
  expect(first.output()).toContain("only triggers and hashes protect the audit");
  await untilJobs(single);

  await query(urlOf("owner", "before"), [
    "grant bridgeport_app to single",
    ...linesOf(inside.replaceAll("bridgeport_owner", "single")),
  ]);
  const app = urlOf("bridgeport_app", "before");
  const second = await start({ DATABASE_URL: app, DATABASE_MIGRATION_URL: single });
  const other = await second.login();
  const names = async (from: Api) =>
    (await from.get<{ environments: { name: string }[] }>("/api/environments")).environments.map(
      ({ name }) => name,
    );
  await addEnvironment(other, "of the second");
  await addEnvironment(api, "of the first again");
  const all = ["of the first", "of the second", "of the first again"];
  expect(await names(api)).toEqual(expect.arrayContaining(all));
  expect(await names(other)).toEqual(expect.arrayContaining(all));
  expect(await verification(other)).toMatchObject({ whole: true, protection: { by: "role" } });
  await expect(query(app, ["delete from audit_logs"])).rejects.toMatchObject({ code: "42501" });
  await untilJobs(app);
  expect(
    await query(app, [
      "select relname from pg_class where relnamespace = 'bridgeport_jobs'::regnamespace and relowner <> 'bridgeport_app'::regrole",
    ]),
  ).toEqual([]);
});

test("the program's role is made by an owner who may, once", async () => {
  await query(database.url, [
    "create role maker login createrole password 'maker'",
    "create database made owner maker",
  ]);
  const app = urlOf("made_app", "made", "a password with ' and %");
  const two = { DATABASE_URL: app, DATABASE_MIGRATION_URL: urlOf("maker", "made", "maker") };
  const systems = await Promise.all([start(two), start(two)]);
  for (const system of systems) {
    expect(await verification(await system.login())).toMatchObject({
      protection: { by: "role", role: "made_app" },
    });
  }
  const told = systems.filter((system) => system.output().includes("and was made"));
  expect(told).toHaveLength(1);
  expect(database.log()).not.toContain("a password with");
});

test.each<[string, (name: string) => Promise<Record<string, string>>, RegExp]>([
  [
    "a role that may not migrate, where that is due",
    async (name) => ({ DATABASE_URL: urlOf("bridgeport_app", name) }),
    /role bridgeport_app .*DATABASE_MIGRATION_URL/,
  ],
  [
    "an owner who is no member of the program's role",
    async (name) => {
      await query(database.url, [`create role of_${name} login password 'x'`]);
      return {
        DATABASE_URL: urlOf(`of_${name}`, name, "x"),
        DATABASE_MIGRATION_URL: urlOf("bridgeport_owner", name),
      };
    },
    /must be able to SET ROLE .*docs\/operating\.md/,
  ],
  [
    "a role that could change the audit",
    async (name) => ({
      DATABASE_URL: urlOf("owner", name),
      DATABASE_MIGRATION_URL: urlOf("bridgeport_owner", name),
    }),
    /role owner, .*could change the audit, because it is a superuser\. Take that from it/,
  ],
  [
    "one role in both",
    async (name) => ({
      DATABASE_URL: urlOf("bridgeport_owner", name),
      DATABASE_MIGRATION_URL: urlOf("bridgeport_owner", name),
    }),
    /name the same role bridgeport_owner/,
  ],
])("%s ends the start with one line that says what to do", async (what, env, expected) => {
  const name = `refused_${what.length}`;
  await query(database.url, [`create database ${name} owner bridgeport_owner`]);
  const failure = start(await env(name));
  const message = await failure.then(
    () => "",
    (error: Error) => error.message,
  );
  const lines = message.split("\n").filter((line) => line.includes("Bridgeport cannot start"));
  expect(lines).toEqual([expect.stringMatching(expected)]);
});
