import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { imageHistory } from "../images/history.store.ts";
import { refreshUpdateAvailable } from "../images/updates.store.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { Problem } from "../problem.ts";
import { insertRegistry } from "../registries/registries.store.ts";
import { secretsWith } from "../secrets.ts";
import { historyOf } from "../services/history.store.ts";
import { executePlan, rollBackPlan } from "./create-plan.ts";
import {
  addImage,
  newWorld,
  planParts,
  play,
  refusal,
  removeContainersOf,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { plansRoutes } from "./plans.routes.ts";
import { readPlan } from "./plans.store.ts";

let rig: TestDatabase;
let api: TestApi;
/** three images in one environment, each with two services, on two servers */
let shop: World;
let checkout: World;
let search: World;
const log = pino({ level: "silent" });
/** what registries are asked */
let asked: string[] = [];

beforeAll(async () => {
  rig = await openTestDatabase();
  api = testApi(
    plansRoutes({
      ...planParts(rig.database),
      log,
      secrets: secretsWith("11".repeat(32)),
      changes: { subscribe: () => () => {} },
      dryRun: async () => [],
      async resolveTag(imageId, tag) {
        asked.push(tag);
        const [row] = await rig.database<{ id: string }[]>`
          select id from image_digests where container_image_id = ${imageId} and ${tag} = any(tags)`;
        if (!row) throw new Problem("invalid", "tag_not_found", `There is no tag ${tag}.`);
        return row.id;
      },
    }),
  );
});
afterAll(() => rig.close());

beforeEach(async () => {
  api.actor = { ...system, roles: everywhere("operator") };
  asked = [];
  shop = await newWorld(rig.database, { services: 2, servers: 2 });
  checkout = await addImage(rig.database, shop, "checkout");
  search = await addImage(rig.database, shop, "search");
});

const plansPath = () => `/environments/${shop.environmentId}/deployment-plans`;
const newer = ({ digests }: World) => digests[1]?.id ?? "";
const older = ({ digests }: World) => digests[0]?.id ?? "";
const whole = (world: World) => ({
  containerImageId: world.imageId,
  imageDigestId: newer(world),
});
const all = () => [shop, checkout, search].map(whole);

async function made(body: object, query = ""): Promise<string> {
  const answer = await api.post(`${plansPath()}${query}`, body);
  expect(answer.body.error).toBeUndefined();
  return answer.body.plan.id;
}
async function deployedDigests(...worlds: World[]): Promise<string[][]> {
  return Promise.all(
    worlds.map(async ({ imageId, serviceIds, digests }) => {
      const rows = await rig.database<{ id: string }[]>`
        select deployed_digest_id as id from container_images where id = ${imageId}
        union all (select deployed_digest_id from services where id = any(${serviceIds}::uuid[]) order by id)`;
      const name = (id: string | null) =>
        id === digests[0]?.id ? "older" : id === digests[1]?.id ? "newer" : "none";
      return rows.map(({ id }) => name(id));
    }),
  );
}
async function quarantined(): Promise<string[]> {
  const rows = await rig.database<{ digestId: string }[]>`
    select digest_id from quarantined_digests where container_image_id in (
      select id from container_images where environment_id = ${shop.environmentId})`;
  return rows.map(({ digestId }) => digestId);
}
async function depend(serviceId = "", dependsOnId = "", type = "health_before"): Promise<void> {
  await rig.database`
    insert into service_dependencies (id, environment_id, service_id, depends_on_id, type)
    values (${newId()}, ${shop.environmentId}, ${serviceId}, ${dependsOnId}, ${type})`;
}
async function plansThere(): Promise<number> {
  const rows = await rig.database`
    select from deployment_plans where environment_id = ${shop.environmentId}`;
  return rows.length;
}

describe("a release of several images", () => {
  test("pulls all, then moves all, and each image and service is at its own digest", async () => {
    const id = await made({ targets: all() }, "?execute=true");
    const sent: string[] = [];
    const { plan } = await play(rig.database, id, ({ body }) => {
      sent.push("reference" in body ? `${body.kind} ${body.reference}` : body.kind);
      return success(body);
    });
    expect(plan.status).toBe("completed");
    expect(sent.slice(0, 6).every((text) => text.startsWith("pull "))).toBe(true);
    expect(new Set(sent.slice(0, 6)).size).toBe(3);
    expect(await deployedDigests(shop, checkout, search)).toEqual(
      Array(3).fill(["newer", "newer", "newer"]),
    );
    const { body } = await api.get(`/deployment-plans/${id}`);
    expect(body.plan).toMatchObject({
      name: "app v2 and 2 more",
      containerImageId: shop.imageId,
      imageDigestId: newer(shop),
      targets: [shop, checkout, search].map((world) => ({
        containerImageId: world.imageId,
        imageTag: "v2",
        imageDigestId: newer(world),
        signature: null,
      })),
    });
    const [first] = body.plan.targets;
    expect(first.serviceIds.toSorted()).toEqual(shop.serviceIds.toSorted());
    for (const step of body.plan.steps) expect(step.services).toHaveLength(1);
    expect(body.plan.services.map(({ target }: { target: number }) => target).sort()).toEqual([
      ...[0, 0, 1, 1, 2, 2],
    ]);
  });

  test("goes back whole where one service of one image fails; only its digest is to blame", async () => {
    await rig.database`
      update container_images set deployed_digest_id = case id
        when ${shop.imageId} then ${older(shop)}::uuid when ${checkout.imageId} then ${older(checkout)}::uuid
        else ${older(search)}::uuid end
      where environment_id = ${shop.environmentId}`;
    const id = await made({ targets: all() }, "?execute=true");
    const bad = search.serviceIds[1];
    const { plan, steps } = await play(rig.database, id, ({ body }) =>
      body.kind === "probe" && body.serviceId === bad ? refusal("it is ill") : success(body),
    );
    expect(plan.status).toBe("rolled_back");
    const deployed = steps.filter(
      ({ action, status }) => action === "deploy" && status === "rolled_back",
    );
    expect(deployed.length).toBeGreaterThan(3);
    expect(await deployedDigests(shop, checkout, search)).toEqual(
      Array(3).fill(["older", "older", "older"]),
    );
    expect(await quarantined()).toEqual([newer(search)]);
  });

  test("is taken back by hand whole, and then all of its digests are left alone", async () => {
    const id = await made({ targets: all() }, "?execute=true");
    await play(rig.database, id);
    await rollBackPlan(rig.database, system, id);
    expect((await play(rig.database, id)).plan.status).toBe("rolled_back");
    expect((await quarantined()).toSorted()).toEqual(
      [shop, checkout, search].map(newer).toSorted(),
    );
  });

  test("orders services by their dependencies across images", async () => {
    await depend(shop.serviceIds[0], search.serviceIds[1]);
    const id = await made({ targets: all() });
    const plan = await readPlan(rig.database, id);
    const at = (serviceId?: string) => plan?.services.find((one) => one.serviceId === serviceId);
    expect(at(shop.serviceIds[0])).toMatchObject({
      level: 1,
      targetPosition: 0,
      dependsOn: [{ position: at(search.serviceIds[1])?.position, type: "health_before" }],
    });
  });

  test("is found by each of its images, and each image's history has its own part", async () => {
    const id = await made({ targets: all() }, "?execute=true");
    await play(rig.database, id);
    for (const world of [shop, checkout, search]) {
      const { body } = await api.get(`${plansPath()}?containerImageId=${world.imageId}`);
      expect(body.plans.map((plan: { id: string }) => plan.id)).toEqual([id]);
      const { history } = await imageHistory(rig.database, world.imageId, { limit: 9, offset: 0 });
      expect(history).toMatchObject([
        { planId: id, digest: world.digests[1]?.manifestDigest, deploymentCount: 2 },
      ]);
      expect(history[0]?.services.map((service) => service.id).toSorted()).toEqual(
        world.serviceIds.toSorted(),
      );
      const own = await historyOf(rig.database, world.serviceIds[0] ?? "", { limit: 9, offset: 0 });
      expect(own.history).toMatchObject([
        { planId: id, tag: "v2", digest: world.digests[1]?.manifestDigest },
      ]);
    }
  });

  test("is in the audit and in the events with all of its images", async () => {
    await rig.database`update container_images set name = 'Shop' where id = ${shop.imageId}`;
    const id = await made({ targets: all() });
    await executePlan(planParts(rig.database), system, id);
    await play(rig.database, id);
    const entries = await rig.database<{ action: string; resourceName: string }[]>`
      select action, resource_name from audit_logs where resource_id = ${id} order by at`;
    const named = { resourceName: "Shop v2 and 2 more" };
    expect(entries).toEqual(
      ["create_plan", "execute_plan", "end_plan"].map((action) => ({ action, ...named })),
    );
    const [event] = await rig.database<{ data: { targets: { imageId: string }[] } }[]>`
      select data from domain_events where subject_id = ${id} and name = 'deployment.succeeded'`;
    expect(event?.data.targets.map(({ imageId }) => imageId)).toEqual(
      [shop, checkout, search].map(({ imageId }) => imageId),
    );
  });

  test("moves services of one image to different digests where it names them", async () => {
    const [one = "", two = ""] = shop.serviceIds;
    const id = await made(
      {
        targets: [
          { serviceIds: [one], imageDigestId: newer(shop) },
          { serviceIds: [two], tag: "v1" },
        ],
      },
      "?execute=true",
    );
    await play(rig.database, id);
    expect(asked).toEqual(["v1"]);
    const { history } = await imageHistory(rig.database, shop.imageId, { limit: 9, offset: 0 });
    expect(
      history.map(({ tag, services }) => [tag, services.map((service) => service.id)]),
    ).toEqual([
      ["v2", [one]],
      ["v1", [two]],
    ]);
  });

  test("that lay pending goes back to what runs when it is started, of each image", async () => {
    const id = await made({
      targets: [whole(shop), { ...whole(checkout), imageDigestId: older(checkout) }],
    });
    await play(rig.database, await made(whole(checkout), "?execute=true"));
    await executePlan(planParts(rig.database), system, id);
    const plan = await readPlan(rig.database, id);
    const tags = plan?.services.map(({ targetPosition, previousImageTag }) => [
      targetPosition,
      previousImageTag,
    ]);
    expect(Object.fromEntries(tags ?? [])).toEqual({ 0: "v1", 1: "v2" });
  });
});

describe("one of two releases that overlap in one service is refused, whole", () => {
  test("when they are made at the same time", async () => {
    const [one = "", two = ""] = checkout.serviceIds;
    const bodies = [
      { targets: [whole(shop), { serviceIds: [one, two], imageDigestId: newer(checkout) }] },
      { targets: [whole(search), { serviceIds: [two], imageDigestId: newer(checkout) }] },
    ];
    const answers = await Promise.all(
      bodies.map((body) => api.post(`${plansPath()}?execute=true`, body)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 409]);
    const refused = answers.find(({ status }) => status === 409);
    const made = answers.find(({ status }) => status === 200);
    expect(refused?.body.code).toBe("service_in_running_plan");
    expect(refused?.body.error).toContain(made?.body.plan.id);
    expect(await plansThere()).toBe(1);
    const active = await rig.database<{ planId: string }[]>`
      select distinct plan_id from plan_services where active
        and service_id in (select id from services where environment_id = ${shop.environmentId})`;
    expect(active.map(({ planId }) => planId)).toEqual([made?.body.plan.id]);
  });
});

describe("what cannot be done is refused with the field, and nothing is made", () => {
  const cases: [string, () => object, number, RegExp][] = [
    [
      "two forms",
      () => ({ targets: all(), tag: "v2" }),
      400,
      /^tag: cannot be given beside targets/,
    ],
    ["no form", () => ({}), 400, /^serviceIds: give serviceIds or containerImageId/],
    ["no target", () => ({ targets: [] }), 400, /^targets: must have at least one target/],
    [
      "too many targets",
      () => ({ targets: Array(101).fill(whole(shop)) }),
      400,
      /^targets: must have at most 100 targets/,
    ],
    [
      "a bad tag of the second",
      () => ({ targets: [whole(shop), { containerImageId: checkout.imageId, tag: "" }] }),
      400,
      /^targets\[1\]\.tag: must not be empty/,
    ],
    [
      "a tag that is not there",
      () => ({ targets: [whole(shop), { containerImageId: checkout.imageId, tag: "v9" }] }),
      400,
      /^targets\[1\]\.tag: There is no tag v9/,
    ],
    [
      "neither digest nor tag",
      () => ({ targets: [{ containerImageId: shop.imageId }] }),
      400,
      /^targets\[0\]\.imageDigestId: give either imageDigestId or tag/,
    ],
    [
      "a digest of another image",
      () => ({ targets: [whole(shop), { ...whole(checkout), imageDigestId: newer(shop) }] }),
      400,
      /^targets\[1\]\.imageDigestId: no such digest of this image/,
    ],
    [
      "an unknown image",
      () => ({ targets: [{ containerImageId: newId(), tag: "v2" }] }),
      400,
      /^targets\[0\]\.containerImageId: no such container image/,
    ],
    [
      "services of two images in one target",
      () => ({
        targets: [
          { serviceIds: [shop.serviceIds[0], search.serviceIds[0]], imageDigestId: newer(shop) },
        ],
      }),
      400,
      /^targets\[0\]\.serviceIds: these have to be services of this environment that are linked to one image/,
    ],
    [
      "a service twice",
      () => ({
        targets: [whole(shop), { serviceIds: [shop.serviceIds[1]], imageDigestId: older(shop) }],
      }),
      400,
      /^targets\[1\]\.serviceIds: service-1 on server-1 is in targets\[0\] already/,
    ],
  ];
  test.each(cases)("%s", async (_, body, status, words) => {
    const answer = await api.post(`${plansPath()}?execute=true`, body());
    expect(answer).toMatchObject({ status, body: { error: expect.stringMatching(words) } });
    expect(await plansThere()).toBe(0);
  });

  test("a tag is not asked for where something else is wrong", async () => {
    const wrong = { containerImageId: newId(), tag: "v2" };
    await api.post(plansPath(), {
      targets: [{ containerImageId: shop.imageId, tag: "v2" }, wrong],
    });
    expect(asked).toEqual([]);
  });

  test("a service without a container is left out of an image, and named", async () => {
    await removeContainersOf(rig.database, [checkout.serviceIds[0] ?? ""]);
    const { body } = await api.post(plansPath(), { targets: all() });
    expect(body.plan.leftOut).toMatchObject([{ service: { id: checkout.serviceIds[0] } }]);
    expect(body.plan.services).toHaveLength(5);
    const refused = await api.post(plansPath(), {
      targets: [
        whole(shop),
        { serviceIds: [checkout.serviceIds[0]], imageDigestId: newer(checkout) },
      ],
    });
    expect(refused.body.error).toMatch(/^targets\[1\]\.serviceIds: .*gone from server-0/);
  });
});

describe("a service outside of the release that one of it needs", () => {
  const [healthy, ill] = [{ health: "healthy" as const }, { health: "unhealthy" as const }];
  async function reported(more: object): Promise<void> {
    const name = await rig.database<{ containerName: string; serverId: string }[]>`
      select container_name, server_id from services where id = ${search.serviceIds[0] ?? ""}`;
    const [row] = name;
    if (row) await storeContainer(rig.database, row.serverId, reportOf(row.containerName, more));
  }

  test("has to be healthy when its turn comes: the plan fails before it is touched", async () => {
    await depend(checkout.serviceIds[1], search.serviceIds[0]);
    await reported(ill);
    const id = await made({ targets: [whole(shop), whole(checkout)] }, "?execute=true");
    const touched: string[] = [];
    const { plan, services } = await play(rig.database, id, ({ body }) => {
      if (body.kind === "run") touched.push(body.serviceId);
      return success(body);
    });
    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toMatch(/needs .*search-0.*, which is unhealthy.*deploy both together/);
    expect(touched).not.toContain(checkout.serviceIds[1]);
    expect(await quarantined()).toEqual([]);
    const dependent = services.find(({ serviceId }) => serviceId === checkout.serviceIds[1]);
    expect(dependent?.outside).toMatchObject([{ serviceId: search.serviceIds[0] }]);
  });

  test("and where it is then, the plan goes on, whatever it was before", async () => {
    await depend(checkout.serviceIds[1], search.serviceIds[0]);
    await reported(ill);
    const id = await made({ targets: [whole(shop), whole(checkout)] });
    await reported(healthy);
    await executePlan(planParts(rig.database), system, id);
    expect((await play(rig.database, id)).plan.status).toBe("completed");
  });

  test("is waited for while it starts, and the plan says for what", async () => {
    await depend(checkout.serviceIds[1], search.serviceIds[0]);
    await reported({ health: "starting" });
    const id = await made({ targets: [whole(shop), whole(checkout)] }, "?execute=true");
    const waiting = await play(rig.database, id);
    expect(waiting.plan.status).toBe("running");
    const step = waiting.steps.find(({ note }) => note !== null);
    expect(step).toMatchObject({ action: "deploy", status: "pending", commandStatus: null });
    expect(step?.note).toMatch(/^Waiting: .* needs search-0.*, which is not healthy yet\.$/);
    await reported(healthy);
    expect((await play(rig.database, id)).plan.status).toBe("completed");
  });

  test("may be one whose network its container lives in", async () => {
    await reported({ state: "exited" });
    const [dependent = ""] = checkout.serviceIds;
    const [row] = await rig.database<{ containerName: string; serverId: string }[]>`
      select container_name, server_id from services where id = ${dependent}`;
    if (!row) throw new Error("no service");
    const needs = ["search-0"];
    await storeContainer(rig.database, row.serverId, reportOf(row.containerName, { needs }));
    const { plan } = await play(rig.database, await made(whole(checkout), "?execute=true"));
    expect(plan.error).toMatch(/needs search-0, which does not run \(exited\)/);
  });

  test("is part of the order where it is in the release", async () => {
    await depend(checkout.serviceIds[1], search.serviceIds[0]);
    await reported(ill);
    const id = await made({ targets: [whole(checkout), whole(search)] }, "?execute=true");
    expect((await play(rig.database, id)).plan.status).toBe("completed");
  });
});

describe("everything that is behind", () => {
  /** All three images have a registry, and run the older of two digests. */
  beforeEach(async () => {
    const registryId = await insertRegistry(rig.database, shop.environmentId, {
      ...{ name: "registry", type: "generic", registryUrl: "https://registry.test" },
      ...{ repositoryPrefix: null, username: null, token: null, password: null },
      ...{ passwordToAgents: "without_tokens", isDefault: false, refreshIntervalMinutes: 30 },
      autoLinkPattern: null,
    });
    for (const { imageId, digests } of [shop, checkout, search]) {
      await rig.database`
        update container_images set registry_id = ${registryId},
          deployed_digest_id = ${digests[0]?.id ?? null}, last_checked_at = now()
        where id = ${imageId}`;
      await refreshUpdateAvailable(rig.database, imageId);
    }
  });

  test("goes into one plan, without what is pinned, offline or gone, each with the reason", async () => {
    await rig.database`
      update container_images set update_pinned = true, update_hold_reason = 'audit'
      where id = ${search.imageId}`;
    await removeContainersOf(rig.database, [shop.serviceIds[0] ?? ""]);
    await rig.database`
      update servers set status = 'offline' where id = ${shop.serverIds[1] ?? ""}`;
    const { status, body } = await api.post(plansPath(), { everythingBehind: true });
    expect(status).toBe(200);
    expect(body.plan.targets).toMatchObject([
      { containerImageId: checkout.imageId, serviceIds: [checkout.serviceIds[0]] },
    ]);
    const reasons = Object.fromEntries(
      body.plan.leftOut.map((one: { service: { id: string }; reason: string }) => [
        one.service.id,
        one.reason,
      ]),
    );
    expect(reasons).toEqual({
      [search.serviceIds[0] ?? ""]: expect.stringMatching(/pinned \(audit\)/),
      [search.serviceIds[1] ?? ""]: expect.stringMatching(/pinned \(audit\)/),
      [shop.serviceIds[0] ?? ""]: expect.stringMatching(/gone from server-0/),
      [shop.serviceIds[1] ?? ""]: expect.stringMatching(/server-1 is offline/),
      [checkout.serviceIds[1] ?? ""]: expect.stringMatching(/server-1 is offline/),
    });
  });

  test("is moved by one plan, and then nothing is behind: 400 with a sentence", async () => {
    const id = await made({ everythingBehind: true }, "?execute=true");
    expect((await play(rig.database, id)).plan.status).toBe("completed");
    expect(await deployedDigests(shop, checkout, search)).toEqual(
      Array(3).fill(["newer", "newer", "newer"]),
    );
    expect(await api.post(plansPath(), { everythingBehind: true })).toMatchObject({
      status: 400,
      body: { code: "nothing_behind", error: "Nothing is behind in this environment." },
    });
  });

  test("but all of it held: 400 that says why of each", async () => {
    await rig.database`
      update container_images set update_snoozed_until = now() + interval '1 day'
      where environment_id = ${shop.environmentId}`;
    const { status, body } = await api.post(plansPath(), { everythingBehind: true });
    expect(status).toBe(400);
    expect(body.error).toMatch(/^There is nothing to deploy to\. .*snoozed until/);
  });
});
