import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { errorAnswer } from "../http/errors.ts";
import { router } from "../http/routes.ts";
import { type Role, system } from "../identity/actor.ts";
import { registriesRoutes } from "../registries/registries.routes.ts";
import { imageUpdatesRoutes } from "./image-updates.routes.ts";
import { type ImageWorld, newImageWorld, secrets } from "./image-world.fixture.ts";
import { imagesRoutes } from "./images.routes.ts";
import { registryBrowseRoutes } from "./registry-browse.routes.ts";

let test_: TestDatabase;
let world: ImageWorld;
let role: Role;
let environmentIds: string[] | null;

beforeAll(async () => {
  test_ = await openTestDatabase();
  world = await newImageWorld(test_.database, "v*, latest");
});
beforeEach(() => {
  role = "operator";
  environmentIds = null;
});
afterAll(async () => {
  await world.close();
  await test_.close();
});

// biome-ignore lint/suspicious/noExplicitAny: answers are looked at field by field
type Answer = { status: number; body: any };

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const app = router();
  const log = pino({ level: "silent" });
  app.onError((error, c) => errorAnswer(error, c, log));
  app.use(async (c, next) => {
    c.set("actor", { ...system, role, environmentIds });
    await next();
  });
  const parts = {
    database: test_.database,
    secrets,
    images: world.sources,
    connections: world.sources.registries,
  };
  for (const routes of [
    registriesRoutes(parts),
    registryBrowseRoutes(parts),
    imagesRoutes(parts),
    imageUpdatesRoutes(parts),
  ]) {
    app.route("/api", routes);
  }
  const response = await app.request(`/api${path}`, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  return { status: response.status, body: await response.json() };
}

const get = (path: string) => call("GET", path);
const post = (path: string, body?: unknown) => call("POST", path, body);

async function newServer(environmentId: string): Promise<string> {
  const id = newId();
  await test_.database`
    insert into servers (id, environment_id, name, status, last_seen_at)
    values (${id}, ${environmentId}, ${`server ${id}`}, 'online', now())`;
  return id;
}

async function newService(imageId: string, name = `service-${newId()}`): Promise<string> {
  const serverId = await newServer(world.environmentId);
  const id = newId();
  await test_.database`
    insert into services (id, environment_id, server_id, name, container_name, container_image_id,
      image_tag, discovery_status, ever_found)
    values (${id}, ${world.environmentId}, ${serverId}, ${name}, ${name}, ${imageId}, 'old',
      'found', true)`;
  return id;
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
    const changed = await call("PATCH", `/container-images/${image.id}`, {
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
    expect((await call("DELETE", `/container-images/${image.id}`)).status).toBe(200);
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
    const { status } = await call("PATCH", `/container-images/${world.imageId}`, {
      [field]: value,
    });
    expect(status).toBe(422);
  });

  test("another environment's registry is refused, and so is another environment's token", async () => {
    const elsewhere = await newImageWorld(test_.database);
    const linked = await call("PATCH", `/container-images/${world.imageId}`, {
      registryConnectionId: elsewhere.registryId,
    });
    expect(linked.status).toBe(400);
    environmentIds = [elsewhere.environmentId];
    expect((await get(`/container-images/${world.imageId}`)).status).toBe(403);
    expect((await get(`/registries/${world.registryId}`)).status).toBe(403);
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
    role = "viewer";
    expect((await get(`/container-images/${world.imageId}`)).status).toBe(200);
    for (const [method, path] of [
      ["POST", `/environments/${world.environmentId}/container-images`],
      ["PATCH", `/container-images/${world.imageId}`],
      ["DELETE", `/container-images/${world.imageId}`],
      ["POST", `/container-images/${world.imageId}/check-updates`],
      ["POST", `/registries/${world.registryId}/test`],
      ["DELETE", `/registries/${world.registryId}`],
    ] as const) {
      expect((await call(method, path, {})).status, `${method} ${path}`).toBe(403);
    }
  });

  test("with services linked, deleting is refused", async () => {
    const image = await newImage();
    await newService(image.id);
    expect(await call("DELETE", `/container-images/${image.id}`)).toMatchObject({
      status: 400,
      body: { error: "Cannot delete container image: 1 service(s) are still linked" },
    });
  });
});

