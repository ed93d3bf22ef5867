import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { recordEvents } from "../events/events.store.ts";
import { findOrCreateImage, linkImages } from "../images/images.store.ts";
import type { JobRequest } from "../jobs/jobs.store.ts";
import { createPlan, rollBackPlan } from "../plans/create-plan.ts";
import {
  deployOf,
  digestOf,
  newWorld,
  planParts,
  play,
  refusal,
  success,
  type World,
} from "../plans/plan-world.fixture.ts";
import { insertRegistry } from "../registries/registries.store.ts";
import { consoleLinks } from "../webhooks/console-links.ts";
import { eventNames } from "../webhooks/events.ts";
import { insertWebhook } from "../webhooks/webhooks.store.ts";
import { dispatchEvents } from "./dispatch.ts";

let rig: TestDatabase;
let world: World;
let webhookId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.database`delete from domain_events`;
  await rig.database`delete from webhooks`;
  world = await newWorld(rig.database);
  const row = await insertWebhook(rig.database, {
    name: "all",
    kind: "webhook",
    url: "http://127.0.0.1:1/",
    secret: null,
    // Of what follows from a rollback, broken.db.test.ts has the tests.
    events: eventNames.filter((name) => name !== "digest.quarantined"),
    environmentIds: [world.environmentId],
    enabled: true,
  });
  webhookId = row.id;
});

const links = consoleLinks("https://bp.test");

/** Acts on everything that is ready. @returns the jobs that were added */
async function dispatch(): Promise<JobRequest[]> {
  const jobs: JobRequest[] = [];
  await dispatchEvents({ database: rig.database, links }, async (_, job) => void jobs.push(job));
  return jobs;
}

async function told() {
  return rig.database<{ event: string; payload: { data: Record<string, unknown> } }[]>`
    select event, payload from webhook_deliveries where webhook_id = ${webhookId} order by id`;
}

/** Lets the time pass that events wait for. */
const later = () => rig.database`update domain_events set at = at - interval '1 minute'`;

const deploy = () => createPlan(planParts(rig.database), system, deployOf(world));

describe("deployments", () => {
  test("started and succeeded, each once, in this order", async () => {
    const planId = await deploy();
    await dispatch();
    await play(rig.database, planId);
    const jobs = await dispatch();
    await dispatch();
    const rows = await told();
    expect(rows.map(({ event }) => event)).toEqual(["deployment.started", "deployment.succeeded"]);
    const moved = {
      image: { id: world.imageId, imageName: "registry.test/app" },
      ...{ tag: "v2", digest: digestOf("b") },
    };
    expect(rows[1]?.payload).toEqual({
      event: "deployment.succeeded",
      at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/),
      environment: { id: world.environmentId, name: expect.any(String) },
      data: {
        planId,
        ...moved,
        targets: [moved],
        triggerType: "manual",
        triggeredBy: "system",
        error: null,
        services: world.serviceIds.map((id, index) => ({
          id,
          name: `service-${index}`,
          serverName: "server-0",
        })),
        url: expect.stringMatching(`^https://bp.test/e/.*/plans/${planId}$`),
      },
    });
    expect(jobs.filter(({ task }) => task === "deliver")).toMatchObject([
      { queue: `webhook:${webhookId}` },
    ]);
  });

  test("one that rolls itself back, and one that a person rolls back", async () => {
    const failing = await deploy();
    await play(rig.database, failing, ({ body }) =>
      body.kind === "probe" ? refusal("it is ill") : success(body),
    );
    const good = await deploy();
    await play(rig.database, good);
    await rollBackPlan(rig.database, system, good);
    await play(rig.database, good);
    await dispatch();
    expect((await told()).map(({ event }) => event)).toEqual([
      "deployment.started",
      "deployment.rolled_back",
      "deployment.started",
      "deployment.succeeded",
      "deployment.rolled_back",
    ]);
    expect((await told())[1]?.payload.data).toMatchObject({
      error: expect.stringContaining("it is ill") as string,
    });
  });

  test("a pull that fails is a failed deployment", async () => {
    const planId = await deploy();
    await play(rig.database, planId, () => refusal("no space", "disk_full"));
    await dispatch();
    expect((await told()).map(({ event }) => event)).toEqual([
      "deployment.started",
      "deployment.failed",
    ]);
  });

  test("what is rolled back with its transaction did not happen", async () => {
    const failed = rig.database.begin(async (sql) => {
      await sql`
        update deployment_plans set status = 'running' where environment_id = ${world.environmentId}`;
      await sql`
        update servers set status = 'offline' where environment_id = ${world.environmentId}`;
      throw new Error("no");
    });
    await expect(failed).rejects.toThrow("no");
    await later();
    await dispatch();
    expect(await told()).toEqual([]);
  });
});

