import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { payloads } from "../webhooks/payload.fixture.ts";
import { notificationsRoutes } from "./notifications.routes.ts";
import { insertNotification } from "./notifications.store.ts";

let rig: TestDatabase;
let api: TestApi;
let here: string;
let elsewhere: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  here = await insertEnvironment(rig.database, newId());
  elsewhere = await insertEnvironment(rig.database, newId());
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.database`delete from notifications`;
  api = testApi(notificationsRoutes(rig));
  await as(everywhere("viewer"));
});

async function as(roles: typeof system.roles): Promise<void> {
  const id = newId();
  await rig.database`insert into users (id, email) values (${id}, ${`${id}@bp.test`})`;
  api.actor = { ...system, type: "user", id, roles };
}

const list = async (query = "") => (await api.get(`/notifications${query}`)).body;

test("what happened, the latest first, with how to get there", async () => {
  expect(await list()).toEqual({ notifications: [], total: 0, unread: 0 });
  await insertNotification(rig.database, here, payloads.offline);
  await insertNotification(rig.database, elsewhere, payloads.failed);
  const { notifications, ...counts } = await list();
  expect(counts).toEqual({ total: 2, unread: 2 });
  expect(notifications).toMatchObject([
    { event: "deployment.failed", tone: "bad", path: "/e/production/plans/p", unread: true },
    {
      title: "Server one is offline",
      environment: { name: "production" },
      lines: ["Environment: production"],
    },
  ]);
  expect((await list("?limit=1&offset=1")).notifications).toMatchObject([
    { event: "server.offline" },
  ]);
});

test("each user has a mark of one's own, which does not go back or ahead", async () => {
  await insertNotification(rig.database, here, payloads.offline);
  await insertNotification(rig.database, here, payloads.failed);
  const [second, first] = (await list()).notifications as { id: number }[];
  const read = (upTo: number | undefined) => api.post("/notifications/read", { upTo });
  await read(first?.id);
  expect((await list()).notifications).toMatchObject([{ unread: true }, { unread: false }]);
  await read(0);
  expect(await list()).toMatchObject({ unread: 1 });
  await read((second?.id ?? 0) + 1000);
  expect(await list()).toMatchObject({ unread: 0 });
  await insertNotification(rig.database, here, payloads.offline);
  expect(await list()).toMatchObject({ total: 3, unread: 1 });
  await as(everywhere("viewer"));
  expect(await list()).toMatchObject({ unread: 3 });
});

test("only of environments that one may see", async () => {
  await insertNotification(rig.database, here, payloads.offline);
  await insertNotification(rig.database, elsewhere, payloads.failed);
  await as([{ environmentId: here, role: "viewer" }]);
  expect(await list()).toMatchObject({ total: 1, unread: 1 });
  await as([]);
  expect(await list()).toMatchObject({ notifications: [], total: 0, unread: 0 });
});
