import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import {
  buildImage,
  deleteManifest,
  type PushedImage,
  pushImage,
  pushTag,
} from "../harness/images.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import { type RegistryProxy, startRegistryProxy } from "../harness/registry-proxy.ts";
import type { ContainerImage, RegistryConnection, SyncResult } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

const secret = "what both sides know";
let site: Site;
let proxy: RegistryProxy;
/** To the registry by way of the proxy, so that its requests can be counted. */
let counted: RegistryConnection;
let rolling: Rollout;

beforeAll(async () => {
  const env = { WEBHOOK_SECRET: secret, HARBOR_WEBHOOK_SECRET: `Harbor's ${secret}` };
  site = await startSite({ env });
  proxy = await startRegistryProxy(site.registry.host);
  counted = await site.connect(proxy.host);
  rolling = rollout(site, counted.id);
});
beforeEach(() => proxy.clear());
afterAll(async () => {
  await proxy?.close();
  await site?.remove();
});

const push = (repository: string, tags: string | string[], version: string, more = {}) =>
  pushImage({ host: proxy.host }, repository, tags, {
    version,
    health: "healthy",
    created: `2026-0${version}-01T00:00:00Z`,
    ...more,
  });

const sync = (image: ContainerImage) =>
  site.api.post<SyncResult>(`/api/container-images/${image.id}/check-updates`);

const read = async (image: ContainerImage): Promise<ContainerImage> =>
  (await site.api.get<{ image: ContainerImage }>(`/api/container-images/${image.id}`)).image;

const filter = (image: ContainerImage, tagFilter: string) =>
  site.api.patch(`/api/container-images/${image.id}`, { tagFilter });

/** Tells the product about a repository that no container runs. */
async function track(
  repository: string,
  tagFilter: string,
  connection: RegistryConnection = counted,
): Promise<ContainerImage> {
  const host = new URL(connection.registryUrl).host;
  const { image } = await site.api.post<{ image: ContainerImage }>(
    `/api/environments/${site.environment.id}/container-images`,
    {
      name: repository,
      imageName: `${host}/${repository}`,
      tagFilter,
      registryConnectionId: connection.id,
    },
  );
  return image;
}

const tagsOf = (image: ContainerImage, pushed: PushedImage) => digestRow(image, pushed).tags;

describe("tags that change", () => {
  test("a rolling tag moves from digest to digest, and back", async () => {
    const one = await push("sync/rolling", ["v1", "latest"], "1");
    await site.docker.run("run", "-d", "--name", "rolling", one.reference);
    const service = await site.service("rolling");
    let image = await rolling.synced(one.name, "latest, v*");
    expect(tagsOf(image, one)).toEqual(["latest", "v1"]);
    await rolling.deploy(image.id, { tag: "latest" });
    expect(await read(image)).toMatchObject({
      deployedDigest: one.digest,
      updateAvailable: false,
      updateReason: "up_to_date",
    });

    const two = await push("sync/rolling", "latest", "2");
    expect(await sync(image)).toMatchObject({ hasUpdate: true, newDigests: 1, updatedDigests: 1 });
    image = await read(image);
    expect([tagsOf(image, one), tagsOf(image, two)]).toEqual([["v1"], ["latest"]]);
    expect(image).toMatchObject({ updateAvailable: true, latestDigest: two.digest });
    expect(image.digests.map(({ manifestDigest }) => manifestDigest)).toEqual([
      two.digest,
      one.digest,
    ]);

    await pushTag({ host: proxy.host }, one, "latest");
    expect(await sync(image)).toMatchObject({ hasUpdate: false, newDigests: 0, updatedDigests: 2 });
    image = await read(image);
    expect([tagsOf(image, one), tagsOf(image, two)]).toEqual([["latest", "v1"], []]);
    expect(image).toMatchObject({ updateAvailable: false, latestDigest: one.digest });
    expect((await site.service("rolling")).id).toBe(service.id);
  });

  test("tags that are deleted leave the row of what is deployed", async () => {
    const one = await push("sync/deleted", ["v1", "stable"], "1");
    const two = await push("sync/deleted", "v2", "2");
    await site.docker.run("run", "-d", "--name", "deleted", one.reference);
    await site.service("deleted");
    const image = await rolling.synced(one.name);
    await rolling.deploy(image.id, { tag: "v1" });
    expect((await read(image)).updateAvailable).toBe(true);

    for (const { digest } of [one, two])
      await deleteManifest(site.registry, "sync/deleted", digest);
    expect(await sync(image)).toMatchObject({ hasUpdate: false, newDigests: 0, updatedDigests: 2 });
    const after = await read(image);
    expect([tagsOf(after, one), tagsOf(after, two)]).toEqual([[], []]);
    expect(after).toMatchObject({ deployedDigest: one.digest, updateAvailable: false });
    expect(await site.service("deleted")).toMatchObject({
      deployedDigest: one.digest,
      runningDigest: one.digest,
      drift: null,
    });
  });
});

