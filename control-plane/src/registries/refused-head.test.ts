import { afterEach, beforeEach, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { type RegistryDouble, send } from "./registry-double.fixture.ts";

let world: ClientWorld;
let registry: RegistryDouble;
let now: number;

beforeEach(async () => {
  now = Date.parse("2026-06-01");
  world = new ClientWorld({}, () => now);
  registry = await world.double();
});
afterEach(() => world.close());

/** HEAD of manifests is answered with this status, as long as `refuses` says so. */
function refuseHead(status: number, refuses: (url: string) => boolean = () => true): void {
  registry.faults.push((request, response) => {
    if (request.method !== "HEAD" || !refuses(request.url ?? "")) return false;
    response.writeHead(status).end();
    return true;
  });
}

const methods = () => registry.takeRequests().map(({ method }) => method);

test.each([400, 403, 404, 405, 501])(
  "a host that answers HEAD with %d is asked by GET, and by GET alone from then on",
  async (status) => {
    const digest = registry.push("app", "v1");
    const other = registry.push("other", "v1", { content: "other" });
    refuseHead(status);
    const asked = world.client(registry.origin);
    expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
    expect(methods()).toEqual(["HEAD", "GET"]);
    expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
    expect(value(await world.client(registry.origin).headManifest("other", "v1")).digest).toBe(
      other,
    );
    expect(methods()).toEqual(["GET", "GET"]);
    // The next day it may be mended.
    registry.faults.length = 0;
    now += 25 * 3_600_000;
    value(await asked.headManifest("app", "v1"));
    value(await asked.headManifest("app", "v1"));
    expect(methods()).toEqual(["HEAD", "HEAD"]);
  },
);

test("what GET does not find either does not exist", async () => {
  registry.push("app", "v1");
  const asked = world.client(registry.origin);
  expect(failed(await asked.headManifest("app", "v9")).kind).toBe("not_found");
  expect(methods()).toEqual(["HEAD", "GET"]);
  value(await asked.headManifest("app", "v1"));
  expect(methods()).toEqual(["HEAD"]);
});

test("one refusal of a host whose HEAD works otherwise is not held against it", async () => {
  registry.push("app", "v1");
  const digest = registry.push("app", "v2");
  const asked = world.client(registry.origin);
  value(await asked.headManifest("app", "v1"));
  refuseHead(404, (url) => url.endsWith("/v2"));
  expect(value(await asked.headManifest("app", "v2")).digest).toBe(digest);
  value(await asked.headManifest("app", "v1"));
  expect(methods()).toEqual(["HEAD", "HEAD", "GET", "HEAD"]);
});

test("what is forbidden by GET too says so", async () => {
  registry.faults.push((_request, response) => {
    send(response, 403, {});
    return true;
  });
  expect(failed(await world.client(registry.origin).headManifest("app", "v1")).kind).toBe(
    "forbidden",
  );
});
