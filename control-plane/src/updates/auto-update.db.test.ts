import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { endFreeze, setFreeze } from "../environments/freezes.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { findImage } from "../images/images.store.ts";
import { refreshUpdateAvailable } from "../images/updates.store.ts";
import { cancelPlan, createPlan } from "../plans/create-plan.ts";
import {
  addImage,
  deployOf,
  digestOf,
  newWorld,
  planParts,
  play,
  refusal,
  removeContainersOf,
  success,
  type World,
} from "../plans/plan-world.fixture.ts";
import { readPlan } from "../plans/plans.store.ts";
import { insertRegistry } from "../registries/registries.store.ts";
import { applyAutoUpdate, dueUpdates, updateStatuses } from "./apply-auto-update.ts";
import { autoUpdateRoutes } from "./auto-update.routes.ts";

let rig: TestDatabase;
let world: World;
let api: TestApi;

beforeAll(async () => {
  rig = await openTestDatabase();
  api = testApi(autoUpdateRoutes({ database: rig.database }));
});
afterAll(() => rig.close());

/** An image with auto-update on, deployed at the older of two digests. */
beforeEach(async () => {
  world = await newWorld(rig.database);
  const registryId = await insertRegistry(rig.database, world.environmentId, {
    name: "registry",
    type: "generic",
    registryUrl: "http://127.0.0.1:1",
    repositoryPrefix: null,
    username: null,
    token: null,
    password: null,
    passwordToAgents: "without_tokens",
    isDefault: false,
    refreshIntervalMinutes: 30,
    autoLinkPattern: null,
  });
  await rig.database`
    update container_images set registry_id = ${registryId}, auto_update = true,
      deployed_digest_id = ${world.digests[0]?.id ?? null}, last_checked_at = now()
    where id = ${world.imageId}`;
  await refreshUpdateAvailable(rig.database, world.imageId);
});

const apply = (now?: number) =>
  applyAutoUpdate(planParts(rig.database), world.imageId, undefined, now);
const status = async () => (await updateStatuses(rig.database, [world.imageId])).get(world.imageId);
const due = async () =>
  (await dueUpdates(rig.database)).filter(({ payload }) => payload?.imageId === world.imageId);

async function pushV3() {
  await rig.database`
    insert into image_digests (id, container_image_id, manifest_digest, tags, pushed_at)
    values (${newId()}, ${world.imageId}, ${digestOf("c")}, '{v3}', now() + interval '1 minute')`;
  await refreshUpdateAvailable(rig.database, world.imageId);
}

test("a freeze holds it up, which says so, and the end of the freeze lets it go on", async () => {
  const { environmentId } = world;
  const until = new Date(Date.now() + 3_600_000);
  await setFreeze(rig.database, environmentId, { until, reason: "release week", by: "a@b.test" });
  expect(await apply()).toBeNull();
  expect(await due()).toEqual([]);
  expect(await status()).toMatchObject({
    reason: "frozen",
    until,
    message: expect.stringContaining("by a@b.test: release week."),
  });
  // By the clock, or by hand.
  expect(await apply(until.getTime())).toBeNull();
  expect(await dueUpdates(rig.database, until.getTime())).not.toEqual([]);
  await endFreeze(rig.database, environmentId);
  expect(await apply()).not.toBeNull();
});

test("where approval is asked for it waits once, and a newer digest takes the place of one that waits", async () => {
  await rig.database`
    update environments set required_approvals = 1 where id = ${world.environmentId}`;
  const first = (await apply()) ?? "";
  expect(await apply()).toBeNull();
  expect(await due()).toEqual([]);
  expect(await status()).toMatchObject({
    reason: "waiting_for_approval",
    message: expect.stringContaining(first),
  });
  await pushV3();
  const second = (await apply()) ?? "";
  expect((await readPlan(rig.database, second))?.plan.status).toBe("waiting_for_approval");
  expect((await readPlan(rig.database, first))?.plan).toMatchObject({
    status: "cancelled",
    error: expect.stringContaining(second),
  });
});

