import { afterAll, beforeAll, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { planIsActive } from "./plans.store.ts";
import { isActive, planStatuses, stepStatuses } from "./statuses.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

/** The statuses that a constraint of the database allows. */
async function allowedBy(constraint: string): Promise<string[]> {
  const [row] = await test_.database<{ definition: string }[]>`
    select pg_get_constraintdef(oid) as definition from pg_constraint where conname = ${constraint}`;
  return [...(row?.definition ?? "").matchAll(/'(\w+)'::text/g)].map(([, status]) => status ?? "");
}

test("the database knows the same statuses", async () => {
  expect(await allowedBy("deployment_plans_status_check")).toEqual([...planStatuses]);
  expect(await allowedBy("plan_steps_status_check")).toEqual([...stepStatuses]);
});

test("the database has the same plans as active, and finds them by an index", async () => {
  const { database } = test_;
  const active = await database<{ status: string }[]>`
    select status from unnest(${[...planStatuses]}::text[]) as deployment_plans(status)
    where ${planIsActive(database)}`;
  expect(active.map(({ status }) => status)).toEqual(planStatuses.filter(isActive));
  const plan = await database.begin(async (sql) => {
    await sql`set local enable_seqscan = off`;
    return sql<{ "QUERY PLAN": string }[]>`
      explain select id from deployment_plans where ${planIsActive(sql)}`;
  });
  expect(JSON.stringify(plan)).toContain("deployment_plans_active");
});
