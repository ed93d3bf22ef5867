import pino from "pino";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import type { DatabaseAddress } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type ImageWorld, newImageWorld, secrets } from "../images/image-world.fixture.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { testAddress } from "../jobs/test-address.fixture.ts";
import { type Changes, startChanges } from "../live/changes.ts";
import { play, refusal, success } from "../plans/plan-world.fixture.ts";
import { newServer } from "../servers/servers.fixture.ts";
import { newService } from "../services/services.fixture.ts";
import { updateStatuses } from "../updates/apply-auto-update.ts";
import { eventNames } from "../webhooks/events.ts";
import { imagesNamed, notePushes } from "../webhooks/incoming.store.ts";
import { type Receiver, startReceiver } from "../webhooks/receiver.fixture.ts";
import { insertWebhook } from "../webhooks/webhooks.store.ts";
import { type Background, startBackground } from "./start.ts";

/* Everything at once, with the job library at work on two replicas. */

let rig: TestDatabase;
let address: DatabaseAddress;
let changes: Changes;
let world: ImageWorld;
let receiver: Receiver;
const replicas: Background[] = [];

beforeAll(async () => {
  rig = await openTestDatabase();
  address = await testAddress(rig.database);
  changes = await startChanges(rig.database);
});
afterAll(async () => {
  await changes.stop();
  await rig.close();
});
beforeEach(async () => {
  await rig.database`delete from webhooks`;
  receiver = await startReceiver();
  world = await newImageWorld(rig.database, "v*");
  const first = world.double.push("app", "v1", { created: "2026-01-01T00:00:00Z" });
  await world.sync();
  await world.deploy(first);
  const { imageId } = world;
  const serverId = await newServer(rig.database, world.environmentId, { name: "one" });
  const serviceId = await newService(rig.database, { serverId, imageId, name: "web" });
  await rig.database`
    update services set running_digest = ${first}, deployed_digest_id = image.deployed_digest_id
    from container_images image where image.id = ${imageId} and services.id = ${serviceId}`;
  await storeContainer(rig.database, serverId, reportOf("web"));
  await insertWebhook(rig.database, {
    name: "all",
    kind: "webhook",
    url: receiver.url,
    secret: null,
    events: [...eventNames],
    environmentIds: [world.environmentId],
    enabled: true,
  });
});
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.stop()));
  await world.close();
  await receiver.close();
});

function start(updateCheckInterval = 604_800): void {
  replicas.push(
    startBackground({
      address,
      database: rig.database,
      secrets,
      log: pino({ level: "silent" }),
      changes,
      images: world.replica(),
      publicUrl: "https://bp.test",
      updateCheckInterval,
      startAfterMs: 0,
    }),
  );
}

const told = () => receiver.received.map(({ headers }) => headers["x-webhook-event"]);
const plans = () => rig.database<{ id: string; triggerType: string; triggeredBy: string }[]>`
  select id, trigger_type, triggered_by from deployment_plans
  where container_image_id = ${world.imageId} order by created_at`;
const autoUpdate = () => rig.database`
  update container_images set auto_update = true where id = ${world.imageId}`;
const status = async () =>
  (await updateStatuses(rig.database, [world.imageId])).get(world.imageId)?.reason;
const pushed = async (source: "registry" | "github") =>
  notePushes(rig.database, await imagesNamed(rig.database, `${world.double.domain}/app`), source);

test("a push notification: checked, updated, told; each once on two replicas", async () => {
  start();
  start();
  await autoUpdate();
  world.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
  await pushed("registry");
  await expect.poll(plans).toHaveLength(1);
  const [plan] = await plans();
  expect(plan).toMatchObject({ triggerType: "auto_update", triggeredBy: "system" });
  await play(rig.database, plan?.id ?? "");
  await expect
    .poll(told)
    .toEqual(["image.update_available", "deployment.started", "deployment.succeeded"]);
  expect(await status()).toBe("up_to_date");
});

test("a package that GitHub published is put down to the webhook", async () => {
  start();
  await autoUpdate();
  world.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
  await pushed("github");
  await expect.poll(plans).toHaveLength(1);
  expect(await plans()).toMatchObject([{ triggerType: "webhook", triggeredBy: "webhook github" }]);
});

test("the schedule finds what was pushed; what fails is rolled back and not repeated", async () => {
  await autoUpdate();
  world.double.push("app", "v2", { created: "2026-02-01T00:00:00Z" });
  start(1);
  start(1);
  await expect.poll(plans).toHaveLength(1);
  const [plan] = await plans();
  await play(rig.database, plan?.id ?? "", ({ body }) =>
    body.kind === "probe" ? refusal("it is ill") : success(body),
  );
  await expect.poll(told).toContain("deployment.rolled_back");
  expect(await status()).toBe("quarantined");
  expect(await plans()).toHaveLength(1);
});

test("what happened while no process ran is told when one does", async () => {
  const servers = (status: string) => rig.database`
    update servers set status = ${status} where environment_id = ${world.environmentId}`;
  await servers("offline");
  await rig.database`update domain_events set at = at - interval '1 minute'`;
  start();
  await expect.poll(told).toEqual(["server.offline"]);
  await servers("online");
  await expect.poll(told).toEqual(["server.offline", "server.online"]);
});

test("stopping at once, before anything began, is possible", async () => {
  start();
  await replicas.pop()?.stop();
});
