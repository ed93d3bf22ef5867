import type { ServerResponse } from "node:http";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { describeImage } from "./describe-image.ts";
import { type RegistryDouble, send, types } from "./registry-double.fixture.ts";

let world: ClientWorld;
let registry: RegistryDouble;
let now: number;

beforeEach(async () => {
  now = 0;
  world = new ClientWorld();
  registry = await world.double();
});
afterEach(() => world.close());

/** Pages of this many tags, each with a next one, without end. */
function endlessList(tagsEach: number): void {
  registry.faults.push((request, response) => {
    const url = new URL(request.url ?? "", registry.origin);
    if (!url.pathname.endsWith("/tags/list")) return false;
    const page = Number(url.searchParams.get("page") ?? 0);
    now += 1000;
    response.setHeader("link", `<${url.pathname}?page=${page + 1}>; rel="next"`);
    send(response, 200, {
      tags: Array.from({ length: tagsEach }, (_, number) => `v${page}.${number}`),
    });
    return true;
  });
}

/** Sends spaces for as long as they are read. */
function withoutEnd(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json" });
  const more = () => {
    while (response.write(Buffer.alloc(1 << 16, 32)));
  };
  response.on("drain", more);
  more();
}

test.each([
  ["pages", { pages: 5 }, "5 pages"],
  ["tags", { tags: 40 }, "40 tags"],
  ["bytes", { bytes: 1000 }, "1000 bytes"],
  ["time", { ms: 7000 }, "7 s"],
])("a list without end is given up by its %s", async (_name, limits, named) => {
  endlessList(10);
  const asked = world.client(registry.origin, null, { limits, clock: () => now });
  const refused = failed(await asked.listTags("app"));
  expect(refused.kind).toBe("too_large");
  expect(refused.message).toContain(registry.domain);
  expect(refused.message).toContain(named);
  expect(registry.requests.length).toBeLessThanOrEqual(20);
  // The list of one repository takes nothing away from the others.
  const digest = registry.push("other", "v1");
  expect(value(await asked.headManifest("other", "v1")).digest).toBe(digest);
});

test("as many tags as are allowed are an answer", async () => {
  for (let number = 0; number < 40; number++) registry.push("app", `v${number}`);
  registry.pageSize = 10;
  const limits = { pages: 4, tags: 40 };
  const tags = await world.client(registry.origin, null, { limits }).listTags("app");
  expect(value(tags).length).toBe(40);
});

test("a manifest of 10 MB is not read, and the limit is named", async () => {
  const digest = registry.pushManifest("app", types.manifest, { padding: "x".repeat(10 << 20) });
  const refused = failed(await describeImage(world.client(registry.origin), "app", digest));
  expect(refused.kind).toBe("too_large");
  expect(refused.message).toMatch(/4 MiB for a manifest/);
});

test("a manifest without end is cut off", async () => {
  registry.faults.push((request, response) => {
    if (!request.url?.includes("/manifests/")) return false;
    withoutEnd(response);
    return true;
  });
  const refused = failed(await world.client(registry.origin).getManifest("app", "v1"));
  expect(refused).toMatchObject({ kind: "too_large", message: expect.stringMatching(/4 MiB/) });
});

test("a token without end is cut off, and disturbs no other registry", async () => {
  registry.login = { kind: "bearer", username: null, password: "", lifetimeSeconds: 300 };
  registry.push("app", "v1");
  registry.faults.push((request, response) => {
    if (!request.url?.startsWith("/token")) return false;
    withoutEnd(response);
    return true;
  });
  const other = await world.double();
  other.push("app", "v1");
  const [refused, tags] = await Promise.all([
    world.client(registry.origin).listTags("app"),
    world.client(other.origin).listTags("app"),
  ]);
  expect(value(tags)).toEqual(["v1"]);
  expect(failed(refused).kind).toBe("bad_answer");
  expect(failed(refused).message).toMatch(/256 KiB for a token/);
});
