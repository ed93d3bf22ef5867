import pino from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { recordOutcome } from "../commands/commands.store.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { newWorld, type World } from "../plans/plan-world.fixture.ts";
import { leaseSeconds } from "../servers/online.store.ts";
import { pruneServer, serverPrune, weeklyPrunes } from "./prune.ts";

let rig: TestDatabase;
let world: World;
let serverId: string;
const log = pino({ level: "silent" });

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.database`delete from domain_events`;
  await rig.database`update environments set auto_prune_images = false`;
  world = await newWorld(rig.database, { services: 1, servers: 1 });
  serverId = world.serverIds[0] ?? "";
  await rig.database`
    update environments set auto_prune_images = true, prune_images_mode = 'all'
    where id = ${world.environmentId}`;
});

const prune = (postponed = 0) =>
  pruneServer({ database: rig.database, log }, serverId, "weekly", postponed);
const commands = () => rig.database<{ id: string; body: unknown }[]>`
  select id, body from commands where server_id = ${serverId} and kind = 'prune'`;

/** Answers the server's prune as its agent would. */
async function answer(outcome: Parameters<typeof recordOutcome>[2]["outcome"]): Promise<void> {
  await expect.poll(commands).toHaveLength(1);
  const [command] = await commands();
  await recordOutcome(rig.database, serverId, { commandId: command?.id ?? "", outcome });
}

test("a server is pruned as its environment wants it, and the figure is in the audit log", async () => {
  const pruned = prune();
  await answer({
    ok: true,
    body: { kind: "prune", spaceReclaimedBytes: 1500, imagesDeleted: 2 },
  });
  expect(await pruned).toBeNull();
  expect(await commands()).toMatchObject([{ body: { kind: "prune", mode: "all" } }]);
  const entries = await rig.database`
    select actor_type, details from audit_logs
    where resource_id = ${serverId} and action = 'prune_images' order by at`;
  expect(entries).toMatchObject([
    { actorType: "system", details: { mode: "all", outcome: "asked" } },
    { details: { mode: "all", outcome: "succeeded", spaceReclaimedBytes: 1500 } },
  ]);
});

test("what fails waits for the next time", async () => {
  const pruned = prune();
  await answer({
    ok: false,
    failure: { code: "internal", message: "disk error", logLines: [], exitCode: null },
  });
  expect(await pruned).toBeNull();
});

test("while a plan is at work it waits, and in the end for the next time", async () => {
  await rig.database`
    insert into deployment_plans (id, environment_id, image_name, image_digest, trigger_type,
      triggered_by, auto_rollback, parallel_execution, status)
    values (${world.imageId}, ${world.environmentId}, 'app', 'sha256:1', 'manual', 'x', true, false, 'running')`;
  await rig.database`
    insert into plan_services (plan_id, position, service_id, service_name, server_id, server_name,
      container_name, level, rollback_body, active)
    values (${world.imageId}, 0, ${world.serviceIds[0] ?? ""}, 'a', ${serverId}, 'b', 'c', 0, '{}', true)`;
  const later = await prune();
  expect(later).toMatchObject({ payload: { serverId, occasion: "weekly", postponed: 1 } });
  expect(later?.delayMs).toBeGreaterThan(10_000);
  expect(await prune(60)).toBeNull();
  expect(await commands()).toEqual([]);
});

test.each([
  [
    "the environment wants it no more",
    (id: string) => rig.database`
    update environments set auto_prune_images = false where id = ${id}`,
  ],
  [
    "the server is away",
    (id: string) => rig.database`
    update servers set status = 'offline' where environment_id = ${id}`,
  ],
  [
    "the server is gone",
    (id: string) => rig.database`
    delete from servers where environment_id = ${id}`,
  ],
] as const)("nothing happens when %s", async (_, change) => {
  await change(world.environmentId);
  expect(await prune()).toBeNull();
  expect(await commands()).toEqual([]);
});

test("the weekly round takes the connected servers of environments that want it, three at a time", async () => {
  await newWorld(rig.database, { servers: 2 });
  const many = await newWorld(rig.database, { services: 0, servers: 10 });
  await rig.database`
    update environments set auto_prune_images = true where id = ${many.environmentId}`;
  await rig.database`update servers set status = 'offline' where id = ${many.serverIds[0] ?? ""}`;
  // The replica that held its stream died a moment ago.
  await rig.database`
    update servers set last_seen_at = now() - make_interval(secs => ${leaseSeconds + 1})
    where id = ${many.serverIds[1] ?? ""}`;
  const jobs = await weeklyPrunes(rig.database);
  expect(jobs).toHaveLength(9);
  expect(new Set(jobs.map(({ key }) => key)).size).toBe(9);
  const queues = [...new Set(jobs.map(({ queue }) => queue))];
  const perQueue = queues.map((name) => jobs.filter(({ queue }) => queue === name).length);
  expect(perQueue).toEqual([3, 3, 3]);
});

test("after a deploy goes before the weekly round", () => {
  const weekly = serverPrune("s", "weekly");
  const deploy = serverPrune("s", "deploy");
  expect(deploy.priority).toBeLessThan(weekly.priority ?? 0);
  expect(deploy.key).toBe(weekly.key);
});