describe("servers", () => {
  const become = (status: string) =>
    rig.database`update servers set status = ${status} where id = any(${world.serverIds}::uuid[])`;

  test("one that is away for a moment is not reported, nor that it is back", async () => {
    await become("offline");
    await dispatch();
    await become("online");
    await later();
    await dispatch();
    expect(await told()).toEqual([]);
  });

  test("one that stays away is, and that it is back", async () => {
    await become("offline");
    await later();
    await dispatch();
    await become("online");
    await dispatch();
    expect((await told()).map(({ event }) => event)).toEqual(["server.offline", "server.online"]);
    expect((await told())[0]?.payload.data).toMatchObject({
      server: { id: world.serverIds[0], name: "server-0" },
    });
  });

  test("one that two agents speak for is told, with what happened", async () => {
    const data = { reason: "why", address: "192.0.2.1" };
    const server = { id: world.serverIds[0] ?? "", environmentId: world.environmentId };
    await recordEvents(rig.database, "server.two_agents", [server], data);
    await dispatch();
    expect(await told()).toMatchObject([
      { event: "server.two_agents", payload: { data: { ...data, server: { name: "server-0" } } } },
    ]);
  });

  test("one that was deleted meanwhile is not told", async () => {
    await become("offline");
    await later();
    await rig.database`delete from servers where id = any(${world.serverIds}::uuid[])`;
    await dispatch();
    expect(await told()).toEqual([]);
  });
});

describe("drift", () => {
  const run = (digest: string) => rig.database`
    update services set running_digest = ${digest} where id = ${world.serviceIds[0] ?? ""}`;

  test("a container that was replaced by hand is reported once", async () => {
    await run(digestOf("c"));
    await later();
    await dispatch();
    await dispatch();
    const rows = await told();
    expect(rows.map(({ event }) => event)).toEqual(["service.drift"]);
    expect(rows[0]?.payload.data).toMatchObject({
      service: { name: "service-0" },
      server: { name: "server-0" },
      expected: digestOf("a"),
      actual: digestOf("c"),
    });
  });

  test("one that was put right before anybody was told is none", async () => {
    await run(digestOf("c"));
    await run(digestOf("a"));
    await later();
    await dispatch();
    expect(await told()).toEqual([]);
  });

  test("what a plan changes is none, neither during it nor after", async () => {
    const planId = await deploy();
    await play(rig.database, planId, ({ body }) => (body.kind === "run" ? null : success(body)));
    await run(digestOf("b"));
    await later();
    await dispatch();
    expect((await told()).map(({ event }) => event)).toEqual(["deployment.started"]);
    await play(rig.database, planId);
    await rig.database`
      update services set running_digest = ${digestOf("b")}
      where id = any(${world.serviceIds}::uuid[])`;
    await later();
    await dispatch();
    expect((await told()).map(({ event }) => event)).toEqual([
      "deployment.started",
      "deployment.succeeded",
    ]);
  });
});