test("every image of a release that waits counts, not only its first", async () => {
  await rig.database`
    update environments set required_approvals = 1 where id = ${world.environmentId}`;
  const other = await addImage(rig.database, world, "other");
  const release = (triggerType: "manual" | "auto_update") =>
    createPlan(planParts(rig.database), system, {
      ...deployOf(world, { triggerType }),
      targets: [...deployOf(other).targets, ...deployOf(world).targets],
    });
  const byHand = await release("manual");
  // It is for the same digest.
  expect(await apply()).toBeNull();
  expect(await status()).toMatchObject({
    reason: "waiting_for_approval",
    message: expect.stringContaining(byHand),
  });
  const automatic = await release("auto_update");
  await pushV3();
  const newer = (await apply()) ?? "";
  expect((await readPlan(rig.database, automatic))?.plan).toMatchObject({
    status: "cancelled",
    error: expect.stringContaining(newer),
  });
  // What a person asked for is for people to take back.
  expect((await readPlan(rig.database, byHand))?.plan.status).toBe("waiting_for_approval");
});

test("a newer digest is deployed to all services, by the system, with rollback", async () => {
  expect(await status()).toMatchObject({ updating: true, reason: "due" });
  expect(await due()).toHaveLength(1);
  const planId = (await apply()) ?? "";
  const plan = await readPlan(rig.database, planId);
  expect(plan?.plan).toMatchObject({
    status: "running",
    triggerType: "auto_update",
    triggeredBy: "system",
    autoRollback: true,
    imageDigestId: world.digests[1]?.id,
  });
  expect(plan?.services).toHaveLength(2);
  expect(await status()).toMatchObject({ reason: "plan_active" });
  expect(await due()).toEqual([]);
  await play(rig.database, planId);
  expect(await status()).toMatchObject({ reason: "up_to_date" });
  expect(await apply()).toBeNull();
  const entries = await rig.database`
    select actor_type, action, details ->> 'outcome' as outcome from audit_logs
    where resource_id = ${planId} order by at`;
  expect(entries).toMatchObject([
    { actorType: "system", action: "deploy" },
    { actorType: "system", action: "end_plan", outcome: "completed" },
  ]);
});

test("several replicas that come at once make one plan", async () => {
  const plans = await Promise.all(Array.from({ length: 6 }, () => apply()));
  expect(plans.filter((plan) => plan !== null)).toHaveLength(1);
  expect(await status()).toMatchObject({ reason: "plan_active" });
});

test("one that was rolled back is not tried again until it is released", async () => {
  const planId = (await apply()) ?? "";
  await play(rig.database, planId, ({ body }) =>
    body.kind === "probe" ? refusal("it is ill") : success(body),
  );
  expect(await status()).toMatchObject({ reason: "quarantined" });
  expect(await apply()).toBeNull();

  const path = `/container-images/${world.imageId}`;
  const { body } = await api.get(`${path}/quarantine`);
  expect(body).toMatchObject({
    total: 1,
    quarantine: [
      {
        digestId: world.digests[1]?.id,
        bestTag: "v2",
        planId,
        reason: expect.stringContaining("it is ill") as string,
      },
    ],
  });
  const release = `${path}/quarantine/${world.digests[1]?.id}`;
  api.actor = { ...system, roles: everywhere("viewer") };
  expect((await api.delete(release)).status).toBe(403);
  api.actor = { ...system, roles: everywhere("operator") };
  expect((await api.delete(release)).body).toEqual({ ok: true });
  expect((await api.delete(release)).status).toBe(404);
  expect(await status()).toMatchObject({ reason: "due" });
  expect(await apply()).not.toBeNull();
});

test("one whose pull fails is tried again later, not at once and not forever", async () => {
  const first = (await apply()) ?? "";
  await play(rig.database, first, () => refusal("no space", "disk_full"));
  expect(await status()).toMatchObject({
    reason: "failed_before",
    message: expect.stringContaining("no space") as string,
    until: expect.any(Date),
  });
  expect(await apply()).toBeNull();
  const second = (await apply(Date.now() + 6 * 60_000)) ?? "";
  expect(second).not.toBe("");
  await play(rig.database, second, () => refusal("no space", "disk_full"));
  expect(await apply(Date.now() + 6 * 60_000)).toBeNull();
});

