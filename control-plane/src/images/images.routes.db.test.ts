import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere } from "../actor.ts";
import { json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { newServer } from "../servers/servers.fixture.ts";
import { newService } from "../services/services.fixture.ts";
import { imageUpdatesRoutes } from "./image-updates.routes.ts";
import { type ImageWorld, newImageWorld } from "./image-world.fixture.ts";
import { imagesRoutes } from "./images.routes.ts";

let test_: TestDatabase;
let world: ImageWorld;
let api: TestApi;

beforeAll(async () => {
  test_ = await openTestDatabase();
  world = await newImageWorld(test_.database, "v*, latest");
});
beforeEach(() => {
  const parts = {
    database: test_.database,
    images: world.sources,
  };
  api = testApi(imagesRoutes(parts), imageUpdatesRoutes(parts));
});
afterAll(async () => {
  await world.close();
  await test_.close();
});

const get = (path: string) => api.get(path);
const post = (path: string, body?: unknown) => api.post(path, body);
const patch = (path: string, body: unknown) => api.patch(path, body);
const remove = (path: string) => api.delete(path);

async function serviceOf(imageId: string, name = `service-${newId()}`): Promise<string> {
  const serverId = await newServer(test_.database, world.environmentId);
  return newService(test_.database, { serverId, imageId, name, tag: "old" });
}

let counter = 0;
async function newImage(fields: object = {}): Promise<{ id: string; imageName: string }> {
  const { status, body } = await post(`/environments/${world.environmentId}/container-images`, {
    name: "image",
    imageName: `registry.example.com/team/image-${counter++}`,
    ...fields,
  });
  expect(status, JSON.stringify(body)).toBe(200);
  return body.image;
}

describe("container images", () => {
  test("are created with defaults, read, listed, changed and deleted", async () => {
    const image = await newImage();
    expect(image).toMatchObject({
      tagFilter: "latest",
      autoUpdate: false,
      updateAvailable: false,
      updateReason: "no_registry",
      registryConnectionId: null,
      deployedDigestId: null,
      deployedDigest: null,
      lastCheckedAt: null,
      services: [],
      digests: [],
      bestTag: null,
      latestDigest: null,
      environmentId: world.environmentId,
    });
    expect((await get(`/container-images/${image.id}`)).body.image).toEqual(image);
    const list = await get(`/environments/${world.environmentId}/container-images?limit=100`);
    expect(list.body.images).toContainEqual(image);
    expect(list.body.total).toBe(list.body.images.length);
    const changed = await patch(`/container-images/${image.id}`, {
      tagFilter: " v*.*.* , latest ",
      autoUpdate: true,
      registryConnectionId: world.registryId,
    });
    expect(changed.body.image).toMatchObject({
      tagFilter: "v*.*.* , latest",
      autoUpdate: true,
      registryConnectionId: world.registryId,
      updateReason: "nothing_deployed",
    });
    expect((await remove(`/container-images/${image.id}`)).status).toBe(200);
    expect((await get(`/container-images/${image.id}`)).status).toBe(404);
  });

  test("one name is one image, however it is written", async () => {
    await newImage({ imageName: "nginx" });
    for (const imageName of ["nginx", "docker.io/library/nginx", "index.docker.io/nginx"]) {
      const again = await post(`/environments/${world.environmentId}/container-images`, {
        name: "again",
        imageName,
      });
      expect(again).toMatchObject({
        status: 409,
        body: { error: "A container image for this image name already exists" },
      });
    }
    const elsewhere = await insertEnvironment(test_.database, newId());
    const other = await post(`/environments/${elsewhere}/container-images`, {
      name: "nginx",
      imageName: "nginx",
    });
    expect(other.status).toBe(200);
  });

  test.each([
    [{ imageName: "app:v1" }],
    [{ imageName: `app@sha256:${"a".repeat(64)}` }],
    [{ imageName: "App" }],
    [{ imageName: "" }],
    [{ imageName: "https://example.com/app" }],
    [{ imageName: 7 }],
    [{ name: "" }],
    [{ tagFilter: " , " }],
    [{ tagFilter: "" }],
    [{ registryConnectionId: newId() }],
    [{ registryConnectionId: "nonsense" }],
    [{ somethingElse: 1 }],
  ])("bad input is refused with what to do: %j", async (fields) => {
    const { status, body } = await post(`/environments/${world.environmentId}/container-images`, {
      name: "image",
      imageName: "example.com/fine",
      ...fields,
    });
    expect(status, JSON.stringify(body)).toBe(400);
    expect(body.details[0].message.length).toBeGreaterThan(5);
  });

  test.each([
    ["deployedDigestId", null],
    ["updateAvailable", true],
    ["lastCheckedAt", null],
    ["status", "x"],
  ])("%s is worked out, not set", async (field, value) => {
    const { status } = await patch(`/container-images/${world.imageId}`, {
      [field]: value,
    });
    expect(status).toBe(422);
  });

  test("another environment's registry is refused, and so is another environment's token", async () => {
    const elsewhere = await newImageWorld(test_.database);
    const linked = await patch(`/container-images/${world.imageId}`, {
      registryConnectionId: elsewhere.registryId,
    });
    expect(linked.status).toBe(400);
    api.actor = {
      ...api.actor,
      roles: [{ environmentId: elsewhere.environmentId, role: "operator" }],
    };
    expect((await get(`/container-images/${world.imageId}`)).status).toBe(403);
    await elsewhere.close();
  });

  test("unknown and malformed ids are 404", async () => {
    for (const id of [newId(), "nonsense", world.registryId]) {
      expect((await get(`/container-images/${id}`)).status).toBe(404);
      expect((await post(`/container-images/${id}/check-updates`)).status).toBe(404);
      expect((await get(`/container-images/${id}/digests`)).status).toBe(404);
    }
  });

  test("viewers read, and change nothing", async () => {
    api.actor = { ...api.actor, roles: everywhere("viewer") };
    expect((await get(`/container-images/${world.imageId}`)).status).toBe(200);
    const refused = [
      await post(`/environments/${world.environmentId}/container-images`, {}),
      await patch(`/container-images/${world.imageId}`, {}),
      await remove(`/container-images/${world.imageId}`),
      await post(`/container-images/${world.imageId}/check-updates`),
    ];
    expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  });

  test("with services linked, deleting is refused", async () => {
    const image = await newImage();
    await serviceOf(image.id);
    expect(await remove(`/container-images/${image.id}`)).toMatchObject({
      status: 400,
      body: { error: "Cannot delete container image: 1 service(s) are still linked" },
    });
  });
});

async function newPlan(imageId: string, status: string): Promise<string> {
  const id = newId();
  await test_.database`
    insert into deployment_plans (id, environment_id, container_image_id, image_name, image_tag,
      image_digest, status, trigger_type, triggered_by, auto_rollback, parallel_execution,
      created_at, started_at, completed_at)
    values (${id}, ${world.environmentId}, ${imageId}, 'app', 'v1', ${`sha256:${"d".repeat(64)}`},
      ${status}, 'manual', 'ann@example.com', true, false, now(), now(),
      now() + interval '45 seconds')`;
  await test_.database`
    insert into plan_targets (plan_id, position, container_image_id, image_name, image_tag,
      image_digest)
    select id, 0, container_image_id, image_name, image_tag, image_digest
    from deployment_plans where id = ${id}`;
  return id;
}

test("history is what plans recorded, the latest first", async () => {
  const image = await newImage();
  const ids: string[] = [];
  for (const status of [
    "completed",
    "failed",
    "rolled_back",
    "cancelled",
    "running",
    "cancelled",
  ]) {
    ids.push(await newPlan(image.id, status));
  }
  await test_.database`
    insert into plan_services (plan_id, position, service_name, server_name, container_name, level,
      rollback_body)
    values (${ids[0] ?? ""}, 0, 'app-api', 'server-1', 'app-api', 0, '{}'),
      (${ids[0] ?? ""}, 1, 'app-worker', 'server-2', 'app-worker', 0, '{}')`;
  for (const position of [0, 1]) {
    await test_.database`
      insert into plan_steps (id, plan_id, position, level, action, status, service_position,
        server_name, timeout_ms, started_at, command_id, body)
      values (${newId()}, ${ids[0] ?? ""}, ${position}, 0, 'deploy', 'success', ${position},
        'server', 1000, now(), ${newId()}, ${json(test_.database, {})})`;
  }
  // The last one was cancelled when it had touched a service already.
  await test_.database`
    insert into plan_services (plan_id, position, service_name, server_name, container_name, level,
      rollback_body)
    values (${ids[5] ?? ""}, 0, 'app-api', 'server-1', 'app-api', 0, '{}')`;
  await test_.database`
    insert into plan_steps (id, plan_id, position, level, action, status, service_position,
      server_name, timeout_ms, started_at, command_id, body)
    values (${newId()}, ${ids[5] ?? ""}, 0, 0, 'deploy', 'success', 0, 'server', 1000, now(),
      ${newId()}, ${json(test_.database, {})})`;
  const { history, total } = (await get(`/container-images/${image.id}/history`)).body;
  expect(total).toBe(4);
  expect(history.map(({ status }: { status: string }) => status)).toEqual([
    "cancelled",
    "rolled_back",
    "failed",
    "success",
  ]);
  expect(history[3]).toEqual({
    id: ids[0],
    planId: ids[0],
    tag: "v1",
    digest: `sha256:${"d".repeat(64)}`,
    status: "success",
    deployedAt: expect.stringMatching(/Z$/),
    deployedBy: "ann@example.com",
    deploymentCount: 2,
    totalDurationMs: 45_000,
    services: [
      { id: null, name: "app-api", serverName: "server-1" },
      { id: null, name: "app-worker", serverName: "server-2" },
    ],
  });
  const first = await get(`/container-images/${image.id}/history?limit=1`);
  expect(first.body.history.length).toBe(1);
});
