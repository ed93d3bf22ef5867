import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { takeNewestKey } from "../identity/key-rotation.ts";
import { keyId, MasterKeyError } from "../master-key.ts";
import { secretsWith } from "../secrets.ts";
import { type Database, transaction } from "./connection.ts";
import { encryptedColumns } from "./encrypted-columns.ts";
import { insertWorldOfSecrets, plainColumns } from "./encryption.fixture.ts";
import { encryptEverything } from "./encryption.store.ts";
import { openTestDatabase, type TestDatabase } from "./test-database.ts";

const [old, fresh] = ["11".repeat(32), "22".repeat(32)];
const before = secretsWith(old);
const both = secretsWith(`${fresh}\n${old}`);
const after = secretsWith(fresh);

let rig: TestDatabase;
beforeEach(async () => {
  rig = await openTestDatabase({ secrets: before });
  await takeNewestKey(rig.database, before);
});
afterEach(() => rig.close());

/** As every column is read by a process that has these keys. */
async function read(database: Database, secrets = after): Promise<Record<string, unknown>> {
  const values: Record<string, unknown> = {};
  for (const { table, column, holds } of encryptedColumns) {
    const [row] = await database.unsafe(`select ${column} as value from ${table}`);
    const open = (bytes: Buffer) => secrets.decrypt(bytes);
    values[`${table}.${column}`] =
      holds === "bytes"
        ? open(row?.value)
        : holds === "base64"
          ? open(Buffer.from(row?.value, "base64"))
          : row?.value;
  }
  return values;
}

test("every column is known to be encrypted, or why it need not be", async () => {
  const columns = await rig.database<{ name: string; type: string }[]>`
    select table_name || '.' || column_name as name, data_type as type
    from information_schema.columns
    where table_schema = 'public' and data_type in ('bytea', 'json', 'jsonb') order by 1`;
  const known = [
    ...encryptedColumns.map(({ table, column }) => `${table}.${column}`),
    ...Object.keys(plainColumns),
  ];
  // The one text among them holds base64.
  expect([...columns.map(({ name }) => name), "idempotency_keys.body"].toSorted()).toEqual(
    known.toSorted(),
  );
});

describe("a new key", () => {
  test("encrypts every column again, in one transaction, and is noted", async () => {
    await insertWorldOfSecrets(rig.database, before);
    const expected = await read(rig.database, before);
    const rotated = await takeNewestKey(rig.open(both), both);
    expect(rotated).toEqual({ before: keyId(old), values: encryptedColumns.length });
    // The older key is gone.
    expect(await read(rig.open(after), after)).toEqual(expected);
    expect(
      await rig.database`select actor_name, details from audit_logs where action = 'rotate_key'`,
    ).toEqual([
      { actorName: "system", details: { before: keyId(old), values: encryptedColumns.length } },
    ]);
    expect(await takeNewestKey(rig.open(after), after)).toEqual({
      before: keyId(fresh),
      values: 0,
    });
  });

  test("is all or nothing: what cannot be decrypted leaves everything as it was", async () => {
    await insertWorldOfSecrets(rig.database, before);
    const stranger = secretsWith("33".repeat(32));
    await rig.database`update webhooks set secret = ${stranger.encrypt("x")}`;
    await expect(takeNewestKey(rig.open(both), both)).rejects.toThrow(
      `master key ${keyId("33".repeat(32))}`,
    );
    await rig.database`update webhooks set secret = ${before.encrypt("x")}`;
    expect(await takeNewestKey(rig.database, before)).toEqual({ before: keyId(old), values: 0 });
    expect(await read(rig.database, before)).toMatchObject({ "registries.token": "s3cret" });
    expect(await rig.database`select from audit_logs`).toHaveLength(0);
  });

  test("also takes what a process with the older key wrote meanwhile", async () => {
    await insertWorldOfSecrets(rig.database, before);
    await takeNewestKey(rig.open(both), both);
    await rig.database`update webhooks set secret = ${before.encrypt("late")}`;
    expect(await takeNewestKey(rig.open(both), both)).toEqual({ before: keyId(fresh), values: 1 });
    expect(await read(rig.open(after), after)).toMatchObject({ "webhooks.secret": "late" });
    expect(await rig.database`select from audit_logs where action = 'rotate_key'`).toHaveLength(1);
  });

  test("of control planes that start together, is taken once", async () => {
    await insertWorldOfSecrets(rig.database, before);
    const database = rig.open(both);
    const done = await Promise.all([1, 2, 3].map(() => takeNewestKey(database, both)));
    expect(done.map(({ values }) => values).toSorted()).toEqual([0, 0, encryptedColumns.length]);
    expect(await read(rig.open(after), after)).toMatchObject({
      "services.spec": { Env: ["PASSWORD=hunter2"] },
    });
  });

  test("takes many rows, each once", async () => {
    await insertWorldOfSecrets(rig.database, before);
    const rows = 450;
    for (let index = 0; index < rows; index++) {
      await rig.database`
        insert into idempotency_keys (credential_id, key, request_hash, status, body)
        values (gen_random_uuid(), ${String(index)}, '', 200,
          ${before.encrypt(String(index)).toString("base64")})`;
    }
    const { values } = await takeNewestKey(rig.open(both), both);
    expect(values).toBe(encryptedColumns.length + rows);
    const kept = await rig.database<{ key: string; body: string }[]>`
      select key, body from idempotency_keys where key ~ '^[0-9]+$'`;
    for (const { key, body } of kept) {
      expect(after.decrypt(Buffer.from(body, "base64"))).toBe(key);
    }
  });
});

