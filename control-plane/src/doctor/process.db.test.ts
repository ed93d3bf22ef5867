import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { processRoutes } from "./process.routes.ts";

let rig: TestDatabase;
let api: TestApi;
const routes = (heapSnapshots: boolean) => {
  const parts = { database: rig.database, version: "1.0.0", agentsConnected: () => 3 };
  const open = testApi(processRoutes({ ...parts, heapSnapshots }));
  open.actor = { ...system, roles: everywhere("admin") };
  return open;
};
beforeAll(async () => {
  rig = await openTestDatabase();
});
beforeEach(() => {
  api = routes(false);
});
afterAll(() => rig.close());

const audited = async () =>
  (await rig.database<{ action: string }[]>`select action from audit_logs order by at`).map(
    ({ action }) => action,
  );

test("says how the process and its database are", async () => {
  const { status, body } = await api.get("/system");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    ...{ version: "1.0.0", processId: process.pid, node: process.version, agentsConnected: 3 },
    heapSnapshots: false,
  });
  expect(body.database.size).toBeGreaterThan(1_000_000);
  expect(body.database.connections).toBeGreaterThan(0);
  expect(body.database.connections).toBeLessThanOrEqual(body.database.connectionLimit);
  expect(body.memory.resident).toBeGreaterThan(body.memory.heapUsed);
  expect(new Date(body.startedAt).getTime()).toBeLessThan(Date.now());
  expect(JSON.stringify(body)).not.toContain("null");
});

test("takes one profile at a time, in which is what was done", async () => {
  const first = api.post("/system/profile", { seconds: 0.5 });
  const others = await Promise.all([
    api.post("/system/profile", { seconds: 0.5 }),
    api.post("/system/profile", { seconds: 0.5 }),
  ]);
  const { status, body } = await first;
  const all = [status, ...others.map(({ status }) => status)].sort();
  expect(all).toEqual([200, 409, 409]);
  const profile = [{ status, body }, ...others].find(({ status }) => status === 200)?.body;
  expect(profile.nodes.length).toBeGreaterThan(1);
  expect(profile.endTime).toBeGreaterThan(profile.startTime);
  expect((await api.post("/system/profile", { seconds: 0.1 })).status).toBe(200);
  expect((await api.post("/system/profile", { seconds: 600 })).body.error).toMatch(
    /^seconds: must be at most 60/,
  );
  expect(await audited()).toContain("profile");
});

test("a copy of the memory is refused with the reason, unless it is allowed", async () => {
  const refused = await api.post("/system/heap-snapshot");
  expect(refused).toMatchObject({ status: 403, body: { code: "heap_snapshots_off" } });
  expect(refused.body.error).toContain("BRIDGEPORT_HEAP_SNAPSHOTS=on");
  expect(await audited()).not.toContain("heap_snapshot");
});

test("is for administrators of all environments alone", async () => {
  const here = "00000000-0000-4000-8000-000000000001";
  api.actor = { ...system, roles: [{ environmentId: here, role: "admin" }] };
  for (const ask of [
    () => api.get("/system"),
    () => api.post("/system/profile", { seconds: 0.1 }),
    () => api.post("/system/heap-snapshot"),
  ]) {
    expect((await ask()).status).toBe(403);
  }
});
