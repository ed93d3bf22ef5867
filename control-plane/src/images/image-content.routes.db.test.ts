import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { everywhere } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { noFacts } from "../registries/image-facts.ts";
import { type PushOptions, send } from "../registries/registry-double.fixture.ts";
import { newServer } from "../servers/servers.fixture.ts";
import { newService } from "../services/services.fixture.ts";
import { imageContentRoutes } from "./image-content.routes.ts";
import { type ImageWorld, newImageWorld } from "./image-world.fixture.ts";
import { imagesRoutes } from "./images.routes.ts";

let test_: TestDatabase;
const worlds: ImageWorld[] = [];

beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});
afterAll(() => test_.close());

const source = "https://github.com/acme/shop";
const [old, now] = ["aaaaaaa", "bbbbbbb"];
const labels = (version: string, revision: string) => ({
  "org.opencontainers.image.source": source,
  "org.opencontainers.image.version": version,
  "org.opencontainers.image.revision": revision,
});

interface Scene extends ImageWorld {
  api: TestApi;
  /** manifest digests */
  one: string;
  two: string;
  compare(from?: string, to?: string): ReturnType<TestApi["get"]>;
  /** GETs since the last call */
  gets(): string[];
  /** forgets what is kept, as if it had been recorded by an earlier version */
  forget(): Promise<void>;
}

async function scene(one: PushOptions = {}, two: PushOptions = {}): Promise<Scene> {
  const world = await newImageWorld(test_.database);
  worlds.push(world);
  const made = {
    one: world.double.push("app", "v1", {
      settings: { Env: ["MODE=old", "TOKEN=secret"], Labels: labels("1.0.0", old) },
      layers: { base: 900, first: 30 },
      created: "2026-01-01T00:00:00Z",
      ...one,
    }),
    two: world.double.push("app", "v2", {
      settings: { Env: ["MODE=new"], Labels: labels("1.1.0", now) },
      layers: { base: 900, second: 50 },
      created: "2026-02-01T00:00:00Z",
      ...two,
    }),
  };
  const parts = { database: test_.database, images: world.sources };
  const api = testApi(imagesRoutes(parts), imageContentRoutes(parts));
  const { database } = test_;
  return {
    ...world,
    ...made,
    api,
    compare: (from = made.one, to = made.two) =>
      api.get(`/container-images/${world.imageId}/compare?from=${from}&to=${to}`),
    gets: () =>
      world.double
        .takeRequests()
        .flatMap(({ method, url }) => (method === "GET" && !url.includes("/tags/") ? [url] : [])),
    async forget() {
      await database`delete from digest_contents where digest_id in
        (select id from image_digests where container_image_id = ${world.imageId})`;
      await database`
        update image_digests set image = null where container_image_id = ${world.imageId}`;
    },
  };
}

async function digestId({ imageId }: ImageWorld, manifestDigest: string): Promise<string> {
  const [row] = await test_.database<{ id: string }[]>`
    select id from image_digests
    where container_image_id = ${imageId} and manifest_digest = ${manifestDigest}`;
  return row?.id ?? "";
}

async function kept({ imageId }: ImageWorld): Promise<Record<string, string[]>> {
  const rows = await test_.database<{ manifestDigest: string; platforms: string[] | null }[]>`
    select manifest_digest, array_agg(platform) filter (where platform is not null) as platforms
    from image_digests left join digest_contents on digest_id = id
    where container_image_id = ${imageId} group by 1`;
  return Object.fromEntries(rows.map((row) => [row.manifestDigest, row.platforms ?? []]));
}

test("a digest says what its image says of itself, with links", async () => {
  const s = await scene({}, { settings: { Labels: { maintainer: "acme" } } });
  await s.sync();
  const { body } = await s.api.get(`/container-images/${s.imageId}/digests`);
  expect(body.digests).toMatchObject([
    {
      manifestDigest: s.two,
      kind: "image",
      image: noFacts,
      links: { source: null, revision: null, release: null },
    },
    {
      manifestDigest: s.one,
      kind: "image",
      image: { ...noFacts, source, version: "1.0.0", revision: old },
      links: {
        source,
        revision: `${source}/commit/${old}`,
        release: `${source}/releases/tag/1.0.0`,
      },
    },
  ]);
});