describe("images", () => {
  const found = (digestId: string | null) => rig.database`
    update container_images set update_digest_id = ${digestId}, update_available = true
    where id = ${world.imageId}`;

  test("a newer digest is told, and auto-update looks at the image", async () => {
    await found(world.digests[1]?.id ?? null);
    const jobs = await dispatch();
    const rows = await told();
    expect(rows.map(({ event }) => event)).toEqual(["image.update_available"]);
    expect(rows[0]?.payload.data).toMatchObject({
      image: { id: world.imageId, name: "app", imageName: "registry.test/app" },
      tag: "v2",
      digest: digestOf("b"),
    });
    expect(jobs).toContainEqual(
      expect.objectContaining({ task: "auto_update", payload: { imageId: world.imageId } }),
    );
  });

  test("one that is no longer an update is not told", async () => {
    await found(world.digests[1]?.id ?? null);
    await found(null);
    await dispatch();
    expect(await told()).toEqual([]);
  });

  test("those that an auto-link pattern takes in are checked at once, and no one is told", async () => {
    const { database } = rig;
    const { environmentId, imageId } = world;
    const registry = async (name: string, autoLinkPattern: string): Promise<string> =>
      insertRegistry(database, environmentId, {
        ...{ name, type: "generic", registryUrl: "https://registry.test", autoLinkPattern },
        ...{ repositoryPrefix: null, username: null, token: null, password: null },
        ...{ passwordToAgents: "without_tokens", isDefault: false, refreshIntervalMinutes: 30 },
      });
    // What runs is the newest that is known.
    await database`
      update services set deployed_digest_id = ${world.digests[1]?.id ?? null}
      where container_image_id = ${imageId}`;
    const id = await registry("registry", "registry.test/*");
    await linkImages(database, { id, environmentId });
    expect(await dispatch()).toMatchObject([{ task: "check_image", payload: { imageId } }]);
    const found = await findOrCreateImage(database, environmentId, "registry.test/found:v1");
    expect(await dispatch()).toMatchObject([
      { task: "check_image", payload: { imageId: found.id } },
    ]);
    await findOrCreateImage(database, environmentId, "registry.test/found:v1");
    await findOrCreateImage(database, environmentId, "elsewhere.test/found:v1");
    expect(await dispatch()).toEqual([]);
    expect(await told()).toEqual([]);
  });

  test("switching auto-update on looks at what is there already", async () => {
    await found(world.digests[1]?.id ?? null);
    await dispatch();
    await rig.database`update container_images set auto_update = true where id = ${world.imageId}`;
    const jobs = await dispatch();
    expect(jobs.map(({ task }) => task)).toEqual(["auto_update"]);
    expect(await told()).toHaveLength(1);
  });
});

test("several replicas act on each event once", async () => {
  for (let round = 0; round < 5; round++) {
    const planId = await deploy();
    await play(rig.database, planId);
    await createBack(planId);
  }
  const jobs = (await Promise.all([dispatch(), dispatch(), dispatch(), dispatch()])).flat();
  const deliveries = jobs.filter(({ task }) => task === "deliver");
  expect(new Set(deliveries.map(({ payload }) => payload?.deliveryId)).size).toBe(
    deliveries.length,
  );
  expect(await told()).toHaveLength(15);
  expect(deliveries).toHaveLength(15);
});

async function createBack(planId: string): Promise<void> {
  await rollBackPlan(rig.database, system, planId);
  await play(rig.database, planId);
}

test("without a listener the event is forgotten, too", async () => {
  await rig.database`delete from webhooks`;
  await play(rig.database, await deploy());
  await dispatch();
  const left = await rig.database`select from domain_events where name like 'deployment.%'`;
  expect(left).toHaveLength(0);
});

describe("pruning after deploys", () => {
  test("the servers that were deployed to, if their environment wants it", async () => {
    await play(rig.database, await deploy());
    expect((await dispatch()).filter(({ task }) => task === "prune_server")).toEqual([]);
    await rig.database`
      update environments set auto_prune_images = true where id = ${world.environmentId}`;
    await play(rig.database, await deploy());
    const prunes = (await dispatch()).filter(({ task }) => task === "prune_server");
    expect(prunes).toMatchObject([
      { key: `prune:${world.serverIds[0]}`, payload: { occasion: "deploy" } },
    ]);
    expect(prunes[0]?.delayMs).toBeGreaterThan(1000);
  });
});
