import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { transaction } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "./create-plan.ts";
import { deployOf, newWorld, planParts } from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

test("a plan is told as it was at one moment, whatever is committed while it is read", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const reading = await transaction(test_.database, async (sql) => {
    // A read of the steps waits from now on until this has been committed.
    await sql`lock table plan_steps in access exclusive mode`;
    const reading = readPlan(test_.database, planId);
    await waiterOf("plan_steps");
    await sql`update plan_steps set status = 'skipped' where plan_id = ${planId}`;
    await sql`update deployment_plans set status = 'failed' where id = ${planId}`;
    return { reading };
  });

  const whole = await reading.reading;

  expect(whole?.plan.status).toBe("running");
  expect(whole?.steps.map(({ status }) => status)).not.toContain("skipped");
  expect((await readPlan(test_.database, planId))?.plan.status).toBe("failed");
});

/** Settles when a statement waits for a lock of the table. */
async function waiterOf(table: string): Promise<void> {
  for (;;) {
    const [row] = await test_.database<{ waiting: number }[]>`
      select count(*) as waiting from pg_locks
      where not granted and relation = ${table}::regclass
        and database = (select oid from pg_database where datname = current_database())`;
    if (row?.waiting) return;
  }
}
