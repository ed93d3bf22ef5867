import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type ImageWorld, newImageWorld } from "../images/image-world.fixture.ts";
import { checkDueRegistry, checkImage, dueChecks, type ImageChecks } from "./update-checks.ts";

let rig: TestDatabase;
let world: ImageWorld;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newImageWorld(rig.database);
  world.double.push("app", "v1");
  return () => world.close();
});

const lookEvery = 1800;
const never = () => 0;

/** What a look finds to do for this world; `delayMs` without jitter */
async function look(random = never) {
  const jobs = await dueChecks(rig.database, lookEvery, random);
  return jobs.filter(
    ({ payload }) => payload?.registryId === world.registryId || payload?.imageId === world.imageId,
  );
}

/** As if it were so much later. */
async function pass(minutes: number): Promise<void> {
  await rig.database`
    update registries set last_refresh_at = last_refresh_at - make_interval(mins => ${minutes})
    where id = ${world.registryId}`;
  await rig.database`
    update registry_checks set started_at = started_at - make_interval(mins => ${minutes})
    where registry_id = ${world.registryId}`;
}

const setInterval = (minutes: number) => rig.database`
  update registries set refresh_interval_minutes = ${minutes} where id = ${world.registryId}`;
const parts = (images: ImageChecks = world.sources) => ({ database: rig.database, images });
const check = (attempt = 1) => checkDueRegistry(parts(), world.registryId, attempt);
const audited = () => rig.database<{ action: string; details: Record<string, number> }[]>`
  select action, details, actor_type from audit_logs
  where environment_id = ${world.environmentId} order by id`;

test("a registry that was never checked is due, and so is an image", async () => {
  expect(await look()).toMatchObject([
    { task: "check_registry", key: `check_registry:${world.registryId}`, delayMs: 0 },
    { task: "check_image", key: `check_image:${world.imageId}` },
  ]);
});

test("after a check it is due when its own interval is over, and not before", async () => {
  await check();
  expect((await world.image()).lastCheckedAt).not.toBeNull();
  await setInterval(60);
  expect(await look()).toEqual([]);
  await pass(29);
  expect(await look()).toEqual([]);
  await pass(2);
  const [job] = await look();
  expect(job?.delayMs).toBeGreaterThan(28 * 60_000);
  expect(job?.delayMs).toBeLessThanOrEqual(29 * 60_000);
  await pass(30);
  expect(await look()).toMatchObject([{ delayMs: 0 }]);
});

test("moments are spread, later and never earlier", async () => {
  await check();
  await pass(20);
  const [early] = await look();
  const [late] = await look(() => 0.999);
  expect((late?.delayMs ?? 0) - (early?.delayMs ?? 0)).toBeGreaterThan(50_000);
});

test("a check by hand counts", async () => {
  await world.sources.checkRegistry(world.registryId);
  world.double.takeRequests();
  await check();
  expect(world.double.takeRequests()).toEqual([]);
});

test("one that is broken is not asked more often for it", async () => {
  await world.double.stop();
  await check();
  expect((await world.image()).lastError).not.toBeNull();
  expect((await audited()).map(({ details }) => details)).toMatchObject([
    { checked: 1, errors: 1 },
  ]);
  await check();
  expect(await audited()).toHaveLength(1);
  expect(await look()).toMatchObject([{ task: "check_registry" }]);
  await pass(29);
  await check();
  expect(await audited()).toHaveLength(1);
  await pass(1);
  await check();
  expect(await audited()).toHaveLength(2);
});

test("several replicas check it once", async () => {
  let checks = 0;
  const counting: ImageChecks = {
    check: () => Promise.reject(new Error("unused")),
    checkRegistry: async () => {
      checks++;
      return [];
    },
  };
  await Promise.all(
    Array.from({ length: 6 }, () => checkDueRegistry(parts(counting), world.registryId, 1)),
  );
  expect(checks).toBe(1);
});

test("what a process began that died is begun again, whatever the time", async () => {
  await rig.database`insert into registry_checks (registry_id) values (${world.registryId})`;
  await check();
  expect((await world.image()).lastCheckedAt).toBeNull();
  await check(2);
  expect((await world.image()).lastCheckedAt).not.toBeNull();
});

test("the audit log has what was found, by the system, and not that nothing was", async () => {
  await check();
  expect(await audited()).toMatchObject([
    { action: "check_updates", actorType: "system", details: { checked: 1, newDigests: 1 } },
  ]);
  await pass(31);
  await check();
  expect(await audited()).toHaveLength(1);
  world.double.push("app", "v2");
  await checkImage(parts(), world.imageId, "registry");
  expect((await audited())[1]).toMatchObject({ details: { source: "registry", newDigests: 1 } });
});

test("a registry without images is left alone", async () => {
  await rig.database`update container_images set registry_id = null where id = ${world.imageId}`;
  expect(await look()).toEqual([]);
});
