import { Readable } from "node:stream";
import { afterEach, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { applicationRole } from "../database/embedded.ts";
import { insertWorldOfSecrets } from "../database/encryption.fixture.ts";
import { migrate } from "../database/migrate.ts";
import { openTestDatabase, schema, type TestDatabase } from "../database/test-database.ts";
import { keyId } from "../master-key.ts";
import { createPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts } from "../plans/plan-world.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { makeBackup } from "./make-backup.ts";
import { checkBackup, openBackup } from "./read-backup.ts";
import { restoreDatabase } from "./restore-database.ts";
import { settleRestore } from "./settle-restore.ts";
import { listTables } from "./tables.store.ts";

const masterKey = "5e".repeat(32);
const secrets = secretsWith(masterKey);

const ownKeys = { known: [masterKey], where: "master.key" };

let from: TestDatabase;
let to: TestDatabase;

beforeEach(async () => {
  from = await openTestDatabase();
  to = await openTestDatabase({ empty: true, as: "bridgeport-restore" });
});
afterEach(async () => {
  await from.close();
  await to.close();
});

async function backup(
  database: Database = from.database,
  program = schema,
  keys = ownKeys,
): Promise<Buffer> {
  const pieces: Buffer[] = [];
  await makeBackup(
    { database, schema: program, version: "1.2.3", localServer: null, passphrase: null, keys },
    async (file) => {
      for await (const piece of file) pieces.push(piece);
    },
  );
  return Buffer.concat(pieces);
}

const open = (file: Buffer) =>
  openBackup(Readable.from([file]), {
    passphrase: () => Promise.reject(new Error("not asked")),
    masterKey: (id) => (id === keyId(masterKey) ? masterKey : null),
  });

async function restore(
  file: Buffer,
  { replace = false, program = schema, database = to.owner } = {},
): Promise<number> {
  return restoreDatabase({
    database,
    schema: program,
    version: "1.2.3",
    backup: await open(file),
    replace,
  });
}

/** Each table's rows, as a number and a hash. */
async function contents(database: Database): Promise<Record<string, string>> {
  const tables = await listTables(database, schema);
  const found: Record<string, string> = {};
  for (const { name, columns } of tables) {
    const list = columns.map((column) => `"${column}"`).join(", ");
    const [row] = await database.unsafe<{ hash: string }[]>(
      `select count(*) || ' ' || md5(coalesce(string_agg(row::text, E'\\n' order by row::text), '')) as hash
       from (select ${list} from "${name}") as row`,
    );
    found[name] = row?.hash ?? "";
  }
  return found;
}

test("a restored database is the one that was backed up, to the row", async () => {
  await insertWorldOfSecrets(from.database, secrets);
  await from.database`
    insert into audit_logs (id, actor_type, actor_name, action, resource_type)
    select gen_random_uuid(), 'system', E'a\ttab, a\nline, a \\ and ü' , 'test', 'test'
    from generate_series(1, 3)`;
  await from.database`
    insert into domain_events (name, environment_id, subject_id)
    select 'test', id, id from environments`;
  const before = await contents(from.database);
  const file = await backup();
  await restore(file);
  await migrate(to.owner, schema);
  const after = await contents(to.owner);
  const [mark] = await to.owner`select value ->> 'version' as version from system_settings`;
  expect(mark).toEqual({ version: "1.2.3" });
  expect({ ...after, system_settings: before.system_settings }).toEqual(before);

  // Constraints, triggers, counters and the chain of the audit are as they were.
  await expect(to.owner`delete from environments`).rejects.toThrow("foreign key");
  await expect(to.owner`update audit_logs set action = 'other'`).rejects.toThrow("refused");
  await to.owner`
    insert into audit_logs (id, actor_type, actor_name, action, resource_type)
    values (gen_random_uuid(), 'system', '', 'test', 'test')`;
  expect((await to.owner`select max(position) as n from audit_chain`)[0]).toEqual({ n: 4 });
  const [event] = await to.owner`
    insert into domain_events (name, environment_id, subject_id)
    select 'more', id, id from environments returning id`;
  expect(Number(event?.id)).toBeGreaterThan(1);
});

test("a backup is of one moment, however long it is read", async () => {
  await newWorld(from.database);
  const [service] = await from.database`select name from services limit 1`;
  let wrote = false;
  const pieces: Buffer[] = [];
  await makeBackup(
    {
      database: from.database,
      schema,
      version: "1.2.3",
      localServer: null,
      passphrase: null,
      keys: ownKeys,
    },
    async (file) => {
      for await (const piece of file) {
        pieces.push(piece);
        if (wrote) continue;
        wrote = true;
        await from.database`update services set name = 'renamed meanwhile'`;
        await from.database`update servers set name = name || ' renamed meanwhile'`;
      }
    },
  );
  await restore(Buffer.concat(pieces));
  expect(
    await to.owner`select distinct name from services where name = 'renamed meanwhile'`,
  ).toEqual([]);
  expect((await to.owner`select name from services limit 1`)[0]).toEqual(service);
});

test("what was under way ends with the restore, once, and nothing goes on by itself", async () => {
  const world = await newWorld(from.database);
  await from.database`update container_images set auto_update = true`;
  await from.database`
    update servers set status = 'online', session_id = gen_random_uuid(), last_seen_at = now()`;
  const planId = await createPlan(planParts(from.database), system, deployOf(world));
  await from.database`
    update plan_steps set status = 'running' where plan_id = ${planId} and position = 0`;
  // It has a plan that nobody has started.
  await insertWorldOfSecrets(from.database, secrets);
  await from.database`
    insert into commands (id, server_id, kind, body) values
      (gen_random_uuid(), ${world.serverIds[0] ?? ""}, 'prune', '{"kind": "prune"}')`;
  await from.database`
    insert into sessions (id, token_hash, user_id, expires_at)
    select gen_random_uuid(), '\\x01', id, now() + interval '1 day' from users`;
  await from.database`
    insert into join_tokens (token_hash, server_id, expires_at, used_at) values
      ('\\x01', ${world.serverIds[0] ?? ""}, now(), null), ('\\x02', ${world.serverIds[0] ?? ""}, now(), now())`;
  await from.database`
    insert into webhook_deliveries (id, webhook_id, event, payload)
    select gen_random_uuid(), id, 'test', '{}' from webhooks`;

  await restore(await backup());
  await migrate(to.owner, schema, applicationRole);
  // Whoever is first does it, and all of it.
  const both = await Promise.all([settleRestore(to.owner), settleRestore(to.owner)]);
  const [settled] = both.filter((one) => one !== null);
  expect(both).toContain(null);
  expect(settled).toMatchObject({
    plans: 1,
    pendingPlans: 1,
    sessions: 1,
    joinTokens: 1,
    deliveries: 1,
    snoozedImages: 2 - 1,
  });
  const { owner: database } = to;
  const [plan] = await database`
    select status, error, completed_at is not null as ended from deployment_plans where id = ${planId}`;
  expect(plan).toEqual({
    status: "failed",
    error: expect.stringContaining("It does not go on by itself"),
    ended: true,
  });
  expect(
    await database`select from plan_steps where status in ('pending', 'running') and plan_id = ${planId}`,
  ).toHaveLength(0);
  expect(
    await database`select from deployment_plans where status in ('pending', 'running')`,
  ).toHaveLength(0);
  expect(await database`select from plan_services where active`).toHaveLength(0);
  expect(await database`select from commands where status <> 'done'`).toHaveLength(0);
  expect(await database`select from sessions`).toHaveLength(0);
  expect(await database`select from join_tokens`).toHaveLength(1);
  expect(await database`select from audit_logs where action = 'restore'`).toHaveLength(1);
  expect(
    await database`select from container_images where auto_update and update_snoozed_until > now()`,
  ).toHaveLength(1);
  // Only what the restore itself has caused is told.
  expect(await database`select distinct name from domain_events order by name`).toEqual([
    { name: "deployment.failed" },
  ]);
});

test("a database that is in use, or not empty, is left alone", async () => {
  await newWorld(from.database);
  const file = await backup();
  const running = openControlPlane();
  await running`select 1`;
  await expect(restore(file, { replace: true })).rejects.toThrow("A control plane is using");
  await running.end();

  await migrate(to.owner, schema);
  await newWorld(to.owner);
  const before = await contents(to.owner);
  await expect(restore(file)).rejects.toThrow("With --replace");
  expect(await contents(to.owner)).toEqual(before);
  await restore(file, { replace: true });
  expect((await contents(to.owner)).services).toBe((await contents(from.database)).services);
});

function openControlPlane(): Database {
  return to.open(secrets, "bridgeport");
}

test("tables of others are not touched", async () => {
  const file = await backup();
  await to.owner`create table invoices (id int)`;
  await expect(restore(file, { replace: true })).rejects.toThrow("not Bridgeport's");
  expect(await to.owner`select from invoices`).toEqual([]);
});

test("a file that turns out to be damaged leaves the former database as it was", async () => {
  await insertWorldOfSecrets(from.database, secrets);
  const file = await backup();
  await migrate(to.owner, schema);
  await newWorld(to.owner);
  const before = await contents(to.owner);
  const changed = Buffer.from(file);
  const last = changed.length - 1;
  changed[last] = (changed[last] ?? 0) ^ 1;
  await expect(restore(changed, { replace: true })).rejects.toThrow("changed or is damaged");
  await expect(restore(file.subarray(0, last), { replace: true })).rejects.toThrow("was cut");
  expect(await contents(to.owner)).toEqual(before);
  const checked = async (bytes: Buffer) => checkBackup(await open(bytes));
  await expect(checked(changed)).rejects.toThrow("changed or is damaged");
  expect((await checked(file)).get("users")).toBe(1);
});

test("a backup of an older schema comes back at its own, and is brought forward", async () => {
  const older = { migrations: schema.migrations.slice(0, 12), functions: [] };
  const source = await openTestDatabase({ empty: true });
  try {
    await migrate(source.owner, older);
    await source.owner`insert into environments (id, name) values (gen_random_uuid(), 'old')`;
    await restore(await backup(source.owner));
  } finally {
    await source.close();
  }
  const [at] = await to.owner`select max(name) as name from schema_migrations`;
  expect(at).toEqual({ name: older.migrations.at(-1)?.name });
  await migrate(to.owner, schema);
  expect(await settleRestore(to.owner)).toMatchObject({ plans: 0 });
  expect(await to.owner`select name from environments`).toEqual([{ name: "old" }]);
});

test("what others have in the same place is neither backed up nor removed", async () => {
  await from.owner`create table invoices (id serial, of int)`;
  await from.owner`select setval('invoices_id_seq', 5)`;
  await newWorld(from.database);
  await migrate(to.owner, schema);
  await to.owner`create table customers (id int primary key)`;
  await to.owner`create table invoices (id serial, customer int references customers)`;
  await to.owner`insert into invoices (id) values (7)`;
  await to.owner`create function their_tax() returns int language sql return 19`;
  await restore(await backup(), { replace: true });
  expect(await to.owner`select id from invoices`).toEqual([{ id: 7 }]);
  expect(await to.owner`select nextval('invoices_id_seq') as next`).toEqual([{ next: 1 }]);
  expect(await to.owner`select their_tax() as tax`).toEqual([{ tax: 19 }]);
  expect(await to.owner`select from servers`).not.toEqual([]);
});

test("what others have built on the tables is named, and not removed with them", async () => {
  await newWorld(from.database);
  const file = await backup();
  await migrate(to.owner, schema);
  await to.owner`create view their_servers as select name from servers`;
  await to.owner`create table racks (server uuid references servers)`;
  await expect(restore(file, { replace: true })).rejects.toThrow(
    /the key racks_server_fkey of racks, the view their_servers/,
  );
  expect(await to.owner`select name from their_servers`).toEqual([]);
});

test("a database of a newer version is not replaced by halves", async () => {
  await newWorld(from.database);
  await migrate(to.owner, schema);
  await to.owner`insert into schema_migrations (name, checksum) values ('9999_later.sql', '')`;
  await expect(restore(await backup(), { replace: true })).rejects.toThrow("9999_later.sql");
});

test("a backup of a newer schema is refused with both", async () => {
  const file = await backup();
  const older = { ...schema, migrations: schema.migrations.slice(0, -1) };
  const names = [schema.migrations, older.migrations].map(
    (list) => list.at(-1)?.name.replace(".sql", "") ?? "",
  );
  const refused = restore(file, { program: older });
  for (const name of names) await expect(refused).rejects.toThrow(name);
  await expect(refused).rejects.toThrow("version 1.2.3");
});

test("a backup without the key of what is secret in it is not made", async () => {
  const needed = keyId("6b".repeat(32));
  await from.database`insert into encryption_state (key_id) values (${needed})`;
  await expect(backup()).rejects.toThrow(
    `the master key ${needed}, which is not in master.key (there: ${keyId(masterKey)})`,
  );
});

test("a backup by a master key is encrypted with the one of the database, also while it changes", async () => {
  const newer = "6b".repeat(32);
  await from.database`insert into encryption_state (key_id) values (${keyId(masterKey)})`;
  const file = await backup(from.database, schema, { known: [newer, masterKey], where: "" });
  const { manifest } = await open(file);
  expect(manifest.encryptionKey).toBe(keyId(masterKey));
});

test("a backup that cannot be written ends, and leaves the database to others", async () => {
  await from.database`
    insert into incoming_deliveries (secret_name, id_hash, request_hash, outcome)
    select 'large', sha256(n::text::bytea), sha256(n::text::bytea),
      jsonb_build_object('text', (select string_agg(md5(n::text || m), '') from generate_series(1, 60) m))
    from generate_series(1, 3000) n`;
  const full = makeBackup(
    {
      database: from.database,
      schema,
      version: "1.2.3",
      localServer: null,
      passphrase: null,
      keys: ownKeys,
    },
    async (file) => {
      let taken = 0;
      for await (const piece of file) {
        taken += piece.length;
        if (taken > 500_000) throw new Error("no space");
      }
    },
  );
  await expect(full).rejects.toThrow("no space");
  expect(
    await from.database`
      select from pg_stat_activity where datname = current_database() and state <> 'idle'
        and pid <> pg_backend_pid()`,
  ).toHaveLength(0);
});

test("a large table goes through in parts, at the pace of who takes it", async () => {
  await from.database`
    insert into incoming_deliveries (secret_name, id_hash, request_hash, outcome)
    select 'large', sha256(n::text::bytea), sha256(n::text::bytea),
      jsonb_build_object('text', (select string_agg(md5(n::text || m), '') from generate_series(1, 60) m))
    from generate_series(1, 20000) n`;
  const [size] = await from.database`
    select sum(length(outcome::text)) as bytes from incoming_deliveries`;
  let processed = 0;
  let taken = 0;
  await makeBackup(
    {
      database: from.database,
      schema,
      version: "1.2.3",
      localServer: null,
      passphrase: null,
      keys: ownKeys,
    },
    async (file) => {
      for await (const piece of file) {
        taken += piece.length;
        if (taken < 1_000_000 || processed > 0) continue;
        const [at] = await from.database<{ bytes: number }[]>`
          select bytes_processed as bytes from pg_stat_progress_copy
          where datname = current_database()`;
        processed = Number(at?.bytes);
      }
    },
  );
  expect(Number(size?.bytes)).toBeGreaterThan(30_000_000);
  expect(processed).toBeGreaterThan(0);
  expect(processed).toBeLessThan(15_000_000);
});
