import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { json } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { crashLoops, reviewContainerAlert } from "../events/alerts.store.ts";
import { quarantineDigest } from "../images/quarantine.store.ts";
import { reportOf, reportTo } from "../inventory/discovered.fixture.ts";
import { newWorld, type World } from "../plans/plan-world.fixture.ts";
import { insertRegistry, noteRefresh } from "../registries/registries.store.ts";
import { consoleLinks } from "../webhooks/console-links.ts";
import { eventNames } from "../webhooks/events.ts";
import { insertWebhook } from "../webhooks/webhooks.store.ts";
import { dispatchEvents } from "./dispatch.ts";

/* What is broken is told once, and that it is well again. */

let rig: TestDatabase;
let world: World;
let webhookId: string;
let serverId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.database`delete from domain_events`;
  world = await newWorld(rig.database, { services: 1 });
  serverId = world.serverIds[0] ?? "";
  await rig.database`update servers set session_id = id where id = ${serverId}`;
  const row = await insertWebhook(rig.database, {
    name: "all",
    kind: "webhook",
    url: "http://127.0.0.1:1/",
    secret: null,
    events: [...eventNames],
    environmentIds: [world.environmentId],
    enabled: true,
  });
  webhookId = row.id;
});

const name = "service-0";
const links = consoleLinks("https://bp.test");
const dispatch = () => dispatchEvents({ database: rig.database, links }, async () => {});
/** Lets the time pass that events wait for. */
const later = () => rig.database`update domain_events set at = at - interval '2 minutes'`;
const told = async () => {
  await later();
  await dispatch();
  const rows = await rig.database<{ event: string }[]>`
    select event from webhook_deliveries where webhook_id = ${webhookId} order by id`;
  return rows.map(({ event }) => event);
};
const payload = async () => {
  const [row] = await rig.database<{ payload: { data: object } }[]>`
    select payload from webhook_deliveries where webhook_id = ${webhookId} order by id desc limit 1`;
  return row?.payload.data;
};
const report = (more: Parameters<typeof reportOf>[1] = {}) =>
  reportTo(rig.database, serverId, reportOf(name, more));
const restartsLongAgo = (minutes: number) => rig.database`
  update containers set restarted_at = array(
    select at - make_interval(mins => ${minutes}) from unnest(restarted_at) as at)
  where server_id = ${serverId}`;

describe("an unhealthy container", () => {
  test("is told once, however often it is reported, and then that it is well", async () => {
    await report({ health: "healthy" });
    await report({ health: "unhealthy" });
    await report({ health: "unhealthy", exitCode: 3 });
    expect(await told()).toEqual(["container.unhealthy"]);
    expect(await payload()).toEqual({
      service: { id: world.serviceIds[0], name },
      server: { id: serverId, name: "server-0" },
      containerName: name,
      since: expect.any(String),
      was: null,
      url: expect.stringMatching(`^https://bp.test/e/.*/services/${world.serviceIds[0]}$`),
    });
    await report({ health: "starting" });
    await report({ health: "unhealthy" });
    expect(await told()).toHaveLength(1);
    await report({ health: "healthy" });
    expect(await told()).toEqual(["container.unhealthy", "container.recovered"]);
    expect(await payload()).toMatchObject({ was: "container.unhealthy" });
  });

  test("for a moment is not told, and a moment of health is no recovery", async () => {
    await report({ health: "unhealthy" });
    await dispatch();
    await report({ health: "healthy" });
    expect(await told()).toEqual([]);
    await report({ health: "unhealthy" });
    expect(await told()).toEqual(["container.unhealthy"]);
    await report({ health: "healthy" });
    await dispatch();
    await report({ health: "unhealthy" });
    expect(await told()).toEqual(["container.unhealthy"]);
  });

  test("that a plan is about to replace is left to the plan", async () => {
    const planId = world.environmentId;
    await rig.database`
      insert into deployment_plans (id, environment_id, image_name, image_digest, status,
        trigger_type, triggered_by, auto_rollback, parallel_execution)
      values (${planId}, ${world.environmentId}, 'app', 'd', 'running', 'manual', 'x', true, false)`;
    await rig.database`
      insert into plan_services (plan_id, position, service_id, service_name, server_name,
        container_name, level, rollback_body, active)
      values (${planId}, 0, ${world.serviceIds[0] ?? ""}, 's', 's', 'c', 0, '{}', true)`;
    await report({ health: "unhealthy" });
    expect(await told()).toEqual([]);
    await rig.database`update plan_services set active = false where plan_id = ${planId}`;
    expect(await told()).toEqual(["container.unhealthy"]);
  });
});

