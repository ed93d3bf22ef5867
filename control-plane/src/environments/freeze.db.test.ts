import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Actor, everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { createPlan, executePlan, rollBackPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts, play, type World } from "../plans/plan-world.fixture.ts";
import { plansRoutes } from "../plans/plans.routes.ts";
import { secretsWith } from "../secrets.ts";
import { environmentsRoutes } from "./environments.routes.ts";
import { freezeRoutes } from "./freeze.routes.ts";

let rig: TestDatabase;
let world: World;
let api: TestApi;
const secrets = secretsWith("11".repeat(32));
const ann: Actor = {
  ...{ type: "user", id: newId(), name: "ann@b.test" },
  roles: everywhere("admin"),
};
const until = "2999-01-31T18:00:00+01:00";
const freeze = { until, reason: "release week" };
const shown = {
  ...{ until: "2999-01-31T17:00:00.000Z", reason: "release week", by: "ann@b.test" },
  everywhere: false,
};

beforeAll(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  const unused = () => Promise.reject(new Error("not asked for"));
  api = testApi(
    freezeRoutes({ database }),
    environmentsRoutes({ database }),
    plansRoutes({
      ...planParts(database),
      ...{ secrets, log: pino({ level: "silent" }), resolveTag: unused, dryRun: async () => [] },
      changes: {} as never,
    }),
  );
});
beforeEach(async () => {
  world = await newWorld(rig.database, { services: 1 });
  api.actor = ann;
});
afterAll(() => rig.close());

const own = () => `/environments/${world.environmentId}/freeze`;
const told = async () =>
  (await api.get(`/environments/${world.environmentId}`)).body.environment.freeze;
const create = (more = {}) => createPlan(planParts(rig.database), system, deployOf(world, more));

describe("a frozen environment", () => {
  beforeEach(async () => {
    expect(await api.put(own(), freeze)).toMatchObject({ status: 200, body: { freeze: shown } });
  });

  test("refuses to start plans, with until when, why and by whom", async () => {
    const words =
      /frozen until 2999-01-31T17:00:00\.000Z, by ann@b\.test: release week\. Rollbacks are possible/;
    await expect(create()).rejects.toThrow(words);
    await expect(create({ triggerType: "webhook" })).rejects.toMatchObject({
      kind: "conflict",
      code: "environment_frozen",
    });
    const planId = await create({ execute: false });
    expect((await api.post(`/deployment-plans/${planId}/execute?dryRun=true`)).status).toBe(200);
    const started = await api.post(`/deployment-plans/${planId}/execute`);
    expect(started).toMatchObject({ status: 409, body: { code: "environment_frozen" } });
    expect(started.body.error).toMatch(words);
    // Nothing is held by what was refused.
    expect(await api.delete(own())).toMatchObject({ status: 200, body: { freeze: null } });
    await executePlan(planParts(rig.database), system, planId);
  });

  test("lets what was deployed before go back", async () => {
    await api.delete(own());
    const planId = await create();
    await api.put(own(), freeze);
    expect((await play(rig.database, planId)).plan.status).toBe("completed");
    await rollBackPlan(rig.database, system, planId);
    expect((await play(rig.database, planId)).plan.status).toBe("rolled_back");
  });

  test("is told of, audited, and an event for webhooks", async () => {
    expect(await told()).toEqual(shown);
    await api.put(own(), { ...freeze, reason: "longer" });
    expect(await told()).toMatchObject({ reason: "longer" });
    await api.delete(own());
    await api.delete(own());
    expect(await told()).toBeNull();
    const entries = await rig.database<{ action: string; actorName: string }[]>`
      select action, actor_name from audit_logs where environment_id = ${world.environmentId}
      order by at, id`;
    const by = { actorName: "ann@b.test" };
    expect(entries).toMatchObject([
      { action: "freeze_environment", ...by },
      { action: "freeze_environment", ...by },
      { action: "unfreeze_environment", ...by },
    ]);
    const events = await rig.database<{ name: string; data: object }[]>`
      select name, data from domain_events where environment_id = ${world.environmentId} order by id`;
    expect(events.map(({ name }) => name)).toEqual([
      ...["environment.frozen", "environment.frozen", "environment.unfrozen"],
    ]);
    expect(events[0]?.data).toMatchObject({ reason: "release week", everywhere: false });
  });

  test("ends by itself", async () => {
    await rig.database`update freezes set until = now()`;
    expect(await told()).toBeNull();
    await create();
    await api.delete(own());
    const [last] = await rig.database<{ action: string }[]>`
      select action from audit_logs where environment_id = ${world.environmentId}
      order by at desc, id desc limit 1`;
    expect(last?.action).not.toBe("unfreeze_environment");
  });
});

test("a freeze of all environments counts in each, and is for administrators of everything", async () => {
  const elsewhere = await newWorld(rig.database, { services: 1 });
  const roles = [{ environmentId: world.environmentId, role: "admin" as const }];
  api.actor = { ...ann, roles };
  expect((await api.put("/freeze", freeze)).status).toBe(403);
  api.actor = ann;
  expect(await api.put("/freeze", freeze)).toMatchObject({
    body: { freeze: { ...shown, everywhere: true } },
  });
  expect(await told()).toMatchObject({ everywhere: true });
  await expect(create()).rejects.toThrow(/^All environments are frozen until/);
  // The one that ends last is told.
  await api.put(own(), { ...freeze, until: "2999-02-01T00:00:00Z" });
  expect(await told()).toMatchObject({ everywhere: false });
  expect((await api.delete("/freeze")).status).toBe(200);
  expect(await api.get("/freeze")).toMatchObject({ body: { freeze: null } });
  await expect(create()).rejects.toThrow(/^This environment is frozen/);
  await createPlan(planParts(rig.database), system, deployOf(elsewhere));
});

test.each([
  ["a past time", { ...freeze, until: "2020-01-01T00:00:00Z" }, /^until: .* is past/],
  ["a time without an offset", { ...freeze, until: "2999-01-01T00:00:00" }, /^until: .*offset/],
  ["no time", { ...freeze, until: "tomorrow" }, /^until: must be a time/],
  ["no reason", { ...freeze, reason: " " }, /^reason: must not be empty/],
])("%s is refused, and nothing is frozen", async (_, body, words) => {
  const answer = await api.put(own(), body);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatch(words);
  expect(await told()).toBeNull();
});
