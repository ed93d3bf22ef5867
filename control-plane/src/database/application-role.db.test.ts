import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { jobsSchema } from "./application-role.ts";
import { auditProtection } from "./audit-protection.ts";
import type { Sql } from "./connection.ts";
import { applicationRole } from "./embedded.ts";
import { limitedTables } from "./grants.ts";
import { type Migration, migrate } from "./migrate.ts";
import { openTestDatabase, schema, type TestDatabase } from "./test-database.ts";

let rig: TestDatabase;

beforeEach(async () => {
  rig = await openTestDatabase();
});
afterEach(() => rig.close());

/** What the program's role may do with each table, however it came to it. */
async function rights(sql: Sql): Promise<Record<string, string>> {
  const rows = await sql<{ name: string; rights: string }[]>`
    select relname as name, concat_ws(' ',
      case when has_table_privilege(oid, 'select') then 'select' end,
      case when has_table_privilege(oid, 'insert') then 'insert'
        when has_any_column_privilege(oid, 'insert') then 'insert of some' end,
      case when has_table_privilege(oid, 'update') then 'update'
        when has_any_column_privilege(oid, 'update') then 'update of some' end,
      case when has_table_privilege(oid, 'delete') then 'delete' end,
      case when has_table_privilege(oid, 'truncate') then 'truncate' end,
      case when has_table_privilege(oid, 'references') then 'references' end,
      case when has_table_privilege(oid, 'trigger') then 'trigger' end,
      case when pg_has_role(relowner, 'member') then 'owner' end) as rights
    from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm', 'f')
    order by relname`;
  return Object.fromEntries(rows.map(({ name, rights }) => [name, rights]));
}

const all = "select insert update delete";
const limited = {
  audit_logs: "select insert of some",
  audit_chain: "select",
  audit_drops: "select",
  schema_migrations: "select",
  schema_functions: "select",
};

test("the program's role may use every table, and only add to the audit", async () => {
  const tables = await rights(rig.database);
  expect(Object.keys(tables).length).toBeGreaterThan(40);
  expect(tables).toEqual({
    ...Object.fromEntries(Object.keys(tables).map((name) => [name, all])),
    ...limited,
  });
  expect(Object.keys(limitedTables).sort()).toEqual(Object.keys(limited).sort());
  expect(await auditProtection(rig.database)).toEqual({ role: applicationRole, gaps: [] });
});

// What is written into a table of the audit has to stay: a new one belongs into limitedTables.
test("every table of the audit is limited", async () => {
  const named = Object.keys(await rights(rig.database)).filter((name) => name.includes("audit"));
  expect(named).toEqual(["audit_chain", "audit_drops", "audit_logs"]);
});

test("it may call every function but those of triggers, and nobody else may call any", async () => {
  const rows = await rig.database<{ name: string; trigger: boolean; own: boolean; all: boolean }[]>`
    select proname as name, prorettype = 'trigger'::regtype as trigger,
      has_function_privilege(oid, 'execute') as own,
      has_function_privilege('pg_monitor', oid, 'execute') as all
    from pg_proc where pronamespace = 'public'::regnamespace`;
  expect(rows.length).toBe(schema.functions.length);
  expect(rows.filter(({ trigger, own, all }) => all || trigger === own)).toEqual([]);
});

test("functions that work with the owner's rights have a fixed search path", async () => {
  const rows = await rig.database<{ name: string; settings: string[] | null }[]>`
    select proname as name, proconfig as settings from pg_proc
    where pronamespace = 'public'::regnamespace and prosecdef order by proname`;
  const settings = ["search_path=public, pg_temp"];
  expect(rows).toEqual([
    { name: "audit_drop_before", settings },
    { name: "chain_audit_entry", settings },
  ]);
});