describe("a comparison", () => {
  test("names what differs in configuration, layers and size, and where to read more", async () => {
    const s = await scene();
    await s.sync();
    s.gets();
    const ids = await Promise.all([digestId(s, s.one), digestId(s, s.two)]);
    const { status, body } = await s.compare(...ids);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      from: { id: ids[0], image: { version: "1.0.0" } },
      to: { id: ids[1], image: { version: "1.1.0" } },
      platform: { from: "linux/amd64", to: "linux/amd64" },
      config: [
        { field: "env.MODE", change: "changed", from: "old", to: "new", hidden: false },
        { field: "env.TOKEN", change: "removed", from: "secret", to: null, hidden: false },
        { field: "labels.org.opencontainers.image.revision", from: old, to: now },
        { field: "labels.org.opencontainers.image.version", from: "1.0.0", to: "1.1.0" },
      ],
      layers: {
        shared: 1,
        added: 1,
        removed: 1,
        bytes: { shared: 900, added: 50, removed: 30 },
      },
      size: { from: body.from.size, to: body.to.size },
      source: {
        compareUrl: `${source}/compare/${old}...${now}`,
        releaseUrl: `${source}/releases/tag/1.1.0`,
      },
    });
    expect(body.size.to).toBeGreaterThan(950);
    expect((await s.compare()).body).toEqual(body);
    expect((await s.compare(s.one, s.one)).body).toMatchObject({
      config: [],
      layers: { shared: 2, added: 0, removed: 0 },
      source: { compareUrl: null },
    });
    expect(s.gets()).toEqual([]);
  });

  test("shows viewers no value of a variable", async () => {
    const s = await scene();
    await s.sync();
    s.api.actor = { ...s.api.actor, roles: everywhere("viewer") };
    const { status, body } = await s.compare();
    expect(status).toBe(200);
    expect(JSON.stringify(body)).not.toContain("secret");
    expect(body.config[0]).toEqual({
      field: "env.MODE",
      change: "changed",
      from: null,
      to: null,
      hidden: true,
    });
  });

  test("is kept when the registry has let go of the images, or is gone", async () => {
    const s = await scene();
    await s.sync();
    s.double.repository("app").manifests.clear();
    expect((await s.compare()).status).toBe(200);
    await s.double.stop();
    expect((await s.compare()).status).toBe(200);
  });

  test("is for the platform of the image's servers, and of both images", async () => {
    const platforms = ["linux/arm64", "linux/amd64"];
    const s = await scene({ platforms }, { platforms });
    await s.sync();
    expect((await s.compare()).body.platform).toEqual({ from: "linux/amd64", to: "linux/amd64" });
    const host = { os: "linux", architecture: "aarch64" };
    const serverId = await newServer(test_.database, s.environmentId, { host });
    await newService(test_.database, { serverId, imageId: s.imageId, name: "app" });
    // What is kept is of another platform: it will do where the right one cannot be had.
    s.double.faults.push((_request, response) => {
      send(response, 500, {});
      return true;
    });
    expect((await s.compare()).body.platform).toEqual({ from: "linux/amd64", to: "linux/amd64" });
    s.double.faults.pop();
    s.gets();
    expect((await s.compare()).body.platform).toEqual({ from: "linux/arm64", to: "linux/arm64" });
    expect(s.gets().length).toBe(6);
    await s.compare();
    expect(s.gets()).toEqual([]);
    expect((await kept(s))[s.one]?.toSorted()).toEqual(["linux/amd64", "linux/arm64"]);
  });

  test("needs digests of this image", async () => {
    const s = await scene();
    const other = await scene();
    await Promise.all([s.sync(), other.sync()]);
    const strangers = [
      await digestId(other, other.one),
      newId(),
      "v1",
      `sha256:${"0".repeat(64)}`,
      s.imageId,
      "%00",
    ];
    for (const stranger of strangers) {
      for (const [from, to] of [
        [stranger, s.two],
        [s.one, stranger],
      ]) {
        expect((await s.compare(from, to)).status, `${from} ${to}`).toBe(404);
      }
      const path = `/container-images/${s.imageId}/digests/${stranger}`;
      expect((await s.api.get(path)).status).toBe(404);
    }
    const path = `/container-images/${s.imageId}/compare`;
    expect((await s.api.get(path)).status).toBe(400);
    expect((await s.api.get(`${path}?from=${s.one}`)).body.details).toMatchObject([{ path: "to" }]);
    const elsewhere = `/container-images/${newId()}/compare?from=${s.one}&to=${s.two}`;
    expect((await s.api.get(elsewhere)).status).toBe(404);
  });
});

