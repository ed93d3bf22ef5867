import { afterAll, beforeAll, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { containersRoutes } from "./containers.routes.ts";
import { newServer, reportOf, reportTo } from "./discovered.fixture.ts";

let rig: TestDatabase;
let api: TestApi;

beforeAll(async () => {
  rig = await openTestDatabase();
  api = testApi(containersRoutes(rig));
  api.actor = { ...system, roles: everywhere("viewer") };
});
afterAll(() => rig.close());

test("what runs on a server is shown, and why some of it is no service", async () => {
  const { serverId } = await newServer(
    rig.database,
    await insertEnvironment(rig.database, newId()),
    "one",
  );
  await reportTo(rig.database, serverId, {
    kind: "complete",
    containers: [
      reportOf("web"),
      reportOf("bridgeport-agent", { self: true }),
      reportOf("hidden", { labels: { "bridgeport.ignore": "true" } }),
      reportOf("0123456789ab_web", { state: "created", startedAt: null }),
    ],
  });
  const answer = await api.get(`/servers/${serverId}/containers`);
  expect(answer.status).toBe(200);
  expect(answer.body.total).toBe(4);
  expect(answer.body.containers).toMatchObject([
    { name: "0123456789ab_web", service: null, noServiceReason: "transient", startedAt: null },
    { name: "bridgeport-agent", service: null, noServiceReason: "agent" },
    { name: "hidden", service: null, noServiceReason: "ignored" },
    { name: "web", service: { name: "web" }, noServiceReason: null, state: "running" },
  ]);
  const page = await api.get(`/servers/${serverId}/containers?limit=1&offset=3`);
  expect(page.body).toMatchObject({ containers: [{ name: "web" }], total: 4 });
});

test("the containers of a server that is not there are not found", async () => {
  expect((await api.get(`/servers/${newId()}/containers`)).status).toBe(404);
});