describe("updates", () => {
  test("a check reports, records, and shows in the image and its digests", async () => {
    const one = world.double.push("app", "v1.0.0", { created: "2026-01-01T00:00:00Z" });
    const two = world.double.push("app", "v1.1.0", { created: "2026-02-01T00:00:00Z" });
    world.double.repository("app").tags.set("latest", two);
    const check = await post(`/container-images/${world.imageId}/check-updates`);
    expect(check).toMatchObject({
      status: 200,
      body: {
        hasUpdate: false,
        tagFilter: "v*, latest",
        newestDigest: two,
        newest: { manifestDigest: two, tags: ["latest", "v1.1.0"], bestTag: "latest" },
        newDigests: 2,
        updatedDigests: 0,
        lastCheckedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        notes: [],
      },
    });
    await world.deploy(one);
    const again = await post(`/container-images/${world.imageId}/check-updates`);
    expect(again.body).toMatchObject({ hasUpdate: true, reason: "newer_digest", newDigests: 0 });
    const { image } = (await get(`/container-images/${world.imageId}`)).body;
    expect(image).toMatchObject({
      updateAvailable: true,
      bestTag: "v1.0.0",
      deployedDigest: one,
      deployed: { manifestDigest: one, deployed: true },
      latestDigest: two,
      latest: { manifestDigest: two, deployed: false },
      lastCheckedAt: again.body.lastCheckedAt,
    });
    const { digests, total } = (await get(`/container-images/${world.imageId}/digests?limit=1`))
      .body;
    expect(total).toBe(2);
    expect(digests).toEqual([
      expect.objectContaining({
        manifestDigest: two,
        pushedAt: "2026-02-01T00:00:00.000Z",
        platforms: ["linux/amd64"],
        deployed: false,
      }),
    ]);
  });

  test("without a registry there is nothing to check or browse", async () => {
    const image = await newImage();
    const refusal = {
      status: 400,
      body: { error: "No registry connection configured for this image" },
    };
    expect(await post(`/container-images/${image.id}/check-updates`)).toMatchObject(refusal);
    expect(await get(`/container-images/${image.id}/tags`)).toMatchObject(refusal);
  });

  test("a registry that does not have it is a 502 that says what to do, and the image's error", async () => {
    const image = await newImage({ registryConnectionId: world.registryId });
    const check = await post(`/container-images/${image.id}/check-updates`);
    expect(check).toMatchObject({ status: 502, body: { code: "registry_not_found" } });
    expect(check.body.error).toContain("registry.example.com");
    const read = await get(`/container-images/${image.id}`);
    expect(read.body.image).toMatchObject({ lastError: check.body.error, lastCheckedAt: null });
  });

  test("the browser pages through every tag, matching or not", async () => {
    const w = await newImageWorld(test_.database, "v*");
    for (let number = 0; number < 30; number++) w.double.push("app", `v1.${number}.0`);
    w.double.push("app", "nightly");
    await w.sync();
    const seen: { tag: string; matchesFilter: boolean; digestId: string | null; size: number }[] =
      [];
    let cursor: string | null = null;
    do {
      const page: Answer = await get(
        `/container-images/${w.imageId}/tags${cursor === null ? "" : `?cursor=${cursor}`}`,
      );
      expect(page.status, JSON.stringify(page.body)).toBe(200);
      seen.push(...page.body.tags);
      cursor = page.body.nextCursor;
    } while (cursor !== null);
    expect(seen.length).toBe(31);
    expect(new Set(seen.map(({ tag }) => tag)).size).toBe(31);
    expect(seen[0]).toMatchObject({ tag: "v1.29.0", matchesFilter: true });
    expect(seen[0]?.digestId).not.toBeNull();
    const nightly = seen.find(({ tag }) => tag === "nightly");
    expect(nightly).toMatchObject({ matchesFilter: false, digestId: null });
    expect(nightly?.size).toBeGreaterThan(1000);
    expect((await get(`/container-images/${w.imageId}/tags?cursor=nonsense`)).status).toBe(400);
    await w.close();
  });
});

