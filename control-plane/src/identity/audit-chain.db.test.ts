import { createHash } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { system } from "../actor.ts";
import { type Sql, transaction } from "../database/connection.ts";
import { migrate } from "../database/migrate.ts";
import { openTestDatabase, schema, type TestDatabase } from "../database/test-database.ts";
import { audit } from "./audit.store.ts";
import { chainEnd, chainPage, dropAuditMonths, verifyChain } from "./audit-chain.store.ts";

let rig: TestDatabase;

beforeEach(async () => {
  rig = await openTestDatabase();
});
afterEach(() => rig.close());

const entry = (name: string) => ({
  action: "try",
  resourceType: "test",
  resourceId: null,
  resourceName: name,
});
const write = (name: string, sql: Sql = rig.database) => audit(sql, system, entry(name));

/** An entry of a month so many months ago. */
const writeOld = (months: number) => rig.owner`
  insert into audit_logs (id, at, actor_type, actor_name, action, resource_type)
  values (gen_random_uuid(), date_trunc('month', now()) - make_interval(months => ${months}),
    'system', 'x', 'try', 'test')`;

/** What a superuser can do: nothing that the database is told to refuse is refused. */
const tamper = (work: (sql: Sql) => Promise<unknown>) =>
  transaction(rig.owner, async (sql) => {
    await sql`select set_config('session_replication_role', 'replica', true)`;
    await work(sql);
  });

async function chain() {
  const { position } = await chainEnd(rig.database);
  const filter = { from: null, to: null, environmentIds: null };
  return chainPage(rig.database, filter, { after: 0, until: position, limit: 1000 });
}

// As the owner of the tables, which the program's own role is not: database/audit-attack.db.test.ts.
describe("the database refuses its owner", () => {
  test.each([
    ["a change", "update audit_logs set actor_name = 'another'"],
    ["a change of nothing", "update audit_logs set actor_name = 'another' where false"],
    ["a removal", "delete from audit_logs"],
    ["emptying it", "truncate audit_logs"],
    ["emptying it with all that belongs to it", "truncate audit_logs, audit_chain, audit_drops"],
    ["a change of the chain", "update audit_chain set hash = ''"],
    ["a removal from the chain", "delete from audit_chain"],
    ["emptying the chain", "truncate audit_chain"],
    ["to forget what was removed", "delete from audit_drops"],
    ["another end of what was removed", "update audit_drops set until_position = 1"],
  ])("%s", async (_, statement) => {
    await writeOld(0);
    await write("kept");
    await expect(rig.owner.unsafe(statement)).rejects.toMatchObject({ code: "42501" });
    expect(await verifyChain(rig.database)).toEqual({ entries: 2, removed: 0, broken: null });
  });

  test("to remove a single old entry, or one that others are before", async () => {
    for (const months of [12, 11, 10]) await writeOld(months);
    await write("kept");
    const [, second] = await chain();
    const remove = rig.owner`delete from audit_logs where id = ${second?.id ?? ""}`;
    await expect(remove).rejects.toMatchObject({ code: "42501" });
    const claimed = rig.owner`
      insert into audit_drops (until_position, until_hash) values (3, '')`;
    await claimed;
    await expect(rig.owner`delete from audit_chain where position <= 3`).rejects.toMatchObject({
      code: "42501",
    });
  });
});

