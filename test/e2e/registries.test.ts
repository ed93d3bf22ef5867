import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { buildImage, deleteManifest, pushImage, pushManifest } from "../harness/images.ts";
import { type Registry, startRegistry } from "../harness/registry.ts";
import { type RegistryProxy, startRegistryProxy } from "../harness/registry-proxy.ts";
import type { ContainerImage, ImageDigest, Plan, SyncResult } from "../harness/resources.ts";
import { type Site, startSite } from "../harness/site.ts";
import { digestOf } from "../harness/tar.ts";
import { startTokenRegistry } from "../harness/token-registry.ts";

let site: Site;
let proxy: RegistryProxy;

beforeAll(async () => {
  site = await startSite();
  proxy = await startRegistryProxy(site.registry.host);
});
afterEach(() => proxy.clear());
afterAll(async () => {
  await proxy?.close();
  await site?.remove();
});

/** Tells the product about a repository behind a host. */
async function track(
  host: string,
  repository: string,
  connection: Record<string, unknown> = {},
  tagFilter = "*",
): Promise<ContainerImage> {
  const registry = await site.connect(host, { name: `${host} for ${repository}`, ...connection });
  const { image } = await site.api.post<{ image: ContainerImage }>(
    `/api/environments/${site.environment.id}/container-images`,
    {
      name: repository,
      imageName: `${host}/${repository}`,
      tagFilter,
      registryConnectionId: registry.id,
    },
  );
  return image;
}

const sync = (image: ContainerImage) =>
  site.api.request<SyncResult & { error: string }>(
    "POST",
    `/api/container-images/${image.id}/check-updates`,
  );

const digests = async (image: ContainerImage): Promise<ImageDigest[]> =>
  (await site.api.get<{ digests: ImageDigest[] }>(`/api/container-images/${image.id}/digests`))
    .digests;

describe("a registry that wants a password", () => {
  const credentials = { username: "ann", password: "p:ss wörd" };
  let closed: Registry;
  beforeAll(async () => {
    closed = await startRegistry({ credentials });
  });
  afterAll(() => closed?.remove());

  /** Starts v1 of an app by hand, deploys v2 through the product, and sees that it runs. */
  async function deployFrom(host: string, container: string, name: string): Promise<void> {
    await site.docker.login(host, credentials.username, credentials.password);
    await site.docker.run("run", "-d", "--name", container, `${host}/${name}:v1`);
    const service = await site.service(container);
    const registry = await site.connect(host, credentials);
    await site.api.patch(`/api/container-images/${service.containerImageId}`, {
      registryConnectionId: registry.id,
      tagFilter: "v*",
    });
    const { plan } = await site.api.post<{ plan: Plan }>(
      `/api/container-images/${service.containerImageId}/deploy`,
      { tag: "v2" },
    );
    const ended = await site.api.planEnd(plan.id);
    expect(ended).toMatchObject({ status: "completed", error: null });
    expect((await site.docker.inspect(container)).Config.Image).toBe(
      `${host}/${name}:v2@${ended.imageDigest}`,
    );
    const answer = await site.api.request("GET", `/api/registries/${registry.id}`);
    expect(JSON.stringify(answer.body)).not.toContain(credentials.password);
    expect(answer.body).toMatchObject({ registry: { hasPassword: true } });
  }

  test("by HTTP Basic", async () => {
    await pushImage(closed, "closed/app", "v1", { version: "1" });
    await pushImage(closed, "closed/app", "v2", { version: "2", health: "healthy" });
    await deployFrom(closed.host, "basic", "closed/app");
  });

  test("by tokens of a token service", async () => {
    await pushImage(site.registry, "closed/app", "v1", { version: "1" });
    await pushImage(site.registry, "closed/app", "v2", { version: "2", health: "healthy" });
    const tokens = await startTokenRegistry(site.registry.host, { credentials, expiresIn: 60 });
    try {
      await deployFrom(tokens.host, "bearer", "closed/app");
      expect(tokens.tokenRequests.every(({ username }) => username === credentials.username)).toBe(
        true,
      );
    } finally {
      await tokens.close();
    }
  });

  test("a wrong password is said, and no digest is invented", async () => {
    const image = await track(closed.host, "closed/app2", { ...credentials, password: "wrong" });
    const answer = await sync(image);
    expect(answer.status).toBe(502);
    expect(answer.body.error).toMatch(/password|credentials|sign in|log in/i);
    expect(await digests(image)).toEqual([]);
    const tested = await site.api.post<{ ok: boolean; message: string }>(
      `/api/registries/${image.registryConnectionId}/test`,
    );
    expect(tested.ok).toBe(false);
  });

  test("no secret of it is written to the engine's machine or to the log", async () => {
    expect(site.system.output()).not.toContain(credentials.password);
    expect(site.engine.log()).not.toContain(credentials.password);
  });
});

