import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { refreshUpdateAvailable } from "../images/updates.store.ts";
import { createPlan } from "../plans/create-plan.ts";
import {
  deployOf,
  newWorld,
  planParts,
  play,
  refusal,
  success,
  type World,
} from "../plans/plan-world.fixture.ts";
import { readPlan } from "../plans/plans.store.ts";
import { insertRegistry } from "../registries/registries.store.ts";
import { applyAutoUpdate } from "./apply-auto-update.ts";
import { decideAgain } from "./decide-again.ts";
import { updatesRoutes } from "./updates.routes.ts";

let rig: TestDatabase;
let world: World;
let api: TestApi;
const log = pino({ level: "silent" });

beforeAll(async () => {
  rig = await openTestDatabase();
  api = testApi(updatesRoutes({ database: rig.database }));
});
afterAll(() => rig.close());

/** Three services at the older of two digests; v2 is the newer one. */
beforeEach(async () => {
  api.actor = { ...system, roles: everywhere("operator") };
  world = await newWorld(rig.database, { services: 3 });
  const registryId = await insertRegistry(rig.database, world.environmentId, {
    name: "registry",
    type: "generic",
    registryUrl: "https://registry.test",
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
  await rig.database`
    insert into tag_sightings (digest_id, tag, since)
    select id, unnest(tags), now() - case when tags = '{v1}' then interval '20 days' else '2 days' end
    from image_digests where container_image_id = ${world.imageId}`;
  await refreshUpdateAvailable(rig.database, world.imageId);
});

const newer = () => world.digests[1]?.id ?? "";
const updates = async () => {
  const { status, body } = await api.get(`/environments/${world.environmentId}/updates`);
  expect(status).toBe(200);
  return body;
};
async function deploy(serviceIds: string[] | null, digestId = newer()) {
  const planId = await createPlan(
    planParts(rig.database),
    system,
    deployOf(world, { imageDigestId: digestId, serviceIds }),
  );
  return play(rig.database, planId);
}
const apply = () => applyAutoUpdate(planParts(rig.database), world.imageId);

describe("everything that is behind", () => {
  test("is listed with its services, its kind, since when, and what auto-update does", async () => {
    const { updates: list, total } = await updates();
    expect(total).toBe(1);
    expect(list).toMatchObject([
      {
        image: {
          id: world.imageId,
          servicesCurrent: 3,
          servicesTotal: 3,
          updateAvailable: true,
          verdict: { kind: "update", registryHost: "registry.test", tag: "v2" },
        },
        update: { digestId: newer(), bestTag: "v2", kind: "major" },
        automatic: { updating: true, reason: "due" },
        services: world.serviceIds.map((_, index) => ({
          name: `service-${index}`,
          updateAvailable: true,
          behind: true,
          update: { digestId: newer(), bestTag: "v2", kind: "major" },
        })),
      },
    ]);
    const age = Date.now() - Date.parse(list[0]?.update.since ?? "");
    expect(age).toBeGreaterThan(24 * 3_600_000);
  });

  test("after a deploy to one of three, the others are", async () => {
    await deploy([world.serviceIds[1] ?? ""]);
    const { updates: list } = await updates();
    expect(list).toMatchObject([
      {
        image: { servicesCurrent: 1, servicesTotal: 3, deployedDigestId: newer() },
        update: { digestId: newer() },
        services: [{ name: "service-0" }, { name: "service-2" }],
      },
    ]);
  });

  test("and auto-update brings those along, and only those", async () => {
    await deploy([world.serviceIds[1] ?? ""]);
    const planId = (await apply()) ?? "";
    const plan = await readPlan(rig.database, planId);
    expect(plan?.services.map(({ serviceName }) => serviceName)).toEqual([
      "service-0",
      "service-2",
    ]);
    await play(rig.database, planId);
    expect(await updates()).toEqual({ updates: [], total: 0 });
    expect(await apply()).toBeNull();
  });

  test("a plan that ends half-way leaves what it did", async () => {
    const planId = await createPlan(
      planParts(rig.database),
      system,
      deployOf(world, { imageDigestId: newer(), autoRollback: false }),
    );
    let pulls = 0;
    await play(rig.database, planId, ({ body }) =>
      body.kind === "run" && ++pulls === 2
        ? refusal("no space is left", "disk_full")
        : success(body),
    );
    const rows = await rig.database<{ name: string; digestId: string | null }[]>`
      select v.name, u.digest_id from services v join service_updates u on u.service_id = v.id
      where v.environment_id = ${world.environmentId} order by v.name`;
    expect(rows.map(({ digestId }) => digestId !== null)).toEqual([false, true, true]);
  });

  test("of another environment is not", async () => {
    const other = await insertEnvironment(rig.database, "other");
    const { body } = await api.get(`/environments/${other}/updates`);
    expect(body).toEqual({ updates: [], total: 0 });
  });
});

describe("a digest that is skipped", () => {
  const path = () => `/container-images/${world.imageId}/digests/${newer()}/skip`;

  test("does not count until that is taken back, and it is said who and why", async () => {
    expect((await api.post(path(), { reason: "It breaks the login." })).status).toBe(200);
    expect(await updates()).toEqual({ updates: [], total: 0 });
    expect(await apply()).toBeNull();
    const { body } = await api.get(`/container-images/${world.imageId}/skipped`);
    expect(body).toMatchObject({
      total: 1,
      skipped: [{ digestId: newer(), bestTag: "v2", reason: "It breaks the login." }],
    });
    expect((await api.delete(path())).status).toBe(200);
    expect((await api.delete(path())).status).toBe(404);
    expect((await updates()).total).toBe(1);
  });

  test("counts again once a person deploys it", async () => {
    await api.post(path(), {});
    await deploy(null);
    const { body } = await api.get(`/container-images/${world.imageId}/skipped`);
    expect(body).toEqual({ skipped: [], total: 0 });
  });

  test("is one of this image, and skipping it needs an operator", async () => {
    const foreign = "0192f0c0-0000-7000-8000-000000000000";
    expect((await api.post(path().replace(newer(), foreign), {})).status).toBe(404);
    expect((await api.post(path().replace(world.imageId, foreign), {})).status).toBe(404);
    api.actor = { ...system, roles: everywhere("viewer") };
    expect((await api.post(path(), {})).status).toBe(403);
    expect((await api.delete(path())).status).toBe(403);
  });
});

describe("what if", () => {
  const path = () => `/container-images/${world.imageId}/update-policy`;

  test("answers what the policy would have done, and changes nothing", async () => {
    const { status, body } = await api.post(`${path()}?dryRun=true`, { minimumAgeMinutes: 60 });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      policy: { minimumAgeMinutes: 60 },
      decisions: [{ digestId: newer(), tag: "v2", kind: "major", outcome: "deployed" }],
    });
    const none = await api.post(`${path()}?dryRun=true`, { kinds: ["patch"] });
    expect(none.body.decisions).toMatchObject([{ outcome: "not_allowed", deployedAt: null }]);
    const [row] = await rig.database<{ updateKinds: string[] }[]>`
      select update_kinds from container_images where id = ${world.imageId}`;
    expect(row?.updateKinds).toHaveLength(5);
  });

  test("says that it changes nothing where it is not asked to try", async () => {
    const { status, body } = await api.post(path(), {});
    expect(status).toBe(400);
    expect(body.error).toContain("PATCH");
  });
});

