import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { type RegistryDouble, send } from "./registry-double.fixture.ts";

let world: ClientWorld;
let registry: RegistryDouble;

const credentials = { username: "robot", password: "s3cret" };

beforeEach(async () => {
  world = new ClientWorld();
  registry = await world.double();
});
afterEach(() => world.close());

describe("a registry that challenges at /v2/ alone", () => {
  beforeEach(() => {
    registry.push("app", "v1");
    registry.push("other", "v1");
  });

  /** To a request for a repository without a login it answers with this status. */
  function hidesRepositories(status: 400 | 404): void {
    registry.faults.push((request, response) => {
      if (request.url === "/v2/" || request.url?.startsWith("/token")) return false;
      if (request.headers.authorization !== undefined) return false;
      send(response, status, { errors: [{ code: "NAME_UNKNOWN" }] });
      return true;
    });
  }

  test.each([
    ["basic", 404],
    ["basic", 400],
    ["bearer", 404],
    ["bearer", 400],
  ] as const)("is asked there first where there is a login: %s, %d", async (kind, status) => {
    registry.login = { kind, ...credentials, lifetimeSeconds: 300 };
    hidesRepositories(status);
    const asked = world.client(registry.origin, credentials);
    await Promise.all(
      Array.from({ length: 10 }, async () => value(await asked.headManifest("app", "v1"))),
    );
    expect(value(await asked.listTags("other"))).toEqual(["v1"]);
    expect(value(await world.client(registry.origin, credentials).listTags("app"))).toEqual(["v1"]);
    expect(registry.requests.filter(({ url }) => url === "/v2/").length).toBe(1);
  });

  test("and says without a login that one may be missing", async () => {
    registry.login = { kind: "basic", ...credentials };
    hidesRepositories(404);
    const refused = failed(await world.client(registry.origin).listTags("app"));
    expect(refused.kind).toBe("not_found");
    expect(refused.message).toContain("without a login");
    expect(registry.requests.map(({ url }) => url)).not.toContain("/v2/");
  });

  test("one that needs no login at /v2/ is challenged where it asks for a login", async () => {
    registry.login = { kind: "basic", ...credentials };
    registry.faults.push((request, response) => {
      if (request.url !== "/v2/") return false;
      send(response, 200, {});
      return true;
    });
    const asked = world.client(registry.origin, credentials);
    value(await asked.listTags("app"));
    value(await asked.listTags("app"));
    expect(registry.requests.map(({ authorization }) => authorization !== undefined)).toEqual([
      false,
      false,
      true,
      true,
    ]);
  });

  test.each([
    ["redirects in circles", 302],
    ["fails", 500],
    ["does not exist", 404],
  ])("what is wrong with /v2/ alone does not matter: it %s", async (_name, status) => {
    registry.login = { kind: "basic", ...credentials };
    registry.faults.push((request, response) => {
      if (request.url !== "/v2/") return false;
      response.writeHead(status, { location: "/v2/" }).end();
      return true;
    });
    const asked = world.client(registry.origin, credentials);
    expect(value(await asked.listTags("app"))).toEqual(["v1"]);
  });
});