describe("what comes later", () => {
  const file = (name: string, sql: string): Migration => ({ name, sql, checksum: sql });
  const more = (...files: Migration[]) => ({
    migrations: [...schema.migrations, ...files],
    functions: [
      ...schema.functions,
      file(
        "later.sql",
        "create or replace function later() returns int language sql as 'select 1'",
      ),
    ],
  });

  test("is given together with what makes it, so that a migration that ends there has lost nothing", async () => {
    const table =
      "create table later_rows (id int primary key generated always as identity); create sequence later_numbers; create view later_view as select 1 as one";
    const broken = file("9002_broken.sql", "create table");
    await expect(
      migrate(rig.owner, more(file("9001_later.sql", table), broken), applicationRole),
    ).rejects.toThrow("syntax error");
    await rig.database`insert into later_rows default values`;
    await rig.database`select nextval('later_numbers'), one from later_view`;
    await migrate(rig.owner, more(file("9001_later.sql", table)), applicationRole);
    expect(await rig.database`select later()`).toEqual([{ later: 1 }]);
    expect(await rights(rig.database)).toMatchObject({ later_rows: all, later_view: "select" });
  });

  test("a start changes nothing where nothing is due", async () => {
    const places = () => rig.owner`
      select xmin, ctid, relname as name from pg_class where relnamespace = 'public'::regnamespace
      union all select xmin, ctid, proname from pg_proc where pronamespace = 'public'::regnamespace`;
    const before = await places();
    await migrate(rig.owner, schema, applicationRole);
    expect(await places()).toEqual(before);
  });

  test("rights that were changed by hand are as they should be after a start", async () => {
    await rig.owner`grant all on audit_logs, audit_chain to bridgeport_app`;
    await rig.owner`grant update (details) on audit_logs to bridgeport_app`;
    await rig.owner`grant execute on function keep_audit() to public, bridgeport_app`;
    await rig.owner`grant create on schema public to public`;
    await rig.owner`revoke all on users, services from bridgeport_app`;
    expect((await auditProtection(rig.database)).gaps).toHaveLength(2);
    await migrate(rig.owner, schema, applicationRole);
    expect(await auditProtection(rig.database)).toEqual({ role: applicationRole, gaps: [] });
    expect(await rights(rig.database)).toMatchObject({ ...limited, users: all, services: all });
  });
});

describe("beside other things in the schema public", () => {
  const others = `
    create table other_rows (id int primary key);
    create sequence other_numbers;
    create view other_view as select 1 as one;
    create function other_one() returns int language sql as 'select 1'`;
  const toExtension = [
    "table other_rows",
    "sequence other_numbers",
    "view other_view",
    "function other_one()",
  ]
    .map((thing) => `alter extension plpgsql add ${thing}`)
    .join("; ");
  const access = (sql: Sql) => sql`
    select relname::text as name, relacl::text as granted from pg_class where relname like 'other_%'
    union all select proname, proacl::text from pg_proc where proname like 'other_%' order by name`;

  test.each<[string, (role: string) => string]>([
    ["an extension", () => toExtension],
    [
      "another application",
      (role) => `alter table other_rows owner to ${role};
        alter sequence other_numbers owner to ${role};
        alter view other_view owner to ${role};
        alter function other_one() owner to ${role}`,
    ],
  ])("what belongs to %s is left as it is by a superuser who migrates", async (_, given) => {
    const role = `other_${rig.name}`;
    await rig.owner.unsafe(`create role ${role}; ${others}; ${given(role)}`);
    try {
      const before = await access(rig.owner);
      expect(before.length).toBeGreaterThan(3);
      await migrate(rig.owner, schema, applicationRole);
      expect(await access(rig.owner)).toEqual(before);
    } finally {
      await rig.owner.unsafe(`drop owned by ${role} cascade; drop role ${role}`);
    }
  });

  test("an owner who is no superuser migrates where a superuser has made an extension", async () => {
    const role = `owner_${rig.name}`;
    const empty = await openTestDatabase({ empty: true });
    await empty.owner.unsafe(`create role ${role} login; grant ${applicationRole} to ${role};
      alter database ${empty.name} owner to ${role}; grant create on schema public to ${role}`);
    const owner = empty.openAs(role);
    try {
      await migrate(owner, schema, applicationRole);
      await empty.owner.unsafe(`${others}; ${toExtension}`);
      expect(await migrate(owner, schema, applicationRole)).toEqual([]);
      expect(await rights(empty.database)).toMatchObject({
        ...limited,
        users: all,
        other_rows: "",
      });
    } finally {
      await empty.close();
      await rig.owner.unsafe(`drop role ${role}`);
    }
  });

  test("what the owner of the audit has made stays ours where another role migrates", async () => {
    const role = `owner_${rig.name}`;
    await rig.owner.unsafe(`create role ${role}; alter table audit_logs owner to ${role};
      alter table users owner to ${role}; revoke all on users from ${applicationRole}`);
    try {
      await migrate(rig.owner, schema, applicationRole);
      expect(await rights(rig.database)).toMatchObject({ ...limited, users: all, services: all });
    } finally {
      await rig.owner.unsafe(
        `reassign owned by ${role} to bridgeport; drop owned by ${role}; drop role ${role}`,
      );
    }
  });
});