describe("a minimum age", () => {
  test("counts from when the tag was seen to point there, not from a date in the image", async () => {
    await rig.database`
      update container_images set update_minimum_age_minutes = ${3 * 24 * 60}
      where id = ${world.imageId}`;
    await rig.database`
      update image_digests set pushed_at = now() - interval '30 days'
      where container_image_id = ${world.imageId} and tags = '{v1}'`;
    await rig.database`
      update image_digests set pushed_at = now() - interval '21 days'
      where container_image_id = ${world.imageId} and tags = '{v2}'`;
    await refreshUpdateAvailable(rig.database, world.imageId);
    expect((await updates()).updates).toMatchObject([{ automatic: { reason: "too_young" } }]);
    expect(await apply()).toBeNull();
    await rig.database`
      update tag_sightings set since = now() - interval '3 days 1 minute' where tag = 'v2'`;
    expect(await apply()).not.toBeNull();
  });
});

test("what an earlier version decided is decided again at the start, in pages", async () => {
  await rig.database`
    update container_images set update_rules = 0, update_digest_id = null, update_available = false
    where id = ${world.imageId}`;
  await rig.database`delete from service_updates where container_image_id = ${world.imageId}`;
  expect((await updates()).total).toBe(0);
  await decideAgain({ database: rig.database, log }, new AbortController().signal);
  expect((await updates()).updates).toMatchObject([{ services: [{}, {}, {}] }]);
});
