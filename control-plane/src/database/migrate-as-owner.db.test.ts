import { afterEach, beforeEach, expect, test } from "vitest";
import { ConfigError } from "../config.ts";
import { testAddress } from "../jobs/test-address.fixture.ts";
import type { Database, DatabaseAddress } from "./connection.ts";
import { applicationRole } from "./embedded.ts";
import { migrateAsOwner } from "./migrate-as-owner.ts";
import { openTestDatabase, schema, type TestDatabase } from "./test-database.ts";

let rig: TestDatabase;
let owner: DatabaseAddress;

beforeEach(async () => {
  rig = await openTestDatabase();
  owner = await testAddress(rig.owner);
});
afterEach(() => rig.close());

async function refusal(database: Database, address = owner): Promise<string> {
  const error = await migrateAsOwner(database, address, schema).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(ConfigError);
  expect((error as Error).message).toContain("docs/operating.md");
  return (error as Error).message;
}

test("one role for everything works, and what protects the audit is told", async () => {
  expect(await migrateAsOwner(rig.owner, null, schema)).toEqual({
    applied: [],
    protection: { role: "bridgeport", gaps: ["is a superuser"] },
  });
  expect((await migrateAsOwner(rig.database, null, schema)).protection.gaps).toEqual([]);
});

test("two URLs of one role are refused", async () => {
  expect(await refusal(rig.owner)).toContain("name the same role bridgeport:");
});

test("two URLs of different databases are refused before anything is changed", async () => {
  const other = await openTestDatabase({ empty: true });
  try {
    const address = await testAddress(other.owner);
    await expect(migrateAsOwner(rig.database, address, schema)).rejects.toThrow(
      "lead to different databases",
    );
    expect(await other.owner`select from pg_class where relname = 'audit_logs'`).toEqual([]);
  } finally {
    await other.close();
  }
});

test("an owner that cannot connect is named by its variable", async () => {
  const address = { url: "postgres://owner:hidden@127.0.0.1:1/bridgeport" };
  const attempt = migrateAsOwner(rig.database, address, schema);
  await expect(attempt).rejects.toThrow(/^DATABASE_MIGRATION_URL cannot be used: nothing listens/);
});

test.each([
  ["superuser", "is a superuser"],
  ["createrole", "may create roles"],
])("a role of the program with %s is refused", async (power, gap) => {
  const role = `app_${rig.name}`;
  await rig.owner.unsafe(`create role ${role} login ${power}`);
  const database = rig.openAs(role);
  try {
    expect(await refusal(database)).toContain(gap);
  } finally {
    await database.end();
    await rig.owner.unsafe(`drop owned by ${role} cascade; drop role ${role}`);
  }
});

test.each<[string, (role: string) => string, string]>([
  ["is a member of the owner", (role) => `grant bridgeport to ${role}`, "owns the tables"],
  [
    "owns the database",
    (role) => `alter database ${rig.name} owner to ${role}`,
    "owns the database",
  ],
  [
    "may add to the chain like everybody",
    () => "grant insert on audit_chain to public",
    "to write its chain",
  ],
  [
    "may add to the drops like everybody",
    () => "grant insert on audit_drops to public",
    "to write its chain",
  ],
  [
    "may date entries like everybody",
    () => "grant insert (at) on audit_logs to public",
    "backdate",
  ],
  [
    "is not the superuser who logs in",
    (role) => `alter role ${role} superuser; alter role ${role} set role ${applicationRole}`,
    "is not the role that logs in",
  ],
  ["may write all data", (role) => `grant pg_write_all_data to ${role}`, "was granted"],
  [
    "may run programs",
    (role) => `grant pg_execute_server_program to ${role}`,
    "may write files or run programs",
  ],
])("a role of the program that %s is refused", async (_, given, gap) => {
  const role = `app_${rig.name}`;
  await rig.owner.unsafe(`create role ${role} login`);
  await rig.owner.unsafe(given(role));
  const database = rig.openAs(role);
  try {
    expect(await refusal(database)).toContain(gap);
  } finally {
    await database.end();
    await rig.owner.unsafe(`alter database ${rig.name} owner to bridgeport`);
    await rig.owner.unsafe(`drop owned by ${role} cascade; drop role ${role}`);
  }
});