describe("linking", () => {
  test("a service gets the image's current tag and leaves the other image", async () => {
    const image = await newImage({ tagFilter: "v*" });
    const other = await newImage();
    const digestId = newId();
    await test_.database`
      insert into image_digests (id, container_image_id, manifest_digest, tags, pushed_at)
      values (${digestId}, ${image.id}, ${`sha256:${"e".repeat(64)}`}, ${["v3", "v3.1"]}, now())`;
    const serviceId = await newService(other.id);
    const linkable = await get(`/container-images/${image.id}/linkable-services?limit=100`);
    expect(linkable.body.services.map(({ id }: { id: string }) => id)).toContain(serviceId);
    const linked = await post(`/container-images/${image.id}/link/${serviceId}`);
    expect(linked).toMatchObject({
      status: 200,
      body: { service: { containerImageId: image.id, imageTag: "v3.1", deployedDigestId: null } },
    });
    const after = await get(`/container-images/${image.id}/linkable-services?limit=100`);
    expect(after.body.services.map(({ id }: { id: string }) => id)).not.toContain(serviceId);
    const { services } = (await get(`/container-images/${image.id}`)).body.image;
    expect(services).toMatchObject([{ id: serviceId, imageTag: "v3.1", runningDigest: null }]);
  });

  test("only within an environment, and what exists", async () => {
    const elsewhere = await newImageWorld(test_.database);
    const serviceId = await newService(world.imageId);
    expect(await post(`/container-images/${elsewhere.imageId}/link/${serviceId}`)).toMatchObject({
      status: 400,
      body: { error: "Service must be in the same environment as the container image" },
    });
    expect((await post(`/container-images/${world.imageId}/link/${newId()}`)).status).toBe(404);
    expect((await post(`/container-images/${newId()}/link/${serviceId}`)).status).toBe(404);
    await elsewhere.close();
  });

  test("not while a plan is at work on the service", async () => {
    const image = await newImage();
    const serviceId = await newService(image.id);
    const planId = await newPlan(image.id, "running");
    await test_.database`
      insert into plan_services (plan_id, position, service_id, service_name, server_name,
        container_name, level, rollback_body, active)
      values (${planId}, 0, ${serviceId}, 'app', 'server', 'app', 0, '{}', true)`;
    expect(await post(`/container-images/${world.imageId}/link/${serviceId}`)).toMatchObject({
      status: 409,
      body: { code: "service_in_plan" },
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
  return id;
}

test("history is what plans recorded, the latest first", async () => {
  const image = await newImage();
  const ids: string[] = [];
  for (const status of ["completed", "failed", "rolled_back", "cancelled", "running"]) {
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
  const { history, total } = (await get(`/container-images/${image.id}/history`)).body;
  expect(total).toBe(3);
  expect(history.map(({ status }: { status: string }) => status)).toEqual([
    "rolled_back",
    "failed",
    "success",
  ]);
  expect(history[2]).toEqual({
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

describe("registries", () => {
  const path = () => `/environments/${world.environmentId}/registries`;

  test("are created with defaults, and never show their secrets", async () => {
    const created = await post(path(), {
      name: "hub",
      type: "dockerhub",
      registryUrl: "docker.io",
      username: "ann",
      token: "very-secret",
    });
    expect(created).toMatchObject({
      status: 200,
      body: {
        registry: {
          hasToken: true,
          hasPassword: false,
          isDefault: false,
          refreshIntervalMinutes: 30,
          lastRefreshAt: null,
          imageCount: 0,
        },
      },
    });
    expect(JSON.stringify(created.body)).not.toContain("very-secret");
    const { id } = created.body.registry;
    const [row] = await test_.database<{ token: Buffer }[]>`
      select token from registries where id = ${id}`;
    expect(row?.token.toString("latin1")).not.toContain("very-secret");
    expect(secrets.decrypt(row?.token ?? Buffer.alloc(0))).toBe("very-secret");
    expect(await world.sources.registries.credentialsFor(id, "nginx:1.27")).toEqual({
      username: "ann",
      password: "very-secret",
      registryHost: "docker.io",
      identityToken: null,
    });
    expect(await world.sources.registries.credentialsFor(id, "evil.example.com/nginx")).toBeNull();

    const audits = await test_.database`select details from audit_logs where resource_id = ${id}`;
    expect(JSON.stringify(audits)).not.toContain("very-secret");
    const cleared = await call("PATCH", `/registries/${id}`, { token: null, username: "" });
    expect(cleared.body.registry).toMatchObject({ hasToken: false, username: null });
    expect((await call("DELETE", `/registries/${id}`)).status).toBe(200);
    expect((await get(`/registries/${id}`)).status).toBe(404);
  });

  test("a name is taken once, and there is one default", async () => {
    const first = await post(path(), { name: "one", registryUrl: "localhost:1", isDefault: true });
    expect(first.body.registry).toMatchObject({ type: "generic", isDefault: true });
    expect((await post(path(), { name: "ONE", registryUrl: "localhost:1" })).status).toBe(409);
    const second = await post(path(), { name: "two", registryUrl: "localhost:2", isDefault: true });
    expect(second.body.registry.isDefault).toBe(true);
    const again = await get(`/registries/${first.body.registry.id}`);
    expect(again.body.registry.isDefault).toBe(false);
    const list = await get(path());
    expect(list.body.registries.map(({ name }: { name: string }) => name)).toEqual([
      "one",
      "registry",
      "two",
    ]);
  });

  test.each([
    [{ registryUrl: "ftp://x" }],
    [{ registryUrl: "https://user:pw@host" }],
    [{ registryUrl: "" }],
    [{ type: "nonsense" }],
    [{ refreshIntervalMinutes: 4 }],
    [{ refreshIntervalMinutes: 1441 }],
    [{ refreshIntervalMinutes: 5.5 }],
    [{ token: "" }],
    [{ name: " " }],
    [{ surprise: true }],
  ])("bad input is refused: %j", async (fields) => {
    const { status, body } = await post(path(), {
      name: "x",
      registryUrl: "localhost:1",
      ...fields,
    });
    expect(status, JSON.stringify(body)).toBe(400);
    expect(body.details.length).toBeGreaterThan(0);
  });

  test("what is worked out is not set", async () => {
    for (const field of ["hasToken", "lastRefreshAt", "lastError"]) {
      expect(
        (await call("PATCH", `/registries/${world.registryId}`, { [field]: true })).status,
      ).toBe(422);
    }
  });

  test("a stored secret does not move to another host", async () => {
    const created = await post(path(), {
      name: "moving",
      registryUrl: "https://one.example.com",
      username: "ann",
      password: "secret",
    });
    const { id } = created.body.registry;
    const patch = (body: object) => call("PATCH", `/registries/${id}`, body);
    expect(await patch({ registryUrl: "https://two.example.com" })).toMatchObject({
      status: 400,
      body: { code: "credentials_needed" },
    });
    expect((await patch({ registryUrl: "https://one.example.com/team" })).status).toBe(200);
    expect((await patch({ registryUrl: "https://two.example.com", password: "new" })).status).toBe(
      200,
    );
  });

  test("with images attached, deleting is refused", async () => {
    const { body } = await get(`/registries/${world.registryId}`);
    expect(body.registry.imageCount).toBeGreaterThan(0);
    expect(await call("DELETE", `/registries/${world.registryId}`)).toMatchObject({
      status: 400,
      body: {
        error: `Cannot delete registry connection with ${body.registry.imageCount} container image(s) attached`,
      },
    });
  });

  test("trying one out says which step failed and what to do", async () => {
    const good = await post(`/registries/${world.registryId}/test`);
    expect(good).toMatchObject({ status: 200, body: { ok: true, failedStep: null } });
    expect(good.body.latencyMs).toBeGreaterThanOrEqual(0);

    const gone = await post(path(), { name: "gone", registryUrl: "127.0.0.1:1" });
    expect(await post(`/registries/${gone.body.registry.id}/test`)).toMatchObject({
      status: 200,
      body: {
        ok: false,
        failedStep: "connect",
        message: expect.stringContaining("Nothing listens"),
      },
    });

    world.double.login = { kind: "basic", username: "ann", password: "right" };
    const wrong = await post(path(), {
      name: "wrong",
      registryUrl: world.double.origin,
      username: "ann",
      password: "wrong",
    });
    expect(await post(`/registries/${wrong.body.registry.id}/test`)).toMatchObject({
      body: {
        ok: false,
        failedStep: "login",
        message: expect.stringContaining("enter them again"),
      },
    });
    world.double.login = { kind: "none" };
  });

  test("repositories and their tags are browsed, those below the prefix", async () => {
    const w = await newImageWorld(test_.database);
    for (const name of ["team/one", "team/two", "other/three"]) w.double.push(name, "v1");
    const all = await get(`/registries/${w.registryId}/repositories`);
    expect(all.body).toMatchObject({
      repositories: [{ name: "other/three" }, { name: "team/one" }, { name: "team/two" }],
      nextCursor: null,
    });
    expect(all.body.repositories[1].imageName).toBe(`${w.double.domain}/team/one`);
    await call("PATCH", `/registries/${w.registryId}`, { repositoryPrefix: "team" });
    const below = await get(`/registries/${w.registryId}/repositories`);
    expect(below.body.repositories.length).toBe(2);
    w.double.pageSize = 1;
    const paged = await get(`/registries/${w.registryId}/repositories`);
    expect(paged.body.repositories.length).toBe(2);

    const tags = await get(`/registries/${w.registryId}/repositories/team%2Fone/tags`);
    expect(tags.body.tags).toMatchObject([{ tag: "v1", digestId: null }]);
    const none = await get(`/registries/${w.registryId}/repositories/team%2Fnone/tags`);
    expect(none.status).toBe(502);
    const bad = await get(`/registries/${w.registryId}/repositories/..%2F..%2Fadmin/tags`);
    expect(bad.status).toBe(400);
    await w.close();
  });

  test("checking all of its images: one that fails does not stop the others", async () => {
    const w = await newImageWorld(test_.database, "*");
    w.double.push("app", "v1");
    const missing = await post(`/environments/${w.environmentId}/container-images`, {
      name: "missing",
      imageName: `${w.double.domain}/missing`,
      registryConnectionId: w.registryId,
    });
    const checked = await post(`/registries/${w.registryId}/check-updates`);
    expect(checked.body.summary).toEqual({ checked: 2, withUpdates: 0, errors: 1 });
    expect(checked.body.results).toContainEqual(
      expect.objectContaining({ imageId: w.imageId, newDigests: 1, error: null }),
    );
    expect(checked.body.results).toContainEqual(
      expect.objectContaining({
        imageId: missing.body.image.id,
        error: expect.stringContaining("does not exist"),
      }),
    );
    const { registry } = (await get(`/registries/${w.registryId}`)).body;
    expect(registry.lastRefreshAt).not.toBeNull();
    expect(registry.budget.requests).toBeGreaterThan(0);
    await w.close();
  });
});