test("when an entry of the audit was written is said by the database alone", async () => {
  const columns = () => rig.database<{ name: string }[]>`
    select attname::text as name from pg_attribute where attrelid = 'audit_logs'::regclass
      and attnum > 0 and not attisdropped
      and not has_column_privilege('audit_logs', attname, 'insert')`;
  expect(await columns()).toEqual([{ name: "at" }]);
  // As an earlier version granted it.
  await rig.owner`grant insert on audit_logs to bridgeport_app`;
  expect(await columns()).toEqual([]);
  await migrate(rig.owner, schema, applicationRole);
  expect(await columns()).toEqual([{ name: "at" }]);
});

test("a deadlock with a replica that works on jobs meanwhile is tried again", async () => {
  for (const table of ["first", "gate", "last"]) {
    await rig.owner.unsafe(`create table ${jobsSchema}.${table} ()`);
  }
  const lock = (sql: Sql, table: string) => sql.unsafe(`lock table ${jobsSchema}.${table}`);
  const waitingFor = (table: string) =>
    vi.waitFor(async () => {
      const rows = await rig.owner`
        select from pg_locks where not granted and relation = ${`${jobsSchema}.${table}`}::regclass`;
      expect(rows).toHaveLength(1);
    }, waitLimitMs);
  const [gate, replica] = await Promise.all([rig.owner.reserve(), rig.owner.reserve()]);
  try {
    await gate`begin`;
    await lock(gate, "gate");
    await replica`begin`;
    // The migration is the one that finds it out.
    await replica`set local deadlock_timeout = '1h'`;
    await lock(replica, "last");
    const migrated = migrate(rig.owner, schema, applicationRole);
    await waitingFor("gate");
    const worked = lock(replica, "first").then(() => replica`commit`);
    await waitingFor("first");
    await gate`commit`;
    await worked;
    expect(await migrated).toEqual([]);
  } finally {
    gate.release();
    replica.release();
  }
  const owners = await rig.owner`
    select distinct relowner::regrole::text as owner from pg_class
    where relnamespace = ${jobsSchema}::regnamespace`;
  expect(owners).toEqual([{ owner: applicationRole }]);
});

test("a role whose name has to be quoted gets the same", async () => {
  const role = `An "app" ${rig.name}`;
  const quoted = `"${role.replaceAll('"', '""')}"`;
  await rig.owner.unsafe(`create role ${quoted} login`);
  try {
    await migrate(rig.owner, schema, role);
    const database = rig.openAs(role);
    expect(await rights(database)).toMatchObject({ ...limited, users: all });
    expect(await auditProtection(database)).toEqual({ role, gaps: [] });
    const [jobs] = await rig.owner`
      select nspowner::regrole::text as owner from pg_namespace where nspname = ${jobsSchema}`;
    expect(jobs).toEqual({ owner: quoted });
  } finally {
    await rig.owner.unsafe(`drop owned by ${quoted} cascade; drop role ${quoted}`);
  }
});

test("a role without the right to change the schema starts where nothing is due, and else is told what to do", async () => {
  expect(await migrate(rig.database, schema)).toEqual([]);
  const later = {
    ...schema,
    migrations: [
      ...schema.migrations,
      { name: "9001_later.sql", sql: "create table later_rows ()", checksum: "later" },
    ],
  };
  await expect(migrate(rig.database, later)).rejects.toThrow(
    /role bridgeport_app .* set DATABASE_MIGRATION_URL/,
  );
});
