import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Actor, everywhere, system } from "../actor.ts";
import { readTogether } from "../database/connection.ts";
import { counted } from "../database/counted.fixture.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { deleteService } from "../services/services.store.ts";
import { createPlan } from "./create-plan.ts";
import { planJson } from "./plan-json.ts";
import { PlanLists } from "./plan-lists.ts";
import { deployOf, newWorld, planParts, play, success, type World } from "./plan-world.fixture.ts";
import { loadPlans } from "./plans.store.ts";

/* A list shows of each plan what the plan itself shows, whatever was kept of it before. */

let rig: TestDatabase;
let world: World;
let lists: PlanLists;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newWorld(rig.database, { services: 2 });
  lists = new PlanLists();
});

const viewer: Actor = { ...system, roles: everywhere("viewer") };
const operator: Actor = { ...system, roles: everywhere("operator") };
const newPlan = (execute: boolean) =>
  createPlan(planParts(rig.database), system, deployOf(world, { execute }));

async function expectSame(ids: string[]): Promise<void> {
  await readTogether(rig.database, async (sql) => {
    const whole = await loadPlans(sql, ids);
    for (const reader of [viewer, operator, viewer]) {
      const texts = await lists.read(sql, ids, reader);
      expect(texts.map((text) => JSON.parse(text))).toEqual(
        JSON.parse(JSON.stringify(whole.map((plan) => planJson(plan, reader)))),
      );
    }
  });
}

test("from when it is made to after its end, and what goes later", async () => {
  const pending = await newPlan(false);
  await expectSame([pending]);
  const id = await newPlan(true);
  await expectSame([id, pending]);
  const variable = { field: "Config.Env.MODE", origin: "image", before: "a", after: "b" } as const;
  await play(rig.database, id, ({ body }) => {
    const result = success(body);
    return result.kind === "run" ? { ...result, changes: [variable] } : result;
  });
  await expectSame([id, pending]);
  const changes: (() => Promise<unknown>)[] = [
    () => rig.database`update plan_steps set error = 'late' where plan_id = ${id} and position = 1`,
    () => rig.database`update plan_targets set image_tag = 'other' where plan_id = ${id}`,
    () => rig.database`update plan_services set level = 3 where plan_id = ${id} and position = 0`,
    () => rig.database`update deployment_plans set error = 'said later' where id = ${id}`,
    () => rig.database`
      update commands set progress = '[{"at": 1, "phase": "pull", "message": "later"}]'
      where plan_id = ${id}`,
    () => deleteService(rig.database, world.serviceIds[0] ?? ""),
    () => rig.database`delete from plan_steps where plan_id = ${id} and position = 0`,
  ];
  for (const change of changes) {
    await change();
    await expectSame([id, pending]);
  }
  await rig.database`delete from deployment_plans where id = ${id}`;
  await expectSame([id, pending]);
});

test("what is kept is not read again", async () => {
  const ids = [await newPlan(false), await newPlan(false)];
  const statements = () =>
    readTogether(rig.database, async (sql) => {
      const seen = counted(sql as never);
      await lists.read(seen.database as never, ids, viewer);
      return seen.statements();
    });
  const first = await statements();
  expect(await statements()).toBe(1);
  expect(first).toBeGreaterThan(1);
});
