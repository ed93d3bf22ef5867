import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { transaction } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "./create-plan.ts";
import { deployOf, newWorld, planParts } from "./plan-world.fixture.ts";
import { loadPlan, readPlan } from "./plans.store.ts";

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

test.each([true, false])(
  "whoever waited for a plan's lock has all of it as it is afterwards; lean: %s",
  async (lean) => {
    const world = await newWorld(test_.database);
    const planId = await createPlan(planParts(test_.database), system, deployOf(world));
    const { reading } = await transaction(test_.database, async (sql) => {
      await loadPlan(sql, planId, { lock: true });
      const reading = transaction(test_.database, (other) =>
        loadPlan(other, planId, { lock: true, lean }),
      );
      await waiterOf("deployment_plans");
      await sql`update plan_steps set status = 'skipped' where plan_id = ${planId}`;
      await sql`update plan_services set level = 7 where plan_id = ${planId}`;
      await sql`update plan_targets set image_tag = 'later' where plan_id = ${planId}`;
      return { reading };
    });

    const whole = await reading;

    expect(new Set(whole?.steps.map(({ status }) => status))).toEqual(new Set(["skipped"]));
    expect(new Set(whole?.services.map(({ level }) => level))).toEqual(new Set([7]));
    expect(whole?.targets.map(({ imageTag }) => imageTag)).toEqual(["later"]);
  },
);

/** Settles when a statement waits for a lock of the table, or for one of its rows. */
async function waiterOf(table: string): Promise<void> {
  for (;;) {
    const [row] = await test_.database<{ waiting: number }[]>`
      select count(*) as waiting from pg_locks as waited
      where not granted and exists (select from pg_locks
        where pid = waited.pid and relation = ${table}::regclass
          and database = (select oid from pg_database where datname = current_database()))`;
    if (row?.waiting) return;
  }
}
