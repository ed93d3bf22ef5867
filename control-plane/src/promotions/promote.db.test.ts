import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { digestOf, newWorld, planParts, play, type World } from "../plans/plan-world.fixture.ts";
import { readPlan } from "../plans/plans.store.ts";
import { promoteRoutes } from "./promote.routes.ts";

let rig: TestDatabase;
let api: TestApi;
let staging: World;
let production: World;

beforeAll(async () => {
  rig = await openTestDatabase();
  api = testApi(promoteRoutes(planParts(rig.database)));
});
/** Staging runs a digest that production has never heard of; both have the same repository. */
beforeEach(async () => {
  api.actor = { ...system, type: "user", id: newId(), roles: everywhere("operator") };
  staging = await newWorld(rig.database, { services: 1 });
  production = await newWorld(rig.database, { services: 2 });
  const name = `registry.test/${newId()}`;
  await rig.database`
    update container_images set normalized_name = ${name}
    where id = any(${[staging.imageId, production.imageId]}::uuid[])`;
  await rig.database`
    insert into image_digests (id, container_image_id, manifest_digest, config_digest, tags)
    values (${newId()}, ${staging.imageId}, ${digestOf("c")}, ${digestOf("2")}, '{v3}')`;
  await rig.database`
    update services set running_digest = ${digestOf("c")}, image_tag = 'v3'
    where id = ${staging.serviceIds[0] ?? ""}`;
});
afterAll(() => rig.close());

const promote = (more: object = {}) =>
  api.post(`/environments/${production.environmentId}/promote`, {
    fromEnvironmentId: staging.environmentId,
    ...more,
  });
const known = () => rig.database`
  select id from image_digests
  where container_image_id = ${production.imageId} and manifest_digest = ${digestOf("c")}`;

test("deploys here exactly what runs there, by one plan", async () => {
  const { status, body } = await promote();
  expect(status, JSON.stringify(body)).toBe(200);
  expect(body.plan).toMatchObject({
    ...{ status: "running", imageDigest: digestOf("c"), imageTag: "v3" },
    ...{ environmentId: production.environmentId, containerImageId: production.imageId },
  });
  expect(body.leftOut).toEqual([]);
  expect(await known()).toHaveLength(1);
  const whole = await play(rig.database, body.plan.id);
  expect(whole.plan.status).toBe("completed");
  expect(whole.services.map(({ serviceId }) => serviceId).sort()).toEqual(
    [...production.serviceIds].sort(),
  );
});

test("what is not proven to be healthy there is left out, and nothing is made of it", async () => {
  const healthy = (state: string) => rig.database`
    update containers set report = report || jsonb_build_object('health', ${state}::text),
      updated_at = now() - interval '10 minutes'
    where server_id = ${staging.serverIds[0] ?? ""}`;
  await healthy("unhealthy");
  const refused = await promote({ healthyForMs: 1000 });
  expect(refused).toMatchObject({ status: 409, body: { code: "nothing_to_promote" } });
  expect(refused.body.error).toContain("is not healthy there, but unhealthy");
  expect(await known()).toHaveLength(0);
  await healthy("healthy");
  const early = await promote({ healthyForMs: 3_600_000 });
  expect(early.body.error).toContain("3600 s are asked for");
  expect((await promote({ healthyForMs: 60_000 })).status).toBe(200);
});

test("goes on in batches where that is asked for, as the plan shows before it starts", async () => {
  const rollout = { batch: 1, soakMs: 0, pauseAfter: 1 };
  const { body } = await promote({ rollout, execute: false });
  expect(body.plan).toMatchObject({
    status: "pending",
    rollout: { ...rollout, maxUnavailable: null, onFailure: "rollback" },
  });
  expect(body.plan.services.map(({ batch }: { batch: number }) => batch)).toEqual([1, 2]);
  const started = await promote({ rollout });
  const whole = await play(rig.database, started.body.plan.id);
  expect(whole.plan.status).toBe("paused");
  const wrong = await promote({ rollout: { batch: 0 } });
  expect(wrong).toMatchObject({ status: 400, body: { details: [{ path: "rollout.batch" }] } });
});

test("a plan that is only looked at stays pending", async () => {
  const { body } = await promote({ execute: false });
  expect(body.plan.status).toBe("pending");
  expect((await readPlan(rig.database, body.plan.id))?.plan.startedAt).toBeNull();
});

test("images can be chosen by their ids in either environment", async () => {
  expect((await promote({ containerImageIds: [newId()] })).body.code).toBe("unknown_image");
  const chosen = { containerImageIds: [production.imageId], execute: false };
  expect((await promote(chosen)).status).toBe(200);
  const there = { containerImageIds: [staging.imageId], execute: false };
  expect((await promote(there)).status).toBe(200);
});

test("needs an operator here, and a viewer there", async () => {
  const [here, there] = [production.environmentId, staging.environmentId];
  const as = async (roles: { environmentId: string; role: "viewer" | "operator" }[]) => {
    api.actor = { ...api.actor, roles };
    return (await promote({ execute: false })).status;
  };
  expect(await as([{ environmentId: here, role: "operator" }])).toBe(403);
  expect(
    await as([
      { environmentId: here, role: "viewer" },
      { environmentId: there, role: "operator" },
    ]),
  ).toBe(403);
  expect(
    await as([
      { environmentId: here, role: "operator" },
      { environmentId: there, role: "viewer" },
    ]),
  ).toBe(200);
  const itself = await promote({ fromEnvironmentId: here });
  expect(itself).toMatchObject({ status: 400 });
});
