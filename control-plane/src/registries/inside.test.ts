import { afterEach, beforeEach, expect, test } from "vitest";
import { ClientWorld, failed } from "./client.fixture.ts";
import type { RegistryDouble } from "./registry-double.fixture.ts";

/*
 * A hostile registry that sends us to addresses inside: its redirects and its token service.
 */

let world: ClientWorld;
let registry: RegistryDouble;

beforeEach(async () => {
  world = new ClientWorld({ patienceMs: 300, connectTimeoutMs: 2000 });
  registry = await world.double();
});
afterEach(() => world.close());

test.each(["http://169.254.169.254/latest/meta-data/", "http://[fe80::1]/", "http://0.0.0.0:1/"])(
  "a redirect to %s is not followed",
  async (location) => {
    registry.redirects.push(({ pathname }) =>
      pathname.startsWith("/v2/app/") ? { status: 307, location } : null,
    );
    const outcome = failed(await world.client(registry.origin).listTags("app"));
    expect(outcome).toMatchObject({ kind: "unreachable" });
    expect(outcome.message).toContain("which is not asked from here");
  },
);

test("what a public registry names inside is not asked", async () => {
  const asked = await world.transport.send({
    method: "GET",
    url: new URL("/v2/", registry.origin),
    home: new URL("https://192.0.2.1"),
    headers: {},
    maxBytes: 1000,
    what: "a greeting",
  });
  expect(failed(asked).message).toContain("The registry itself is not");
  expect(registry.requests).toEqual([]);
});

test("what a registry inside names inside is", async () => {
  const asked = await world.transport.send({
    method: "GET",
    url: new URL("/v2/", registry.origin),
    home: new URL("http://127.0.0.1:1"),
    headers: {},
    maxBytes: 1000,
    what: "a greeting",
  });
  expect(asked.ok).toBe(true);
});
