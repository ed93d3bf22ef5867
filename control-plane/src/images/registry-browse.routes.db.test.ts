import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { registriesRoutes } from "../registries/registries.routes.ts";
import { registryTypes } from "../registries/registry-type.ts";
import { type ImageWorld, newImageWorld, secrets } from "./image-world.fixture.ts";
import { imagesRoutes } from "./images.routes.ts";
import { registryBrowseRoutes } from "./registry-browse.routes.ts";

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
    secrets,
    images: world.sources,
    connections: world.sources.registries,
  };
  api = testApi(registriesRoutes(parts), registryBrowseRoutes(parts), imagesRoutes(parts));
});
afterAll(async () => {
  await world.close();
  await test_.close();
});

const get = (path: string) => api.get(path);
const post = (path: string, body?: unknown) => api.post(path, body);
const patch = (path: string, body: unknown) => api.patch(path, body);
const remove = (path: string) => api.delete(path);

describe("registries", () => {
  const path = () => `/environments/${world.environmentId}/registries`;

  test.each(registryTypes)("may be of the kind %s", async (type) => {
    const registryUrl = `https://${type}.example.com`;
    const created = await post(path(), { name: `kind ${type}`, type, registryUrl });
    expect(created).toMatchObject({ status: 200, body: { registry: { type } } });
    await remove(`/registries/${created.body.registry.id}`);
  });

  test("a console's or API's address is refused with what to write instead", async () => {
    const wrong = "https://nexus.test/repository/docker-hosted";
    const [nexus, generic] = [
      { name: "console", type: "nexus", registryUrl: wrong },
      { name: "console", type: "generic", registryUrl: wrong },
    ];
    const refusal = {
      status: 400,
      body: {
        error: expect.stringContaining("port of the repository's connector"),
        details: [{ path: "registryUrl" }],
      },
    };
    expect(await post(path(), nexus)).toMatchObject(refusal);
    const { body } = await post(path(), generic);
    const { id } = body.registry;
    expect(await patch(`/registries/${id}`, { type: "nexus" })).toMatchObject(refusal);
    const moved = { type: "nexus", registryUrl: "https://nexus.test:8082" };
    expect((await patch(`/registries/${id}`, moved)).status).toBe(200);
    expect(await patch(`/registries/${id}`, { registryUrl: wrong })).toMatchObject(refusal);
    // What is stored stays editable.
    expect((await patch(`/registries/${id}`, { name: "renamed" })).status).toBe(200);
    await remove(`/registries/${id}`);
  });

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
          lastCheckedAt: null,
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
    const audits = await test_.database`select details from audit_logs where resource_id = ${id}`;
    expect(JSON.stringify(audits)).not.toContain("very-secret");
    const cleared = await patch(`/registries/${id}`, { token: null, username: "" });
    expect(cleared.body.registry).toMatchObject({ hasToken: false, username: null });
    expect((await remove(`/registries/${id}`)).status).toBe(200);
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
      expect((await patch(`/registries/${world.registryId}`, { [field]: true })).status).toBe(422);
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
    const move = (body: object) => patch(`/registries/${id}`, body);
    expect(await move({ registryUrl: "https://two.example.com" })).toMatchObject({
      status: 400,
      body: { code: "credentials_needed" },
    });
    expect((await move({ registryUrl: "https://one.example.com/team" })).status).toBe(200);
    expect((await move({ registryUrl: "https://two.example.com", password: "new" })).status).toBe(
      200,
    );
  });

  test("says when any of its images was checked, though all of them never were", async () => {
    const read = async () => (await get(`/registries/${world.registryId}`)).body.registry;
    world.double.push("app", "v1.0.0", { created: "2026-01-01T00:00:00Z" });
    await world.sync();
    const { lastCheckedAt } = (await get(`/container-images/${world.imageId}`)).body.image;
    expect(lastCheckedAt).not.toBeNull();
    expect(await read()).toMatchObject({ lastRefreshAt: null, lastCheckedAt });
  });

  test("with images attached, deleting is refused", async () => {
    const { body } = await get(`/registries/${world.registryId}`);
    expect(body.registry.imageCount).toBeGreaterThan(0);
    expect(await remove(`/registries/${world.registryId}`)).toMatchObject({
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

  test("a cursor is one that was handed out for that registry: a viewer chooses no path", async () => {
    const [w, other] = await Promise.all([
      newImageWorld(test_.database),
      newImageWorld(test_.database),
    ]);
    for (let count = 0; count < 150; count++) w.double.push(`app-${count}`, "latest");
    w.double.pageSize = 100;
    const list = (registryId: string, cursor: string) =>
      get(`/registries/${registryId}/repositories?cursor=${encodeURIComponent(cursor)}`);
    const first = await get(`/registries/${w.registryId}/repositories`);
    const { nextCursor } = first.body;
    expect(nextCursor).not.toBeNull();
    w.double.takeRequests();
    const chosen = (path: string) => Buffer.from(path).toString("base64url");
    for (const cursor of [
      chosen("/v2/_catalog?n=1"),
      chosen("/v2/_catalog/../secret/tags/list"),
      chosen("1"),
      `${nextCursor.slice(0, -2)}AA`,
      secrets.encrypt("/v2/secret/tags/list").toString("base64url"),
    ]) {
      expect(await list(w.registryId, cursor)).toMatchObject({
        status: 400,
        body: { code: "bad_cursor" },
      });
    }
    expect((await list(other.registryId, nextCursor)).status).toBe(400);
    expect(w.double.requests.length + other.double.requests.length).toBe(0);
    expect((await list(w.registryId, nextCursor)).status).toBe(200);
    await Promise.all([w.close(), other.close()]);
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
    await patch(`/registries/${w.registryId}`, { repositoryPrefix: "team" });
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

test("viewers read, and change nothing; other environments' tokens see nothing", async () => {
  api.actor = { ...api.actor, roles: everywhere("viewer") };
  const refused = [
    await post(`/registries/${world.registryId}/test`),
    await post(`/registries/${world.registryId}/check-updates`),
    await remove(`/registries/${world.registryId}`),
    await patch(`/registries/${world.registryId}`, {}),
  ];
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
  expect((await get(`/registries/${world.registryId}`)).status).toBe(200);
  api.actor = { ...api.actor, roles: [{ environmentId: world.imageId, role: "operator" }] };
  expect((await get(`/registries/${world.registryId}`)).status).toBe(403);
});

describe("a registry's auto-link pattern", () => {
  const images = () => `/environments/${world.environmentId}/container-images`;
  const registries = () => `/environments/${world.environmentId}/registries`;
  const registryOf = async (id: string): Promise<string | null> =>
    (await get(`/container-images/${id}`)).body.image.registryConnectionId;
  const image = async (name: string, more: object = {}): Promise<string> => {
    const imageName = `linked.example.com/${name}`;
    return (await post(images(), { name, imageName, ...more })).body.image.id;
  };
  const registry = async (name: string, autoLinkPattern: string | null): Promise<string> => {
    const body = { name, type: "generic", registryUrl: "https://linked.example.com" };
    return (await post(registries(), { ...body, autoLinkPattern })).body.registry.id;
  };

  test("links the images that were there before, and those that come after", async () => {
    const before = await image("team/before");
    const own = await image("team/own", { registryConnectionId: world.registryId });
    expect(await registryOf(before)).toBeNull();
    const id = await registry("auto", "linked.example.com/team/*");
    expect(await registryOf(before)).toBe(id);
    expect(await registryOf(own)).toBe(world.registryId);
    expect((await get(`/container-images/${before}`)).body.image.updateReason).not.toBe(
      "no_registry",
    );
    const [entry] = await test_.database<{ details: object }[]>`
      select details from audit_logs where action = 'create_registry' and resource_id = ${id}`;
    expect(entry?.details).toMatchObject({ linkedImages: ["linked.example.com/team/before"] });
    expect(await registryOf(await image("team/after"))).toBe(id);
    expect(await registryOf(await image("team/none", { registryConnectionId: null }))).toBeNull();
  });

  test("links them when it is changed, and only then", async () => {
    const waiting = await image("other/waiting");
    const id = await registry("changed", null);
    expect(await registryOf(waiting)).toBeNull();
    await patch(`/registries/${id}`, { autoLinkPattern: "linked.example.com/other/*" });
    expect(await registryOf(waiting)).toBe(id);
    await patch(`/container-images/${waiting}`, { registryConnectionId: null });
    await patch(`/registries/${id}`, { refreshIntervalMinutes: 60 });
    expect(await registryOf(waiting)).toBeNull();
  });

  test("leaves an image to a registry whose pattern is more exact", async () => {
    const exact = await registry("exact", "linked.example.com/exact/*");
    const id = await image("exact/app");
    await patch(`/container-images/${id}`, { registryConnectionId: null });
    await registry("general", "linked.example.com/*");
    expect(await registryOf(id)).toBeNull();
    await patch(`/registries/${exact}`, { autoLinkPattern: "linked.example.com/exact/*" });
    expect(await registryOf(id)).toBe(exact);
  });
});