describe("a crash loop", () => {
  test("is three restarts in ten minutes, over when none came for as long", async () => {
    await report();
    await report({ restartCount: 1 });
    await report({ restartCount: 2 });
    await restartsLongAgo(11);
    await report({ restartCount: 3 });
    expect(await told()).toEqual([]);
    await report({ restartCount: 4, health: "unhealthy" });
    expect(await told()).toEqual(["container.unhealthy"]);
    // Several at once, as a report that came late says it.
    await report({ restartCount: 9, state: "restarting" });
    expect(await told()).toEqual(["container.unhealthy", "container.crash_looping"]);
    await report({ restartCount: 9, health: "unhealthy" });
    await report({ restartCount: 9 });
    expect(await told()).toHaveLength(2);
    await restartsLongAgo(11);
    const loops = await crashLoops(rig.database);
    expect(loops).toContain(world.serviceIds[0]);
    for (const id of loops) await reviewContainerAlert(rig.database, id);
    expect(await told()).toEqual([
      "container.unhealthy",
      "container.crash_looping",
      "container.recovered",
    ]);
    expect(await payload()).toMatchObject({ was: "container.crash_looping" });
  });
});

describe("a container that is gone", () => {
  test("is told as missing, once, and when there is one again", async () => {
    await report({ health: "unhealthy" });
    const { id } = reportOf(name);
    await reportTo(rig.database, serverId, { kind: "removed", id });
    await reportTo(rig.database, serverId, { kind: "complete", containers: [] });
    expect(await told()).toEqual(["container.missing"]);
    await report();
    expect(await told()).toEqual(["container.missing", "container.recovered"]);
  });

  test("with its service is not told", async () => {
    await report();
    await reportTo(rig.database, serverId, { kind: "complete", containers: [] });
    await rig.database`delete from services where id = ${world.serviceIds[0] ?? ""}`;
    expect(await told()).toEqual([]);
    expect(
      await rig.database`select from alerts where service_id = ${world.serviceIds[0] ?? ""}`,
    ).toHaveLength(0);
  });
});

test("a disk with little room is told once, and when there is clearly more again", async () => {
  const free = (gib: number) => rig.database`
    update servers set host = ${json(rig.database, { diskFreeBytes: gib * 2 ** 30 })}
    where id = ${serverId}`;
  await free(40);
  for (const gib of [1.5, 1.4, 2.5, 1.5, 0]) await free(gib);
  expect(await told()).toEqual(["server.disk_low"]);
  await free(2.5);
  expect(await told()).toHaveLength(1);
  await free(10);
  expect(await told()).toEqual(["server.disk_low", "server.disk_recovered"]);
  expect(await payload()).toMatchObject({ freeBytes: 10 * 2 ** 30, server: { id: serverId } });
});

test("a registry that fails is told once, and when it answers again", async () => {
  const id = await insertRegistry(rig.database, world.environmentId, {
    ...{ name: "ghcr", type: "generic", registryUrl: "https://r.test", autoLinkPattern: null },
    ...{ repositoryPrefix: null, username: null, token: null, password: null },
    ...{ passwordToAgents: "without_tokens", isDefault: false, refreshIntervalMinutes: 30 },
  });
  await noteRefresh(rig.database, id, null);
  await noteRefresh(rig.database, id, "401");
  await noteRefresh(rig.database, id, "503");
  expect(await told()).toEqual(["registry.failing"]);
  expect(await payload()).toMatchObject({ registry: { id, name: "ghcr" }, error: "401" });
  await noteRefresh(rig.database, id, null);
  expect(await told()).toEqual(["registry.failing", "registry.recovered"]);
});

test("a digest in quarantine is told once, with the reason", async () => {
  const digestId = world.digests[1]?.id ?? "";
  const failed = { planId: world.environmentId, reason: "Health check failed" };
  await quarantineDigest(rig.database, world.imageId, digestId, failed);
  await quarantineDigest(rig.database, world.imageId, digestId, failed);
  expect(await told()).toEqual(["digest.quarantined"]);
  expect(await payload()).toMatchObject({ digestId, reason: "Health check failed", tag: "v2" });
});

test("a digest is told as an update once, however often it becomes one", async () => {
  const found = (digestId: string | null) => rig.database`
    update container_images set update_digest_id = ${digestId} where id = ${world.imageId}`;
  const digestId = world.digests[1]?.id ?? "";
  for (let round = 0; round < 2; round++) {
    await found(digestId);
    expect(await told()).toEqual(["image.update_available"]);
    await found(null);
  }
});

test("a plan that is paused is told", async () => {
  await rig.database`
    insert into deployment_plans (id, environment_id, image_name, image_digest, status,
      trigger_type, triggered_by, auto_rollback, parallel_execution)
    values (${serverId}, ${world.environmentId}, 'app', ${"sha256:".padEnd(71, "a")}, 'running',
      'manual', 'ann', true, false)`;
  await rig.database`update deployment_plans set status = 'paused', paused_reason = 'Batch 1 is done.',
      paused_by = 'ann', paused_at = now() where id = ${serverId}`;
  expect(await told()).toEqual(["plan.paused"]);
  expect(await payload()).toMatchObject({
    planId: serverId,
    reason: "Batch 1 is done.",
    pausedBy: "ann",
  });
});
