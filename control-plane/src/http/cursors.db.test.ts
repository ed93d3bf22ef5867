import { afterAll, beforeAll, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { auditRoutes } from "../identity/audit.routes.ts";
import { audit } from "../identity/audit.store.ts";
import { imagesRoutes } from "../images/images.routes.ts";
import { createPlan } from "../plans/create-plan.ts";
import {
  addImage,
  deployOf,
  newWorld,
  planParts,
  type World,
} from "../plans/plan-world.fixture.ts";
import { plansRoutes } from "../plans/plans.routes.ts";
import { servicesRoutes } from "../services/services.routes.ts";
import { type TestApi, testApi } from "./api.fixture.ts";

/* Page by page, by offset and by cursor, a list is the same as in one page. */

let rig: TestDatabase;
let world: World;
let api: TestApi;

beforeAll(async () => {
  rig = await openTestDatabase();
  const parts = { database: rig.database };
  api = testApi(
    auditRoutes(parts),
    imagesRoutes(parts),
    servicesRoutes(parts),
    plansRoutes({
      ...planParts(rig.database),
      changes: {} as never,
      secrets: {} as never,
    } as never),
  );
  api.actor = { ...system, roles: everywhere("admin") };
  world = await newWorld(rig.database, { services: 7, servers: 2 });
  for (const name of ["B", "a", "Ä", "b", "z"]) await addImage(rig.database, world, name);
  for (let number = 0; number < 7; number++) {
    await createPlan(planParts(rig.database), system, deployOf(world, { execute: false }));
  }
  // What was made in one transaction has one time: the ids decide.
  await rig.database.begin(async (sql) => {
    for (let number = 0; number < 7; number++) {
      await audit(sql, system, {
        ...{ action: "restart", resourceType: "service", resourceId: null, resourceName: null },
        environmentId: world.environmentId,
      });
    }
  });
  await rig.database`update deployment_plans set created_at = (select min(created_at) from deployment_plans)
    where id in (select id from deployment_plans order by id limit 4)`;
  await rig.database`update services set name = 'same' where name in ('service-1', 'service-2')`;
});
afterAll(() => rig.close());

const lists: [what: string, path: () => string, key: string][] = [
  ["services", () => `/environments/${world.environmentId}/services?`, "services"],
  ["a server's services", () => `/servers/${world.serverIds[0]}/services?`, "services"],
  [
    "services by status",
    () => `/environments/${world.environmentId}/services?status=running&`,
    "services",
  ],
  ["services of a name", () => `/environments/${world.environmentId}/services?q=e&`, "services"],
  ["images", () => `/environments/${world.environmentId}/container-images?`, "images"],
  ["plans", () => `/environments/${world.environmentId}/deployment-plans?`, "plans"],
  [
    "plans by status",
    () => `/environments/${world.environmentId}/deployment-plans?status=pending&`,
    "plans",
  ],
  ["the audit", () => "/audit-logs?", "logs"],
  [
    "the audit of an environment",
    () => `/audit-logs?environmentId=${world.environmentId}&`,
    "logs",
  ],
  ["the audit by action", () => "/audit-logs?action=restart&resourceType=service&", "logs"],
];

test.each(lists)("%s", async (_, path, key) => {
  const { body: whole } = await api.get(`${path()}limit=100`);
  expect(whole.nextCursor).toBe(null);
  expect(whole[key].length).toBe(whole.total);
  expect(whole.total).toBeGreaterThan(2);
  const limit = 2;
  const byCursor: unknown[] = [];
  const byOffset: unknown[] = [];
  let cursor = "";
  do {
    const { body } = await api.get(`${path()}limit=${limit}${cursor}`);
    expect(body.total).toBe(whole.total);
    byCursor.push(...body[key]);
    const offset = await api.get(`${path()}limit=${limit}&offset=${byOffset.length}`);
    byOffset.push(...offset.body[key]);
    cursor = body.nextCursor === null ? "" : `&cursor=${body.nextCursor}`;
  } while (cursor !== "");
  expect(byCursor).toEqual(whole[key]);
  expect(byOffset).toEqual(whole[key]);
});

test("a page goes on where it ended, also when its last row is gone", async () => {
  const path = `/environments/${world.environmentId}/container-images?limit=2`;
  const { body: first } = await api.get(path);
  const { body: second } = await api.get(`${path}&cursor=${first.nextCursor}`);
  await rig.database`delete from services where container_image_id = ${first.images[1].id}`;
  await rig.database`delete from container_images where id = ${first.images[1].id}`;
  const { body: again } = await api.get(`${path}&cursor=${first.nextCursor}`);
  expect(again.images).toEqual(second.images);
});

test.each([
  ["cursor=nothing", "bad_cursor"],
  ["cursor=W10", "bad_cursor"],
  ["cursor=x&offset=1", "cursor_with_offset"],
])("what no page begins with is refused: %s", async (query, code) => {
  for (const [, path] of lists) {
    expect(await api.get(`${path()}${query}`)).toMatchObject({ status: 400, body: { code } });
  }
});

test("services by project have no cursor", async () => {
  const path = `/environments/${world.environmentId}/services?limit=1`;
  const { body } = await api.get(path);
  const byProject = `${path}&sort=composeProject`;
  expect((await api.get(byProject)).body.nextCursor).toBe(null);
  expect(await api.get(`${byProject}&cursor=${body.nextCursor}`)).toMatchObject({
    status: 400,
    body: { code: "cursor_with_sort" },
  });
});