describe("retention", () => {
  test("removes whole months from the beginning, and the rest still hangs together", async () => {
    for (const months of [12, 11, 11, 7, 0]) await writeOld(months);
    expect(await dropAuditMonths(rig.database, 8 * 31, 1000)).toBe(3);
    expect(await verifyChain(rig.database)).toEqual({ entries: 3, removed: 3, broken: null });
    await write("after");
    expect((await chain()).map(({ position }) => position)).toEqual([4, 5, 6, 7]);
    expect(await dropAuditMonths(rig.database, 8 * 31, 1000)).toBe(0);
  });

  test("goes on where it stopped", async () => {
    for (const months of [12, 12, 12, 0]) await writeOld(months);
    expect(await dropAuditMonths(rig.database, 180, 2)).toBe(2);
    expect(await dropAuditMonths(rig.database, 180, 2)).toBe(1);
    expect(await verifyChain(rig.database)).toEqual({ entries: 3, removed: 3, broken: null });
  });

  test("leaves an entry of what it removed, and none where there was nothing", async () => {
    for (const months of [12, 11, 0]) await writeOld(months);
    const [, last] = await chain();
    expect(await dropAuditMonths(rig.database, 8 * 31, 1000)).toBe(2);
    expect(await dropAuditMonths(rig.database, 8 * 31, 1000)).toBe(0);
    const entries = await rig.database`
      select actor_type, details from audit_logs where action = 'drop_audit_entries'`;
    expect(entries).toEqual([
      {
        actorType: "system",
        details: {
          entries: 2,
          before: expect.stringMatching(/^\d{4}-\d{2}-01$/),
          untilPosition: 2,
          untilHash: last?.hash,
        },
      },
    ]);
  });

  test("keeps 90 days, whatever it is told", async () => {
    for (const months of [5, 2, 1, 0]) await writeOld(months);
    expect(await dropAuditMonths(rig.database, 1, 1000)).toBe(1);
    await expect(
      rig.database`select audit_drop_before(now() - interval '60 days', 1000)`,
    ).rejects.toMatchObject({ code: "42501" });
    expect(await verifyChain(rig.database)).toEqual({ entries: 4, removed: 1, broken: null });
  });

  test("leaves none of them, and then goes on in the same chain", async () => {
    for (const months of [12, 11]) await writeOld(months);
    expect(await dropAuditMonths(rig.database, 180, 1000)).toBe(2);
    await write("first again");
    expect((await chain()).map(({ position }) => position)).toEqual([3, 4]);
    expect(await verifyChain(rig.database)).toEqual({ entries: 2, removed: 2, broken: null });
  });
});