test("a broader filter fills up at the next check, a tighter one keeps rows that do not count", async () => {
  const one = await push("sync/filter", "v1.0.0", "1");
  const two = await push("sync/filter", "v2.0.0", "2");
  const main = await push("sync/filter", ["main", "v3.0.0-rc1"], "3");
  await site.docker.run("run", "-d", "--name", "filter", one.reference);
  await site.service("filter");
  const image = await rolling.synced(one.name, "v1.*");
  expect(image.digests.map(({ tags }) => tags)).toEqual([["v1.0.0"]]);
  await rolling.deploy(image.id, { tag: "v1.0.0" });
  expect((await read(image)).updateAvailable).toBe(false);

  await filter(image, "v*.*.*, main");
  expect((await read(image)).digests).toHaveLength(1);
  expect(await sync(image)).toMatchObject({ hasUpdate: true, newDigests: 2 });
  const broad = await read(image);
  // A version pattern takes in no pre-release, so of the third only the other tag is known.
  expect(broad.digests.map(({ tags }) => tags)).toEqual([["main"], ["v2.0.0"], ["v1.0.0"]]);
  expect(broad).toMatchObject({ updateAvailable: true, latestDigest: main.digest });

  await filter(image, "v1.*");
  const tight = await read(image);
  expect(tight.digests).toHaveLength(3);
  expect(tight).toMatchObject({ updateAvailable: false, latestDigest: one.digest });
  expect(await sync(image)).toMatchObject({ hasUpdate: false, newDigests: 0, updatedDigests: 0 });
  expect((await read(image)).digests).toHaveLength(3);

  await filter(image, "v*.*.*");
  expect(await read(image)).toMatchObject({ updateAvailable: true, latestDigest: two.digest });
});

test("an image for several platforms is one row, and its containers are recognised by it", async () => {
  const built = buildImage({
    version: "1",
    platforms: ["linux/arm64/v8", "linux/amd64"],
    health: "healthy",
    created: "2026-01-01T00:00:00Z",
  });
  const one = await pushImage({ host: proxy.host }, "sync/index", "v1", built);
  const amd64 = built.platforms.find(({ platform }) => platform === "linux/amd64");
  await site.docker.run("run", "-d", "--name", "by-tag", one.reference);
  await site.docker.run(
    ...["run", "-d", "--name", "by-platform", `${one.name}@${amd64?.manifest.digest}`],
  );
  await Promise.all([site.service("by-tag"), site.service("by-platform")]);
  const image = await rolling.synced(one.name);
  expect(image.digests).toMatchObject([
    {
      manifestDigest: one.digest,
      platforms: ["linux/arm64", "linux/amd64"],
      configDigest: amd64?.config.digest,
      size: amd64?.size,
      mediaType: one.mediaType,
    },
  ]);
  for (const name of ["by-tag", "by-platform"]) {
    expect(await site.service(name)).toMatchObject({ runningDigest: one.digest });
  }
  const plan = await rolling.deploy(image.id, { tag: "v1" });
  expect(plan).toMatchObject({ status: "completed", imageDigest: one.digest });
  for (const name of ["by-tag", "by-platform"]) {
    expect(await site.service(name)).toMatchObject({
      runningDigest: one.digest,
      deployedDigest: one.digest,
      drift: null,
    });
    expect((await site.docker.inspect(name)).Image).toBe(site.engine.imageId(one, 1));
  }
});

