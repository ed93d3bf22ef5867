import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { audit, listAudit } from "../identity/audit.store.ts";
import { createPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts, play, type World } from "../plans/plan-world.fixture.ts";
import { listPlans } from "../plans/plans.store.ts";
import { deleteService, listServices } from "../services/services.store.ts";
import { newId } from "./ids.ts";
import { countedRows, foldRowCounts } from "./row-counts.store.ts";
import { openTestDatabase, type TestDatabase } from "./test-database.ts";

let rig: TestDatabase;
let world: World;

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  world = await newWorld(rig.database);
});

const page = { limit: 1, offset: 0 };
const services = async () =>
  (
    await listServices(
      rig.database,
      { of: { environmentId: world.environmentId }, q: null, imageId: null },
      page,
    )
  ).total;
const plans = async (status: "pending" | "completed" | null = null) =>
  (
    await listPlans(rig.database, {
      ...{ environmentId: world.environmentId, status, ...page },
      ...{ containerImageId: null, serviceId: null },
    })
  ).total;
const entries = (
  of: { action?: string; resourceType?: string } = {},
  environmentIds = [world.environmentId],
) =>
  listAudit(rig.database, {
    ...{ action: of.action ?? null, resourceType: of.resourceType ?? null, resourceId: null },
    ...{ environmentIds, ...page },
  }).then(({ total }) => total);

const note = (action: string, resourceType: string) =>
  audit(rig.database, system, {
    ...{ action, resourceType, resourceId: null, resourceName: null },
    environmentId: world.environmentId,
  });

test("services are counted as they come and go", async () => {
  const before = await services();
  await deleteService(rig.database, world.serviceIds[0] ?? "");
  expect(await services()).toBe(before - 1);
});

test("plans are counted by what has become of them", async () => {
  const request = deployOf(world, { execute: false });
  const planId = await createPlan(planParts(rig.database), system, request);
  expect([await plans(), await plans("pending"), await plans("completed")]).toEqual([1, 1, 0]);
  await rig.database`update deployment_plans set error = 'of no matter' where id = ${planId}`;
  expect([await plans("pending"), await plans("completed")]).toEqual([1, 0]);
  const other = await createPlan(planParts(rig.database), system, deployOf(world));
  await play(rig.database, other);
  expect([await plans(), await plans("pending"), await plans("completed")]).toEqual([2, 1, 1]);
  await rig.database`delete from deployment_plans where environment_id = ${world.environmentId}`;
  expect([await plans(), await plans("pending"), await plans("completed")]).toEqual([0, 0, 0]);
});

test("entries of the audit are counted by environment, action and type", async () => {
  const nowhere = await insertEnvironment(rig.database, newId());
  await note("restart", "service");
  await note("restart", "server");
  await note("update", "service");
  expect(await entries()).toBe(3);
  expect(await entries({ action: "restart" })).toBe(2);
  expect(await entries({ resourceType: "service" })).toBe(2);
  expect(await entries({ action: "restart", resourceType: "service" })).toBe(1);
  expect(await entries({}, [nowhere])).toBe(0);
  expect(await entries({}, [nowhere, world.environmentId])).toBe(3);
});

test("what is rolled back was never counted", async () => {
  const before = await services();
  const gone = rig.database.begin(async (sql) => {
    await sql`delete from services where environment_id = ${world.environmentId}`;
    throw new Error("rolled back");
  });
  await expect(gone).rejects.toThrow("rolled back");
  expect(await services()).toBe(before);
});

test("sums stay what they are when changes become one row, also while others write", async () => {
  const of = { environmentIds: [world.environmentId] };
  for (let entry = 0; entry < 5; entry++) await note("restart", "service");
  await foldRowCounts(rig.database);
  const rows = () => rig.database`
    select change from row_counts
    where table_name = 'audit_logs' and environment_id = ${world.environmentId}`;
  expect(await rows()).toMatchObject([{ change: 5 }]);
  await Promise.all([
    foldRowCounts(rig.database),
    foldRowCounts(rig.database),
    ...Array.from({ length: 10 }, () => note("restart", "service")),
  ]);
  expect(await countedRows(rig.database, "audit_logs", of)).toBe(15);
  await foldRowCounts(rig.database);
  expect(await countedRows(rig.database, "audit_logs", of)).toBe(15);
});

test("what nothing is left of leaves no row", async () => {
  await rig.database`delete from services where environment_id = ${world.environmentId}`;
  await foldRowCounts(rig.database);
  expect(
    await rig.database`
    select from row_counts
    where table_name = 'services' and environment_id = ${world.environmentId}`,
  ).toHaveLength(0);
});