describe("the chain", () => {
  test("has no hole where a transaction is rolled back, and its order is that of the commits", async () => {
    await transaction(rig.database, async (sql) => {
      await write("in the transaction", sql);
      await write("beside it");
      const failed = transaction(rig.database, async (other) => {
        await write("rolled back", other);
        throw new Error("no");
      });
      await expect(failed).rejects.toThrow("no");
    });
    const rows = await chain();
    expect(rows.map(({ position, resourceName }) => [position, resourceName])).toEqual([
      [1, "beside it"],
      [2, "in the transaction"],
    ]);
  });

  test("is whole however many write at once", async () => {
    await Promise.all(Array.from({ length: 100 }, (_, at) => write(`entry ${at}`)));
    expect(await verifyChain(rig.database)).toEqual({ entries: 100, removed: 0, broken: null });
    expect((await chain()).map(({ position }) => position)).toEqual(
      Array.from({ length: 100 }, (_, at) => at + 1),
    );
  });

  test("can be computed by others from what is exported", async () => {
    for (const name of ["one", "two ✓", 'three "quoted"']) await write(name);
    let previous = "00".repeat(32);
    for (const row of await chain()) {
      expect(row.previousHash).toBe(previous);
      const hash = createHash("sha256").update(Buffer.from(previous, "hex")).update(row.content);
      expect(hash.digest("hex")).toBe(row.hash);
      expect(JSON.parse(row.content)).toMatchObject({
        position: row.position,
        id: row.id,
        action: "try",
        resourceName: row.resourceName,
        details: {},
      });
      previous = row.hash;
    }
    expect(await chainEnd(rig.database)).toEqual({ position: 3, hash: previous });
  });

  test.each<[string, (sql: Sql) => Promise<unknown>, object]>([
    [
      "an entry that is missing",
      (sql) => sql`delete from audit_logs where resource_name = 'two'`,
      { position: 2, reason: "missing" },
    ],
    [
      "an entry that is missing with its place",
      async (sql) => {
        await sql`delete from audit_logs where resource_name = 'two'`;
        await sql`delete from audit_chain where position = 2`;
      },
      { position: 3, reason: "missing" },
    ],
    [
      "a missing beginning",
      async (sql) => {
        await sql`delete from audit_logs where resource_name = 'one'`;
        await sql`delete from audit_chain where position = 1`;
      },
      { position: 2, reason: "missing" },
    ],
    [
      "an entry that was changed",
      (sql) => sql`update audit_logs set actor_name = 'another' where resource_name = 'two'`,
      { position: 2, reason: "changed" },
    ],
    [
      "an entry that was changed together with its own hash",
      async (sql) => {
        await sql`update audit_logs set actor_name = 'another' where resource_name = 'two'`;
        await sql`
          update audit_chain c set hash = audit_hash(previous, audit_content(position, e))
          from audit_logs e where e.id = entry_id and position = 2`;
      },
      { position: 3, reason: "not_linked" },
    ],
    [
      "an entry that was put in beside the chain",
      (sql) => write("beside", sql),
      { position: null, reason: "not_chained" },
    ],
  ])("tells of %s", async (_, attack, expected) => {
    for (const name of ["one", "two", "three"]) await write(name);
    await tamper(attack);
    expect((await verifyChain(rig.database)).broken).toMatchObject(expected);
  });

  test("is verified in its newest entries alone, where that is asked for", async () => {
    for (const name of ["one", "two", "three", "four", "five"]) await write(name);
    const newest = (count: number) => verifyChain(rig.database, count);
    for (const count of [2, 5, 50]) {
      expect(await newest(count)).toMatchObject({ entries: Math.min(count, 5), broken: null });
    }
    await tamper((sql) => sql`update audit_logs set action = 'x' where resource_name = 'three'`);
    expect((await newest(2)).broken).toBeNull();
    expect((await newest(3)).broken).toMatchObject({ position: 3, reason: "changed" });
    await tamper((sql) => write("beside", sql));
    expect((await newest(2)).broken).toMatchObject({ position: null, reason: "not_chained" });
    await tamper(async (sql) => {
      await sql`delete from audit_logs where resource_name = 'four'`;
      await sql`delete from audit_chain where position = 4`;
    });
    expect((await newest(2)).broken).toMatchObject({ position: 5, reason: "missing" });
    expect((await newest(1)).broken).toMatchObject({ position: 5, reason: "missing" });
  });

  test("tells of an entry that is missing, and retention does not forget it", async () => {
    for (const months of [12, 11, 10, 0]) await writeOld(months);
    const [, second] = await chain();
    await tamper((sql) => sql`delete from audit_logs where id = ${second?.id ?? ""}`);
    expect(await dropAuditMonths(rig.database, 180, 1000)).toBe(1);
    expect((await verifyChain(rig.database)).broken).toMatchObject({ position: 2 });
  });
});

test("entries from before there was a chain are in it after the upgrade", async () => {
  const before = schema.migrations.filter(({ name }) => name < "0023");
  const old = await openTestDatabase({ empty: true });
  try {
    await migrate(old.owner, { migrations: before, functions: [] });
    await old.owner`
      insert into audit_logs (id, at, actor_type, actor_name, action, resource_type)
      select gen_random_uuid(), now() - make_interval(hours => 1000 - hour), 'system',
        'entry ' || hour, 'try', 'test'
      from generate_series(1, 1000) as hour`;
    await migrate(old.owner, schema);
    expect(await verifyChain(old.owner)).toEqual({ entries: 1000, removed: 0, broken: null });
    const [first] = await old.owner`
      select actor_name from audit_logs join audit_chain on entry_id = id where position = 1`;
    expect(first).toEqual({ actorName: "entry 1" });
  } finally {
    await old.close();
  }
});
