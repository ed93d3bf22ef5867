import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { insertCommand, recordOutcome } from "../commands/commands.store.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { writeSystemSettings } from "../environments/system-settings.store.ts";
import { verifyChain } from "../identity/audit-chain.store.ts";
import { startJobs } from "../jobs/jobs.ts";
import { testAddress } from "../jobs/test-address.fixture.ts";
import { createPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts, play, type World } from "../plans/plan-world.fixture.ts";
import { applyRetention } from "./retention.ts";
import { noticeStaleServers } from "./stale-servers.ts";

let rig: TestDatabase;
const log = pino({ level: "silent" });

async function open(retentionDays: number): Promise<TestDatabase> {
  const own = await openTestDatabase();
  const { database } = own;
  await writeSystemSettings(database, { retentionDays });
  // Makes the job library's tables.
  const address = await testAddress(database);
  const jobs = startJobs({ address, database, log, tasks: {}, schedules: [] });
  await jobs.ready;
  await jobs.stop();
  return own;
}

beforeAll(async () => {
  rig = await open(30);
});
afterAll(() => rig.close());

const clean = () => applyRetention({ database: rig.database, log });

async function deploy(world: World, digest: 0 | 1, serviceIds: string[] | null = null) {
  const planId = await createPlan(
    planParts(rig.database),
    system,
    deployOf(world, { imageDigestId: world.digests[digest]?.id ?? "", serviceIds }),
  );
  await play(rig.database, planId);
  return planId;
}

const age = (planIds: string[], days: number) => rig.database`
  update deployment_plans set completed_at = now() - make_interval(days => ${days}),
    created_at = created_at - make_interval(days => ${days})
  where id = any(${planIds}::uuid[])`;
const plansOf = async (world: World) =>
  (
    await rig.database<{ id: string }[]>`
      select id from deployment_plans where environment_id = ${world.environmentId} order by id`
  ).map(({ id }) => id);

test("ended plans go when they are old, but for the latest of each service", async () => {
  const world = await newWorld(rig.database);
  const [first, second] = world.serviceIds;
  const old = await deploy(world, 1);
  const latestOfSecond = await deploy(world, 0, [second ?? ""]);
  const latestOfFirst = await deploy(world, 0, [first ?? ""]);
  await age([old], 33);
  await age([latestOfSecond], 32);
  await age([latestOfFirst], 31);
  expect(await clean()).toMatchObject({ plans: 1 });
  expect(await plansOf(world)).toEqual([latestOfSecond, latestOfFirst]);
  const recent = await deploy(world, 1);
  expect(await clean()).toMatchObject({ plans: 2 });
  expect(await plansOf(world)).toEqual([recent]);
});

test("a plan of services that are gone goes, one that is pending or running stays", async () => {
  const world = await newWorld(rig.database);
  const gone = await deploy(world, 1);
  await age([gone], 40);
  await rig.database`delete from services where id = any(${world.serviceIds}::uuid[])`;
  await rig.database`
    insert into deployment_plans (id, environment_id, image_name, image_digest, trigger_type,
      triggered_by, auto_rollback, parallel_execution, created_at, status)
    select gen_random_uuid(), ${world.environmentId}, 'app', 'sha256:1', 'manual', 'x', true, false,
      now() - interval '1 year', status from unnest(array['pending', 'running']) as status`;
  expect(await clean()).toMatchObject({ plans: 1 });
  expect(await plansOf(world)).toHaveLength(2);
});

test("everything else that is over, and nothing that is not", async () => {
  const world = await newWorld(rig.database);
  const serverId = world.serverIds[0] ?? "";
  const userId = newId();
  await clean();
  await rig.database`
    insert into users (id, email, password_hash) values (${userId}, 'a@example.com', 'x')`;
  for (const days of [1, 40]) {
    const sessionId = newId();
    await rig.database`
      insert into sessions (id, token_hash, user_id, expires_at)
      values (${sessionId}, ${Buffer.from(sessionId)}, ${userId}, now() + make_interval(days => ${20 - days}))`;
    await rig.database`
      insert into join_tokens (token_hash, server_id, expires_at)
      values (${Buffer.from(newId())}, ${serverId}, now() + make_interval(days => ${2 - days}))`;
    await rig.database`
      insert into idempotency_keys (credential_id, key, request_hash, created_at)
      values (${userId}, ${newId()}, '', now() - make_interval(hours => ${days}))`;
    await rig.database`
      insert into incoming_deliveries (secret_name, id_hash, request_hash, outcome, taken_at)
      values ('S', ${Buffer.from(newId())}, '', '{}', now() - make_interval(hours => ${days}))`;
    await rig.database`
      insert into notifications (environment_id, event, payload, created_at)
      values (${world.environmentId}, 'test', '{}', now() - make_interval(days => ${days}))`;
    const body = { kind: "prune" as const, mode: "dangling" as const, protect: [] };
    const commandId = await insertCommand(rig.database, { serverId, body });
    await recordOutcome(rig.database, serverId, {
      commandId,
      outcome: { ok: true, body: { kind: "prune", spaceReclaimedBytes: 0, imagesDeleted: 0 } },
    });
    await rig.database`
      update commands set done_at = now() - make_interval(days => ${days}) where id = ${commandId}`;
  }
  expect(await clean()).toEqual({
    plans: 0,
    auditEntries: 0,
    deliveries: 0,
    incomingDeliveries: 1,
    notifications: 1,
    sessions: 1,
    joinTokens: 1,
    idempotencyKeys: 1,
    commands: 1,
  });
  const [entry] = await rig.database`
    select actor_type, details from audit_logs where action = 'apply_retention'
    order by id desc limit 1`;
  expect(entry).toMatchObject({ actorType: "system", details: { retentionDays: 30, sessions: 1 } });
  expect(Object.values(await clean()).every((count) => count === 0)).toBe(true);
});

test("audit entries go by whole months, also more of them than one statement takes", async () => {
  const own = await open(1);
  const { database } = own;
  const insert = (count: number, days: number) => own.owner`
    insert into audit_logs (id, at, actor_type, actor_name, action, resource_type)
    select gen_random_uuid(), now() - make_interval(days => ${days}), 'system', 'x', 'many', 'y'
    from generate_series(1, ${count}::int)`;
  try {
    await insert(2500, 365);
    await insert(10, 89);
    await insert(10, 2);
    expect(await applyRetention({ database, log })).toMatchObject({ auditEntries: 2500 });
    const [count] = await database`select count(*) from audit_logs where action = 'many'`;
    expect(count).toEqual({ count: 20 });
    expect((await verifyChain(database)).broken).toBeNull();
  } finally {
    await own.close();
  }
});

test("a server that no replica has heard of is offline, and that is written down", async () => {
  const world = await newWorld(rig.database, { servers: 2 });
  const [quiet, heard] = world.serverIds;
  await rig.database`
    update servers set last_seen_at = now() - interval '2 minutes' where id = ${quiet ?? ""}`;
  expect(await noticeStaleServers(rig.database)).toBe(1);
  expect(await noticeStaleServers(rig.database)).toBe(0);
  const rows = await rig.database`
    select id, status from servers where id = any(${world.serverIds}::uuid[]) order by id`;
  expect(rows).toEqual(
    [
      { id: quiet, status: "offline" },
      { id: heard, status: "online" },
    ].sort((a, b) => String(a.id).localeCompare(String(b.id))),
  );
  const entries = await rig.database`
    select action, actor_type from audit_logs where resource_id = ${quiet ?? ""}`;
  expect(entries).toMatchObject([{ action: "mark_server_offline", actorType: "system" }]);
});