describe("what a check costs the registry", () => {
  test("1,000 unchanged tags: the list and 1,000 HEADs on kept connections, no GET", async () => {
    await site.api.patch("/api/settings/system", { registryMaxTags: 1000 });
    const tags = Array.from({ length: 1000 }, (_, at) => `build-${String(at).padStart(4, "0")}`);
    await Promise.all(
      [0, 250, 500, 750].map((from) =>
        pushImage(site.registry, "sync/many", tags.slice(from, from + 250), {
          version: String(from % 500),
        }),
      ),
    );
    const image = await track("sync/many", "build-*");
    expect(await sync(image)).toMatchObject({ newDigests: 2, tags: { checked: 1000 } });
    proxy.clear();

    expect(await sync(image)).toMatchObject({
      newDigests: 0,
      updatedDigests: 0,
      tags: { listed: 1000, matching: 1000, checked: 1000 },
      notes: [],
    });

    const lines = proxy.lines();
    const lists = lines.filter((line) => line.startsWith("GET /v2/sync/many/tags/list"));
    expect(lists).toHaveLength(1);
    expect(lines.filter((line) => !lists.includes(line)).sort()).toEqual(
      tags.map((tag) => `HEAD /v2/sync/many/manifests/${tag}`),
    );
    expect(new Set(proxy.requests.map(({ connection }) => connection)).size).toBeLessThanOrEqual(
      16,
    );
  });

  test("no more tags than the setting allows, the newest-looking of those that match", async () => {
    await site.api.patch("/api/settings/system", { registryMaxTags: 3 });
    await push(
      "sync/capped",
      ["v1.9.0", "v1.10.0", "v1.2.0", "v1.1.0", "nightly-9", "nightly-8", "nightly-7"],
      "1",
    );
    const image = await track("sync/capped", "v*.*.*");
    proxy.clear();
    const answer = await sync(image);
    expect(answer.tags).toEqual({ listed: 7, matching: 4, checked: 3 });
    expect(answer.notes.join()).toMatch(/3 of 4 .*registryMaxTags/);
    expect((await read(image)).digests[0]?.tags).toEqual(["v1.10.0", "v1.2.0", "v1.9.0"]);
    expect((await read(image)).lastCheckNote).toMatch(/3 of 4/);
    await site.api.patch("/api/settings/system", { registryMaxTags: 50 });
  });

  test("what a host allows is shown with its connection", async () => {
    const limits = { "ratelimit-limit": "100;w=21600", "ratelimit-remaining": "7;w=21600" };
    await push("sync/limited", "v1", "1");
    const image = await track("sync/limited", "*");
    proxy.rule(
      { path: "sync/limited/tags" },
      { status: 429, headers: { ...limits, "retry-after": "1200" } },
      1,
    );
    const refused = await site.api.request<{ error: string }>(
      "POST",
      `/api/container-images/${image.id}/check-updates`,
    );
    expect(refused.status).toBe(502);
    expect(refused.body.error).toMatch(/no more requests for \d+ s/);
    const { registry } = await site.api.get<{ registry: RegistryConnection }>(
      `/api/registries/${counted.id}`,
    );
    expect(registry.budget).toMatchObject({
      host: proxy.host,
      limit: 100,
      remaining: 7,
      windowSeconds: 21_600,
    });
    expect(Date.parse(registry.budget.pausedUntil ?? "") - Date.now()).toBeGreaterThan(1_000_000);
  });
});

describe("registries that cannot be relied on", () => {
  let bad: RegistryProxy;
  let connection: RegistryConnection;
  beforeAll(async () => {
    bad = await startRegistryProxy(site.registry.host);
    connection = await site.connect(bad.host);
  });
  afterAll(() => bad?.close());

  test("a body that is not its digest's is not believed, and harms nothing else", async () => {
    const honest = await pushImage(site.registry, "lies/app", "v1", { version: "honest" });
    const other = await pushImage(site.registry, "lies/app", "v2", { version: "other" });
    const image = await track("lies/app", "*", connection);
    const lie = other.manifests.at(-1);
    const lift = bad.rule(
      { method: "GET", path: `/manifests/${honest.digest}` },
      {
        status: 200,
        headers: { "content-type": honest.mediaType, "docker-content-digest": honest.digest },
        body: lie?.data.toString() ?? "",
      },
    );
    const answer = await sync(image);
    expect(answer.newDigests).toBe(1);
    expect(answer.notes.join()).toContain("v1");
    expect((await read(image)).digests.map(({ manifestDigest }) => manifestDigest)).toEqual([
      other.digest,
    ]);
    const refused = await site.api.request<{ error: string }>(
      "POST",
      `/api/container-images/${image.id}/deploy`,
      { tag: "v1" },
    );
    expect(refused.status).toBeGreaterThanOrEqual(400);
    lift();
    expect(await sync(image)).toMatchObject({ newDigests: 1, notes: [] });
  });

  test("checking all of a registry's images while one repository is broken checks the others", async () => {
    await pushImage(site.registry, "lies/fine", "v1", { version: "fine" });
    await track("lies/fine", "*", connection);
    const lift = bad.rule({ path: "lies/app" }, { status: 500, body: "boom" });
    const { results, summary } = await site.api.post<{
      results: { name: string; error: string | null }[];
      summary: unknown;
    }>(`/api/registries/${connection.id}/check-updates`);
    lift();
    expect(summary).toEqual({ checked: 2, withUpdates: 0, errors: 1 });
    expect(results.find(({ name }) => name === "lies/fine")?.error).toBeNull();
    expect(results.find(({ name }) => name === "lies/app")?.error).toMatch(/500/);
  });

  test("one that is gone has its images say so, and those of others go on", async () => {
    const closed = await startRegistry();
    const gone = await site.connect(closed.host);
    const image = await track("gone/app", "*", gone);
    await closed.remove();
    const answer = await site.api.request(
      "POST",
      `/api/container-images/${image.id}/check-updates`,
    );
    expect(answer.status).toBe(502);
    expect((await read(image)).lastError).toEqual(expect.any(String));
    await site.api.post(`/api/registries/${connection.id}/check-updates`);
    const { registries } = await site.api.get<{
      registries: (RegistryConnection & { lastError: string | null })[];
    }>(`/api/environments/${site.environment.id}/registries`);
    expect(registries.find(({ id }) => id === connection.id)?.lastError).toBeNull();
  });
});