test("a key that is missing at the start is named, and nothing is touched", async () => {
  const start = takeNewestKey(rig.open(after), after);
  await expect(start).rejects.toThrow(MasterKeyError);
  await expect(start).rejects.toThrow(
    new RegExp(`master key ${keyId(old)}, .*there: ${keyId(fresh)}.*from a backup`),
  );
  expect(await takeNewestKey(rig.database, before)).toEqual({ before: keyId(old), values: 0 });
});

test("a row that is sealed with a missing key is an error that names it, and no other row", async () => {
  await insertWorldOfSecrets(rig.database, before);
  const wrong = rig.open(after);
  await expect(wrong`select spec from services`).rejects.toThrow(`master key ${keyId(old)}`);
  expect(await wrong`select name from services`).toHaveLength(1);
  await expect(transaction(wrong, async (sql) => sql`select body from commands`)).rejects.toThrow(
    MasterKeyError,
  );
  expect(await wrong`select name from services`).toHaveLength(1);
});

describe("the first start after an upgrade", () => {
  beforeEach(async () => {
    await rig.database`delete from encryption_state`;
  });

  test("seals what lies there in plain, once, whatever it looks like", async () => {
    // Without keys a connection writes as versions before did.
    await insertWorldOfSecrets(rig.open(), before, { value: "sealed:AAAA" });
    const [plain] = await rig.database`select spec::text as text from services`;
    expect(plain?.text).toContain("PASSWORD=sealed:AAAA");
    const first = await takeNewestKey(rig.database, before);
    const variables = encryptedColumns.filter(({ holds }) => holds === "variables").length;
    expect(first).toEqual({ before: null, values: variables });
    expect(await rig.database`select from audit_logs`).toHaveLength(0);
    const [row] = await rig.database`
      select spec, spec::text as text from services`;
    expect(row?.spec).toMatchObject({ Env: ["PASSWORD=sealed:AAAA"] });
    expect(row?.text).not.toContain("sealed:AAAA");
    expect(await takeNewestKey(rig.database, before)).toEqual({ before: keyId(old), values: 0 });
  });

  test("that ends in the middle has done nothing, and the next one does it", async () => {
    await insertWorldOfSecrets(rig.open(), before, { value: "plain" });
    const killed = transaction(rig.database, async (sql) => {
      await encryptEverything(sql, before);
      throw new Error("killed");
    });
    await expect(killed).rejects.toThrow("killed");
    const [row] = await rig.database`select spec::text as text from services`;
    expect(row?.text).toContain("PASSWORD=plain");
    expect((await takeNewestKey(rig.database, before)).values).toBeGreaterThan(0);
    const [sealed] = await rig.database`select spec::text as text, spec from services`;
    expect(sealed?.text).not.toContain("plain");
    expect(sealed?.spec).toMatchObject({ Env: ["PASSWORD=plain"] });
  });
});