describe("digests that were recorded without what their images say", () => {
  test("are read when they are compared, once", async () => {
    const s = await scene();
    await s.sync();
    const { body } = await s.compare();
    await s.forget();
    s.gets();
    expect((await s.compare()).body).toEqual(body);
    expect(s.gets().length).toBe(4);
    expect((await s.compare()).body).toEqual(body);
    expect(s.gets()).toEqual([]);
  });

  test("say clearly why they cannot be compared", async () => {
    const s = await scene();
    await s.sync();
    await s.forget();
    s.double.repository("app").manifests.delete(s.one);
    const gone = await s.compare();
    expect(gone).toMatchObject({ status: 502, body: { code: "registry_not_found" } });
    expect(gone.body.error).toMatch(
      /^The configuration of sha256:.* was not kept, .*does not exist/,
    );
    await s.double.stop();
    expect(await s.compare()).toMatchObject({
      status: 502,
      body: { code: "registry_unreachable", error: expect.stringMatching(/was not kept/) },
    });
    await test_.database`
      update container_images set registry_id = null where id = ${s.imageId}`;
    expect(await s.compare()).toMatchObject({ status: 400, body: { code: "no_registry" } });
  });

  test("are read by the next check where they are deployed or newest, and by none after it", async () => {
    const s = await scene();
    for (const tag of ["v0", "v00"]) s.double.push("app", tag, { created: "2025-01-01T00:00:00Z" });
    await s.sync();
    await s.deploy(s.one);
    await s.forget();
    s.gets();
    await s.sync();
    expect(s.gets().length).toBe(4);
    expect(await kept(s)).toMatchObject({ [s.one]: ["linux/amd64"], [s.two]: ["linux/amd64"] });
    expect(Object.values(await kept(s)).flat().length).toBe(2);
    await s.sync();
    expect(s.gets()).toEqual([]);
  });

  test("are given up by checks when the registry has let go of them, and not when it fails", async () => {
    const s = await scene();
    await s.sync();
    await s.deploy(s.one);
    await s.forget();
    // As a registry does that lost what its tags point to.
    s.double.faults.push((request, response) => {
      const lost =
        request.method === "GET" && request.url?.includes(`/manifests/${s.one}`) === true;
      if (lost) send(response, 404, { errors: [{ code: "MANIFEST_UNKNOWN" }] });
      const fails =
        request.method === "GET" && request.url?.includes(`/manifests/${s.two}`) === true;
      if (fails) send(response, 403, { errors: [{ code: "DENIED" }] });
      return lost || fails;
    });
    s.gets();
    await s.sync();
    expect(s.gets().length).toBe(2);
    await s.sync();
    expect(s.gets()).toEqual([`/v2/app/manifests/${s.two}`]);
    s.double.faults.pop();
    await s.sync();
    expect(s.gets().length).toBe(2);
    expect(await kept(s)).toEqual({ [s.one]: [], [s.two]: ["linux/amd64"] });
  });
});

test("a digest is shown with its labels and layers", async () => {
  const s = await scene();
  await s.sync();
  const path = `/container-images/${s.imageId}/digests/${await digestId(s, s.two)}`;
  expect(await s.api.get(path)).toMatchObject({
    status: 200,
    body: {
      digest: { manifestDigest: s.two, image: { version: "1.1.0" } },
      platform: "linux/amd64",
      labels: labels("1.1.0", now),
      layers: [{ size: 900 }, { size: 50 }],
    },
  });
});

test("the same image of two environments is read once, and kept for both", async () => {
  const s = await scene();
  const [other] = await test_.database<{ id: string }[]>`
    insert into container_images (id, environment_id, name, image_name, normalized_name, tag_filter,
      registry_id)
    select ${newId()}, environment_id, 'other', image_name, normalized_name || '-2', tag_filter,
      registry_id
    from container_images where id = ${s.imageId} returning id`;
  await s.sync();
  s.gets();
  await s.sources.check(other?.id ?? "");
  expect(s.gets()).toEqual([]);
  expect(await kept({ ...s, imageId: other?.id ?? "" })).toEqual({
    [s.one]: ["linux/amd64"],
    [s.two]: ["linux/amd64"],
  });
});

test("what no database keeps as it is does not stop a check", async () => {
  const s = await scene({
    settings: { Env: ["A=\u0000", "B=\ud800"], Labels: { "\u0000": "\udc00", x: "\u0000" } },
  });
  expect(await s.sync()).toMatchObject({ newDigests: 2, notes: [] });
  expect((await s.compare()).status).toBe(200);
});