describe("a registry that tells what was pushed", () => {
  let telling: Registry;
  let front: RegistryProxy;
  beforeAll(async () => {
    telling = await startRegistry({
      notifications: {
        url: `${site.system.url}/api/webhooks/registry`,
        headers: { Authorization: `Bearer ${secret}` },
      },
    });
    front = await startRegistryProxy(telling.host);
  });
  afterAll(async () => {
    await front?.close();
    await telling?.remove();
  });

  test("just that repository is checked, at once", async () => {
    const connection = await site.connect(front.host);
    for (const name of ["told/app", "told/other"]) {
      await pushImage(telling, name, "v1", { version: "1" });
    }
    const image = await track("told/app", "v*", connection);
    const other = await track("told/other", "v*", connection);
    await sync(image);
    const { lastCheckedAt } = await sync(other);
    front.clear();

    const two = await pushImage(telling, "told/app", "v2", {
      version: "2",
      created: "2026-02-01T00:00:00Z",
    });

    await site.api.until<{ image: ContainerImage }>(
      `/api/container-images/${image.id}`,
      (body) => body.image.latestDigest === two.digest,
      { what: "what was pushed to be known" },
    );
    expect((await read(other)).lastCheckedAt).toBe(lastCheckedAt);
    expect(front.lines().filter((line) => line.includes("told/other"))).toEqual([]);
    const { logs } = await site.api.get<{
      logs: { actorName: string; resourceId: string }[];
    }>("/api/audit-logs?action=image_pushed&limit=100");
    expect(logs.map(({ resourceId }) => resourceId)).toContain(image.id);
    expect(logs.map(({ resourceId }) => resourceId)).not.toContain(other.id);
  });

  test("a caller without the secret is told nothing and starts nothing", async () => {
    const envelope = JSON.stringify({
      events: [{ action: "push", target: { repository: "told/app" } }],
    });
    front.clear();
    for (const authorization of ["", "Bearer guess", secret]) {
      const answer = await fetch(`${site.system.url}/api/webhooks/registry`, {
        method: "POST",
        body: envelope,
        headers: { authorization },
      });
      expect(answer.status).toBe(401);
    }
    expect(front.lines()).toEqual([]);
  });
});

describe("a vendor whose registry tells what was pushed", () => {
  let front: RegistryProxy;
  beforeAll(async () => {
    front = await startRegistryProxy(site.registry.host);
  });
  afterAll(() => front?.close());

  test("just that repository is checked, at once and between two intervals", async () => {
    const connection = await site.connect(front.host);
    for (const name of ["vendor/app", "vendor/other"]) {
      await pushImage(site.registry, name, "v1", { version: "1" });
    }
    const image = await track("vendor/app", "v*", connection);
    const other = await track("vendor/other", "v*", connection);
    await sync(image);
    const { lastCheckedAt } = await sync(other);
    const two = await pushImage(site.registry, "vendor/app", "v2", {
      version: "2",
      created: "2026-02-01T00:00:00Z",
    });
    front.clear();
    const tell = (authorization: string, type: string) =>
      fetch(`${site.system.url}/api/webhooks/harbor`, {
        method: "POST",
        headers: { authorization },
        body: JSON.stringify({
          type,
          occur_at: 1_680_501_893,
          operator: "ci",
          event_data: {
            resources: [
              { digest: two.digest, tag: "v2", resource_url: `${front.host}/vendor/app:v2` },
            ],
            repository: { name: "app", namespace: "vendor", repo_full_name: "vendor/app" },
          },
        }),
      });

    expect((await tell(secret, "PUSH_ARTIFACT")).status).toBe(401);
    expect((await tell(`Harbor's ${secret}`, "PULL_ARTIFACT")).status).toBe(200);
    const told = await tell(`Harbor's ${secret}`, "PUSH_ARTIFACT");
    expect(await told.json()).toMatchObject({ images: [{ id: image.id }] });

    await site.api.until<{ image: ContainerImage }>(
      `/api/container-images/${image.id}`,
      (body) => body.image.latestDigest === two.digest,
      { what: "what was pushed to be known" },
    );
    expect((await read(other)).lastCheckedAt).toBe(lastCheckedAt);
    expect(front.lines().filter((line) => line.includes("vendor/other"))).toEqual([]);
  });
});
