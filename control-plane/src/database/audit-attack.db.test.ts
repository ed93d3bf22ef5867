import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { dropAuditMonths, verifyChain } from "../identity/audit-chain.store.ts";
import { auditProtection } from "./audit-protection.ts";
import { openTestDatabase, type TestDatabase } from "./test-database.ts";

/*
 * Who can have the program run any SQL, as by a hole in one of its statements, has the rights of its role:
 * what is in the audit stays there.
 */

let rig: TestDatabase;

beforeAll(async () => {
  rig = await openTestDatabase();
  await rig.owner`
    insert into audit_logs (id, at, actor_type, actor_name, action, resource_type)
    select gen_random_uuid(), date_trunc('month', now()) - make_interval(months => months),
      'system', 'entry', 'try', 'test'
    from unnest(array[2, 1, 0]) as months`;
});
afterAll(() => rig.close());
afterEach(async () => {
  expect(await verifyChain(rig.database)).toEqual({ entries: 3, removed: 0, broken: null });
});

const drops = `insert into audit_drops (until_position, until_hash) values (3, '')`;

describe("the program's role is refused", () => {
  test.each([
    "update audit_logs set actor_name = 'another'",
    "update audit_chain set hash = ''",
    "update audit_drops set until_position = 3",
    "delete from audit_logs",
    "delete from audit_chain",
    "delete from audit_drops",
    "truncate audit_logs",
    "truncate audit_chain",
    "truncate audit_drops",
    "insert into audit_chain select 9, id, '', '' from audit_logs",
    drops,
    "insert into audit_logs select * from audit_logs on conflict (id) do update set actor_name = 'another'",
    "insert into audit_logs (id, at, actor_type, actor_name, action, resource_type) values (gen_random_uuid(), 'infinity', 'system', 'entry', 'try', 'test')",
    "merge into audit_logs using audit_logs other on other.id = audit_logs.id when matched then delete",
    "select from audit_logs for update",
    "copy audit_chain from stdin",
    "drop table audit_logs",
    "drop schema public cascade",
    "drop owned by bridgeport",
    "reassign owned by bridgeport to bridgeport_app",
    "alter table audit_logs rename to other",
    "alter table audit_logs owner to bridgeport_app",
    "alter table audit_logs drop column details",
    "alter table audit_logs disable trigger all",
    "alter table audit_chain disable trigger kept",
    "alter table audit_logs enable row level security",
    "drop trigger chained on audit_logs",
    "create trigger mine before insert on audit_logs for each row execute function suppress_redundant_updates_trigger()",
    "create rule mine as on insert to audit_logs do instead nothing",
    // A trigger works with the rights of its function: hung onto another table it would add to the chain.
    "create temporary table mine (like audit_logs) on commit drop; create trigger mine after insert on mine for each row execute function chain_audit_entry()",
    "create index on audit_logs (action)",
    "comment on table audit_logs is ''",
    "select pg_read_file('postgresql.conf')",
    "create table audit_logs_more () inherits (audit_logs)",
    "create temporary table mine () inherits (audit_logs)",
    "set role bridgeport",
    "set session authorization bridgeport",
    "set session_replication_role = replica",
    "select set_config('session_replication_role', 'replica', false)",
    "grant bridgeport to bridgeport_app",
    "grant bridgeport_app to bridgeport",
    "alter role bridgeport_app superuser",
    "create role another superuser",
    "create or replace function audit_kept_from() returns timestamptz language sql as 'select now()'",
    "alter function audit_drop_before set search_path = pg_temp",
    "drop function keep_audit cascade",
    "create function public.sha256(text) returns bytea language sql as 'select null::bytea'",
    "create schema bridgeport",
    "alter default privileges for role bridgeport grant all on tables to bridgeport_app",
    "alter system set session_replication_role = replica",
    "copy (select 1) to program 'true'",
    "insert into schema_migrations (name, checksum) values ('0001_other.sql', '')",
    "delete from schema_functions",
    "select audit_drop_before(now(), 1000)",
    "select audit_drop_before(now() - interval '60 days', 1000)",
    "select audit_drop_before('infinity', 1000)",
  ])("%s", async (statement) => {
    const refusal = rig.database.unsafe(statement);
    await expect(refusal).rejects.toMatchObject({ code: "42501" });
  });
});

test("what it grants to itself is nothing", async () => {
  await rig.database`grant update, delete on audit_logs to bridgeport_app`;
  expect((await auditProtection(rig.database)).gaps).toEqual([]);
});

test("tables of the session's own do not take the place of those of the audit", async () => {
  await rig.database.begin(async (sql) => {
    await sql`create temporary table audit_logs (id uuid, at timestamptz) on commit drop`;
    await sql`
      create temporary table audit_chain (position bigint, entry_id uuid, hash bytea) on commit drop`;
    await sql`
      with entry as (
        insert into pg_temp.audit_logs values (gen_random_uuid(), '2000-01-01') returning id)
      insert into pg_temp.audit_chain select 1, id, '' from entry`;
    await sql`grant all on pg_temp.audit_logs, pg_temp.audit_chain to public`;
    await sql`set local search_path = pg_temp, public`;
    const removed = await sql`select audit_drop_before(now() - interval '1 year', 1000) as removed`;
    expect(removed).toEqual([{ removed: 0 }]);
  });
});

test("a null month removes nothing", async () => {
  expect(await rig.database`select audit_drop_before(null, 1000) as removed`).toEqual([
    { removed: 0 },
  ]);
});

test("a retention of a day removes nothing of the last 90 days", async () => {
  expect(await dropAuditMonths(rig.database, 1, 1000)).toBe(0);
});