describe("the economy of a sync", () => {
  test("an unchanged tag costs one HEAD; a new digest its manifest and one configuration", async () => {
    await pushImage(site.registry, "eco/app", ["v1", "stable"], { version: "1" });
    await pushImage(site.registry, "eco/app", "v2", {
      version: "2",
      created: "2026-02-01T00:00:00Z",
    });
    const image = await track(proxy.host, "eco/app");
    const first = await sync(image);
    expect(first).toMatchObject({ status: 200, body: { newDigests: 2 } });
    expect(proxy.requests.filter(({ path }) => path.includes("/blobs/"))).toHaveLength(2);

    proxy.clear();
    const second = await sync(image);
    expect(second.body).toMatchObject({ newDigests: 0, updatedDigests: 0 });
    const lines = proxy.lines();
    expect(lines.filter((line) => line.startsWith("HEAD")).sort()).toEqual([
      "HEAD /v2/eco/app/manifests/stable",
      "HEAD /v2/eco/app/manifests/v1",
      "HEAD /v2/eco/app/manifests/v2",
    ]);
    expect(lines.filter((line) => /^GET .*\/(manifests|blobs)\//.test(line))).toEqual([]);
  });

  test("tags are read page by page, filtered before they are capped", async () => {
    const odd = buildImage({ version: "odd" });
    const noise = Array.from({ length: 120 }, (_, at) => `noise-${String(at).padStart(3, "0")}`);
    const tags = [...noise, "z-wanted"];
    await pushImage(site.registry, "eco/pages", tags, odd);
    // As a registry that gives no more than 50 at a time, whatever it is asked for; this one gives all.
    const small = await startRegistryProxy(site.registry.host, {
      gate({ url = "" }) {
        const { pathname, searchParams } = new URL(url, "http://registry");
        if (!pathname.endsWith("/tags/list")) return undefined;
        const rest = tags.slice(tags.indexOf(searchParams.get("last") ?? "") + 1);
        const page = rest.slice(0, 50);
        const next = `<${pathname}?last=${page.at(-1)}&n=50>; rel="next"`;
        return {
          status: 200,
          headers: {
            "content-type": "application/json",
            ...(rest.length > page.length ? { link: next } : {}),
          },
          body: JSON.stringify({ name: "eco/pages", tags: page }),
        };
      },
    });
    const image = await track(small.host, "eco/pages", {}, "z-*");
    expect(await sync(image)).toMatchObject({ status: 200, body: { newDigests: 1 } });
    expect((await digests(image))[0]?.tags).toEqual(["z-wanted"]);
    expect(small.lines().filter((line) => line.includes("/tags/list"))).toHaveLength(3);
    await small.close();
  });

  test("one image is never read twice at once", async () => {
    await pushImage(site.registry, "eco/once", "v1", { version: "once" });
    const image = await track(proxy.host, "eco/once");
    const answers = await Promise.all([sync(image), sync(image), sync(image)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    const blobs = proxy.requests.filter(({ path }) => path.includes("/blobs/"));
    expect(blobs).toHaveLength(1);
  });
});

describe("a registry's bad days", () => {
  test.each([
    [{ status: 401 }, /password|credentials|sign in|log in/i],
    [{ status: 404, body: '{"errors":[{"code":"NAME_UNKNOWN"}]}' }, /not|no /i],
    [{ status: 500, body: "boom" }, /500/],
    [
      { status: 200, body: "<html>portal</html>", headers: { "content-type": "text/html" } },
      /registry/i,
    ],
    ["drop" as const, /registry|connection/i],
  ])("%j on the list of tags is a sentence, and changes nothing", async (answer, sentence) => {
    const repository = `bad/${typeof answer === "string" ? answer : answer.status}`;
    await pushImage(site.registry, repository, "v1", { version: "1" });
    const image = await track(proxy.host, repository);
    expect((await sync(image)).status).toBe(200);
    const known = await digests(image);

    const lift = proxy.rule({ path: `${repository}/tags/list` }, answer);
    const failed = await sync(image);
    lift();

    expect(failed.status).toBe(502);
    expect(failed.body.error).toMatch(sentence);
    expect(await digests(image)).toEqual(known);
    expect((await sync(image)).status).toBe(200);
  });

  test("429 with Retry-After is waited out", async () => {
    await pushImage(site.registry, "bad/limited", "v1", { version: "1" });
    const image = await track(proxy.host, "bad/limited");
    proxy.rule({ path: "bad/limited" }, { status: 429, headers: { "retry-after": "1" } }, 2);
    expect(await sync(image)).toMatchObject({ status: 200, body: { newDigests: 1 } });
    const [first, ...others] = proxy.requests.filter(({ path }) => path.includes("bad/limited"));
    expect((others.at(-1)?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(1000);
  });

  test("a tag that vanishes between list and HEAD costs that tag only", async () => {
    await pushImage(site.registry, "bad/vanish", "v1", { version: "1" });
    await pushImage(site.registry, "bad/vanish", "v2", { version: "2" });
    const image = await track(proxy.host, "bad/vanish");
    const lift = proxy.rule({ path: "/manifests/v1" }, { status: 404 });
    expect(await sync(image)).toMatchObject({ status: 200, body: { newDigests: 1 } });
    lift();
    expect((await digests(image)).map(({ tags }) => tags)).toEqual([["v2"]]);
  });

  test("a manifest of an unknown media type is left out, the others are read", async () => {
    await pushImage(site.registry, "bad/strange", "v1", { version: "1" });
    const data = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: "application/vnd.oci.image.index.v1+json",
        manifests: [],
      }),
    );
    await pushManifest(site.registry, "bad/strange", "empty", {
      mediaType: "application/vnd.oci.image.index.v1+json",
      digest: digestOf(data),
      data,
    });
    const image = await track(proxy.host, "bad/strange");
    const lift = proxy.rule(
      { path: "/manifests/empty" },
      {
        status: 200,
        headers: {
          "content-type": "application/vnd.example.unknown+json",
          "docker-content-digest": digestOf(data),
        },
        body: data.toString(),
      },
    );
    const answer = await sync(image);
    lift();
    expect(answer.status).toBe(200);
    expect((await digests(image)).flatMap(({ tags }) => tags)).toContain("v1");
  });

  test("a registry that sends no digest gives no false update", async () => {
    const one = await pushImage(site.registry, "bad/silent", "v1", { version: "1" });
    const image = await track(proxy.host, "bad/silent");
    const lift = proxy.rule({ path: "/manifests/" }, { without: ["docker-content-digest"] });
    const answer = await sync(image);
    lift();
    expect(answer.body.hasUpdate).toBe(false);
    for (const { manifestDigest } of await digests(image)) expect(manifestDigest).toBe(one.digest);
  });

  test("a registry that never answers costs one image's sync, not the others", async () => {
    await pushImage(site.registry, "bad/hang", "v1", { version: "1" });
    await pushImage(site.registry, "bad/fine", "v1", { version: "1" });
    const hanging = await track(proxy.host, "bad/hang");
    const fine = await track(site.registry.host, "bad/fine");
    const lift = proxy.rule({ path: "bad/hang" }, "hang");
    const pending = sync(hanging);
    expect((await sync(fine)).status).toBe(200);
    const answer = await pending;
    lift();
    expect(answer.status).toBe(502);
  });

  test("a tag that is deleted leaves its row", async () => {
    const two = await pushImage(site.registry, "bad/deleted", "v2", { version: "2" });
    await pushImage(site.registry, "bad/deleted", "v1", { version: "1" });
    const image = await track(proxy.host, "bad/deleted");
    await sync(image);
    await deleteManifest(site.registry, "bad/deleted", two.digest);
    expect((await sync(image)).status).toBe(200);
    const rows = await digests(image);
    expect(rows.find(({ manifestDigest }) => manifestDigest === two.digest)?.tags).toEqual([]);
    expect(rows).toHaveLength(2);
  });
});
