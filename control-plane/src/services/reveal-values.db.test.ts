import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { newServer } from "../inventory/discovered.fixture.ts";
import { revealValuesRoutes } from "./reveal-values.routes.ts";
import { servicesRoutes } from "./services.routes.ts";

let rig: TestDatabase;
let api: TestApi;
let id: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  const parts = { database: rig.database };
  api = testApi(servicesRoutes(parts), revealValuesRoutes(parts));
});
afterAll(() => rig.close());
beforeEach(async () => {
  api.actor = { ...system, roles: everywhere("operator") };
  const envId = await insertEnvironment(rig.database, newId());
  const { serverId } = await newServer(rig.database, envId, "one");
  const image = await findOrCreateImage(rig.database, envId, "nginx:1.27");
  const made = await api.post(`/servers/${serverId}/services`, {
    name: "web",
    containerName: "web",
    containerImageId: image?.id,
    spec: { env: { PASSWORD: "hunter2", URL: "x" }, user: "1000" },
  });
  id = made.body.service.id;
});

const reveal = (body?: unknown) => api.post(`/services/${id}/reveal-values`, body);
const entries = () => rig.database<{ details: object; text: string }[]>`
  select details, details::text as text from audit_logs
  where resource_id = ${id} and action = 'reveal_values'`;

describe("the values of a service's variables", () => {
  test("are told to operators who ask, and the audit has the names", async () => {
    expect(await reveal({ reason: "a look at the URL" })).toEqual({
      status: 200,
      body: { env: { PASSWORD: "hunter2", URL: "x" }, recordedEnv: null },
    });
    const [entry, ...more] = await entries();
    expect(more).toEqual([]);
    expect(entry?.details).toEqual({ names: ["PASSWORD", "URL"], reason: "a look at the URL" });
    expect(entry?.text).not.toContain("hunter2");
  });

  test("are told with those that were recorded, also without a reason or a body", async () => {
    const recorded = json(rig.database, { Env: ["PASSWORD=hunter1", "MORE="] });
    await rig.database`update services set recorded_spec = ${recorded} where id = ${id}`;
    for (const body of [undefined, {}, { reason: null }]) {
      expect((await reveal(body)).body).toEqual({
        env: { PASSWORD: "hunter2", URL: "x" },
        recordedEnv: { PASSWORD: "hunter1", MORE: "" },
      });
    }
    expect((await entries()).map(({ details }) => details)).toEqual(
      Array(3).fill({ names: ["PASSWORD", "URL", "MORE"] }),
    );
  });

  test.each([
    ["viewers", { roles: everywhere("viewer") }, 403],
    [
      "tokens of another environment",
      { roles: [{ environmentId: newId(), role: "operator" as const }] },
      403,
    ],
  ])("are not told to %s", async (_, more, status) => {
    api.actor = { ...api.actor, ...more };
    const answer = await reveal({});
    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer.body)).not.toContain("hunter2");
    expect(await entries()).toEqual([]);
  });
});

describe("a specification that is read, changed and written back", () => {
  const patch = (spec: object) => api.patch(`/services/${id}`, { spec });
  const stored = async () => (await reveal()).body.env;

  test("keeps the values that were hidden", async () => {
    const { spec } = (await api.get(`/services/${id}`)).body.service;
    expect(spec).toEqual({ Env: ["PASSWORD=***", "URL=***"], User: "1000" });
    const answer = await patch({ ...spec, User: "2000" });
    expect(answer).toMatchObject({ status: 200, body: { service: { spec: { User: "2000" } } } });
    expect(await stored()).toEqual({ PASSWORD: "hunter2", URL: "x" });
  });

  test("takes the values that were written, in either language", async () => {
    expect((await patch({ env: { URL: "y", PASSWORD: "***", NEW: "1" } })).status).toBe(200);
    expect(await stored()).toEqual({ URL: "y", PASSWORD: "hunter2", NEW: "1" });
  });

  test("is refused where a hidden value has none that is stored, and stays as it was", async () => {
    const refused = await patch({ Env: ["PASSWORD=***", "OTHER=***"] });
    expect(refused).toMatchObject({
      status: 400,
      body: {
        code: "invalid_spec",
        error: "spec.env.OTHER: *** stands for a stored value, and none is stored under this name",
      },
    });
    expect(await stored()).toEqual({ PASSWORD: "hunter2", URL: "x" });
    const { serverId, containerImageId } = (await api.get(`/services/${id}`)).body.service;
    const made = await api.post(`/servers/${serverId}/services`, {
      ...{ name: "new", containerName: "new", containerImageId },
      spec: { env: { PASSWORD: "***" } },
    });
    expect(made).toMatchObject({ status: 400, body: { code: "invalid_spec" } });
  });
});
