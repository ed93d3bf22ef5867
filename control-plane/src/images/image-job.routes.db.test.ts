import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { newServer } from "../servers/servers.fixture.ts";
import { newService } from "../services/services.fixture.ts";
import { imageJobRoutes } from "./image-job.routes.ts";
import { type ImageWorld, newImageWorld } from "./image-world.fixture.ts";
import { imagesRoutes } from "./images.routes.ts";

let rig: TestDatabase;
let world: ImageWorld;
let api: TestApi;
let imageId: string;
let serviceId: string;
let counter = 0;

beforeAll(async () => {
  rig = await openTestDatabase();
  world = await newImageWorld(rig.database, "v*, latest");
});
beforeEach(async () => {
  api = testApi(imagesRoutes({ database: rig.database }), imageJobRoutes(rig));
  imageId = await newImage();
  serviceId = await serviceOf(imageId);
});
afterAll(async () => {
  await world.close();
  await rig.close();
});

async function newImage(): Promise<string> {
  counter += 1;
  const { body } = await api.post(`/environments/${world.environmentId}/container-images`, {
    name: "app",
    imageName: `registry.example.com/jobs/app-${counter}`,
  });
  return body.image.id;
}

async function serviceOf(image: string): Promise<string> {
  const serverId = await newServer(rig.database, world.environmentId);
  const name = `service-${newId()}`;
  return newService(rig.database, { serverId, imageId: image, name, tag: "latest" });
}

const put = (body: object) => api.put(`/container-images/${imageId}/job`, body);
const shown = async () => (await api.get(`/container-images/${imageId}`)).body.image.job;
const usual = () => ({ command: ["migrate", "up"], serviceId, timeoutMs: 60_000 });

test("an image has no job, is given one, another one, and none again", async () => {
  expect(await shown()).toBeNull();
  expect((await api.get(`/container-images/${imageId}/job`)).status).toBe(404);
  const { status, body } = await put(usual());
  expect([status, body.job]).toEqual([200, expect.objectContaining(usual())]);
  await put({ ...usual(), command: ["migrate", ""], timeoutMs: 1000 });
  const second = { ...usual(), command: ["migrate", ""], timeoutMs: 1000 };
  expect(await shown()).toMatchObject(second);
  expect((await api.get(`/container-images/${imageId}/job`)).body.job).toMatchObject(second);
  expect((await api.delete(`/container-images/${imageId}/job`)).status).toBe(200);
  expect(await shown()).toBeNull();
  expect((await api.delete(`/container-images/${imageId}/job`)).status).toBe(404);
});

test("what is wrong is said, and changes nothing", async () => {
  await put(usual());
  const other = await serviceOf(await newImage());
  for (const [change, path] of [
    [{ command: [] }, "command"],
    [{ command: [""] }, "command"],
    [{ command: ["a\0b"] }, "command[0]"],
    [{ command: "migrate up" }, "command"],
    [{ timeoutMs: 999 }, "timeoutMs"],
    [{ timeoutMs: 86_400_001 }, "timeoutMs"],
    [{ serviceId: other }, "serviceId"],
    [{ serviceId: newId() }, "serviceId"],
  ] as const) {
    const { status, body } = await put({ ...usual(), ...change });
    expect([status, body.details?.[0]?.path], JSON.stringify(body)).toEqual([400, path]);
  }
  expect(await shown()).toMatchObject(usual());
});

test("a job outlives its service, and says that it has none", async () => {
  await put(usual());
  await rig.database`delete from services where id = ${serviceId}`;
  expect(await shown()).toMatchObject({ serviceId: null, serviceName: null });
});

test("the audit has who gave which job", async () => {
  await put(usual());
  const entries = await rig.database<{ action: string; details: object }[]>`
    select action, details from audit_logs where resource_id = ${imageId} and action like '%job'`;
  expect(entries).toMatchObject([{ action: "set_image_job", details: usual() }]);
});
