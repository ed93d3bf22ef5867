import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "./create-plan.ts";
import { deployOf, newWorld, planParts } from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

test("a server whose replica has died is as offline for a running plan as for everything else", async () => {
  const { database } = test_;
  const world = await newWorld(database);
  const planId = await createPlan(planParts(database), system, deployOf(world));
  const online = async () =>
    new Set((await readPlan(database, planId))?.steps.map(({ serverOnline }) => serverOnline));
  expect(await online()).toEqual(new Set([true]));
  // Nothing has said yet that it is offline; the lease has run out.
  await database`
    update servers set last_seen_at = now() - interval '1 day' where id = any(${world.serverIds}::uuid[])`;
  expect(await online()).toEqual(new Set([false]));
});