test("a container that was gone is not the digest's fault: the others get it later", async () => {
  const planId = (await apply()) ?? "";
  let runs = 0;
  const whole = await play(rig.database, planId, ({ body }) =>
    body.kind === "run" && ++runs === 2
      ? refusal("There is no container service-1.", "not_found")
      : success(body),
  );
  expect(whole.plan.status).toBe("rolled_back");
  const quarantined = await rig.database`
    select 1 from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(quarantined).toEqual([]);
  // Not at once, so that a failure which lasts does not take the others down every minute.
  expect(await status()).toMatchObject({ reason: "failed_before" });
  expect(await apply()).toBeNull();
  await removeContainersOf(rig.database, world.serviceIds.slice(1));
  const again = (await apply(Date.now() + 6 * 60_000)) ?? "";
  const after = await play(rig.database, again);
  expect(after.plan).toMatchObject({
    status: "completed",
    leftOut: [{ serviceId: world.serviceIds[1] }],
  });
  expect(await status()).toMatchObject({ reason: "up_to_date" });
});

test("what was removed is never brought back: with nothing there, it waits and says so", async () => {
  await rig.database`
    update services set recorded_spec = '{}' where id = any(${world.serviceIds}::uuid[])`;
  await removeContainersOf(rig.database, world.serviceIds);
  await rig.database`update servers set status = 'offline' where id = any(${world.serverIds}::uuid[])`;
  expect(await due()).toEqual([]);
  expect(await apply()).toBeNull();
  expect(await status()).toMatchObject({
    updating: false,
    reason: "no_services",
    message: expect.stringMatching(
      /service-0 on server-0: .*gone.*service-1 on server-0/,
    ) as string,
  });
});

test("what was cancelled stays cancelled; by hand it goes on", async () => {
  const planId = (await apply()) ?? "";
  await cancelPlan(rig.database, system, planId);
  await play(rig.database, planId);
  expect(await status()).toMatchObject({ reason: "cancelled" });
  expect(await apply(Date.now() + 1e10)).toBeNull();
});

test("never while one of its services is in another plan", async () => {
  await createPlan(
    planParts(rig.database),
    system,
    deployOf(world, {
      imageDigestId: world.digests[0]?.id ?? "",
      serviceIds: [world.serviceIds[0] ?? ""],
    }),
  );
  expect(await status()).toMatchObject({
    reason: "plan_active",
    message: expect.stringContaining("service-0") as string,
  });
  expect(await apply()).toBeNull();
});

test("a server that is away is named", async () => {
  await rig.database`update servers set status = 'offline' where id = any(${world.serverIds}::uuid[])`;
  expect(await status()).toMatchObject({
    reason: "server_offline",
    message: expect.stringContaining("server-0") as string,
  });
  expect(await apply()).toBeNull();
});

test("a plan that cannot be built says why on the image", async () => {
  const [a, b] = world.serviceIds;
  for (const [from, to] of [
    [a, b],
    [b, a],
  ]) {
    await rig.database`
      insert into service_dependencies (id, environment_id, service_id, depends_on_id, type)
      values (gen_random_uuid(), ${world.environmentId}, ${from ?? ""}, ${to ?? ""}, 'deploy_after')`;
  }
  expect(await apply()).toBeNull();
  expect(await status()).toMatchObject({
    reason: "refused",
    updating: false,
    message: expect.stringContaining("Circular") as string,
  });
});

describe("policy", () => {
  const path = () => `/container-images/${world.imageId}/update-policy`;

  test("is empty at first, and changed field by field", async () => {
    api.actor = { ...system, roles: everywhere("operator") };
    expect((await api.get(path())).body).toEqual({
      policy: {
        minimumAgeMinutes: 0,
        windows: [],
        timeZone: "UTC",
        kinds: ["rebuild", "patch", "minor", "major", "other"],
        snoozedUntil: null,
        pinned: false,
        reason: null,
        rollout: null,
      },
    });
    const windows = [{ days: ["mon", "sun"], from: "22:00", to: "04:00" }];
    const changed = await api.patch(path(), { windows, timeZone: "Europe/Berlin" });
    expect(changed.body.policy).toMatchObject({
      minimumAgeMinutes: 0,
      windows: [{ days: ["sun", "mon"], from: "22:00", to: "04:00" }],
      timeZone: "Europe/Berlin",
    });
    await api.patch(path(), { minimumAgeMinutes: 60 });
    expect((await api.get(path())).body.policy).toMatchObject({
      minimumAgeMinutes: 60,
      timeZone: "Europe/Berlin",
    });
  });

  test.each([
    { minimumAgeMinutes: -1 },
    { minimumAgeMinutes: 1.5 },
    { timeZone: "Mars/Olympus" },
    { windows: [{ days: [], from: "22:00", to: "04:00" }] },
    { windows: [{ days: ["noday"], from: "22:00", to: "04:00" }] },
    { windows: [{ days: ["mon"], from: "24:00", to: "04:00" }] },
    { windows: [{ days: ["mon"], from: "9:00", to: "04:00" }] },
    { other: true },
    { kinds: ["older"] },
    { snoozedUntil: "tomorrow" },
    { reason: "x".repeat(501) },
  ])("%j is refused", async (change) => {
    expect((await api.patch(path(), change)).status).toBe(400);
  });

  test("an age holds an update up, and it is still shown as available", async () => {
    await api.patch(path(), { minimumAgeMinutes: 525_600 });
    const { body } = await api.get(`/container-images/${world.imageId}/update-status`);
    expect(body.status).toMatchObject({
      autoUpdate: true,
      updating: false,
      reason: "too_young",
      until: expect.any(String),
      digest: { id: world.digests[1]?.id, bestTag: "v2" },
      policy: { minimumAgeMinutes: 525_600 },
    });
    expect(await apply()).toBeNull();
    expect(await apply(Date.now() + 366 * 24 * 3_600_000)).not.toBeNull();
  });

  test("of another image there is none", async () => {
    const unknown = "/container-images/0192f0c0-0000-7000-8000-000000000000";
    expect((await api.get(`${unknown}/update-status`)).status).toBe(404);
    expect((await api.get(`${unknown}/update-policy`)).status).toBe(404);
    expect((await api.get(`${unknown}/quarantine`)).status).toBe(404);
  });
});

test("its plans go on as carefully as the policy says, also those that a push leads to", async () => {
  api.actor = { ...system, roles: everywhere("operator") };
  const path = `/container-images/${world.imageId}/update-policy`;
  const kept = { batch: 1, soakMs: 0, pauseAfter: 1, maxUnavailable: null, onFailure: "pause" };
  const given = await api.patch(path, {
    rollout: { batch: 1, pauseAfter: 1, onFailure: "pause" },
  });
  expect(given).toMatchObject({ status: 200, body: { policy: { rollout: kept } } });
  // What is left out stays, and what is given is all there is of it.
  await api.patch(path, { minimumAgeMinutes: 0 });
  expect((await api.get(path)).body.policy.rollout).toMatchObject(kept);
  const wrong = await api.patch(path, { rollout: { batch: "0%" } });
  expect(wrong).toMatchObject({ status: 400, body: { details: [{ path: "rollout.batch" }] } });

  const planId = (await apply()) ?? "";
  const paused = (await play(rig.database, planId)).plan;
  expect(paused).toMatchObject({ status: "paused", rollout: kept });
  expect(await status()).toMatchObject({ reason: "plan_active" });
  expect(await due()).toEqual([]);
  expect((await api.patch(path, { rollout: {} })).body.policy.rollout).toMatchObject({
    ...{ batch: null, onFailure: "rollback" },
  });
  expect((await api.patch(path, { rollout: null })).body.policy.rollout).toBeNull();
  // What was fixed when the plan was made stays as it is.
  expect((await readPlan(rig.database, planId))?.plan.rollout).toMatchObject(kept);
});

test("a lower version that was pushed later is not installed, and it is said why", async () => {
  const [one, two] = world.digests;
  await rig.database`
    update container_images set deployed_digest_id = ${two?.id ?? null}
    where id = ${world.imageId}`;
  await rig.database`
    update services set deployed_digest_id = ${two?.id ?? null}, image_tag = 'v2'
    where container_image_id = ${world.imageId}`;
  await rig.database`
    update image_digests set pushed_at = now() + interval '1 minute' where id = ${one?.id ?? null}`;
  await refreshUpdateAvailable(rig.database, world.imageId);
  const image = await findImage(rig.database, world.imageId);
  expect(image).toMatchObject({ updateAvailable: true, updateKind: "older" });
  expect(await status()).toMatchObject({ updating: false, reason: "older_version" });
  expect(await apply()).toBeNull();
  expect(await due()).toEqual([]);
});
