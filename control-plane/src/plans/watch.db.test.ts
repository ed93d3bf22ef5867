import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "./create-plan.ts";
import type { PlanJson } from "./plan-json.ts";
import { deployOf, newWorld, planParts } from "./plan-world.fixture.ts";
import { watchPlan } from "./watch.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

test("a burst of changes of a plan's steps is told together, and its last state always", async () => {
  const { database } = test_;
  const world = await newWorld(database, { services: 2 });
  const planId = await createPlan(planParts(database), system, deployOf(world));
  let changed = (_: { kind: string; id: string; planId?: string }): void => {};
  const changes = {
    subscribe(listener: { changed: typeof changed }) {
      changed = listener.changed;
      return () => {};
    },
  };
  const told: PlanJson[] = [];
  const log = pino({ level: "silent" });
  const stop = watchPlan({ database, changes, log, reader: system }, planId, (plan) =>
    told.push(plan),
  );
  await expect.poll(() => told.length).toBe(1);
  const [step] = told[0]?.steps ?? [];
  const burst = 100;
  for (let at = 1; at <= burst; at += 1) {
    await database`update plan_steps set error = ${`${at}`} where id = ${step?.id ?? ""}`;
    changed({ kind: "step", id: step?.id ?? "", planId });
  }
  const last = () => told.at(-1)?.steps.find(({ id }) => id === step?.id)?.error;
  await expect.poll(last).toBe(`${burst}`);
  expect(told.length).toBeLessThan(burst);
  await database`update deployment_plans set error = 'over' where id = ${planId}`;
  changed({ kind: "plan", id: planId });
  await expect.poll(() => told.at(-1)?.error).toBe("over");
  stop();
});
