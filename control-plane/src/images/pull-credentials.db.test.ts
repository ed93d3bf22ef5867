import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import type { PullingAgent } from "../registries/pull-credentials.ts";
import { registriesRoutes } from "../registries/registries.routes.ts";
import { RegistryDouble } from "../registries/registry-double.fixture.ts";
import { type ImageWorld, newImageWorld, secrets } from "./image-world.fixture.ts";
import { registryBrowseRoutes } from "./registry-browse.routes.ts";

/*
 * What a server gets to pull with, and where a registry's credentials go.
 */

let test_: TestDatabase;
let world: ImageWorld;
let api: TestApi;
let id: string;

const login = { username: "ann", password: "very-secret" };
const bearer = { kind: "bearer", ...login, lifetimeSeconds: 300 } as const;

beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

beforeEach(async () => {
  world = await newImageWorld(test_.database);
  const parts = {
    ...{ database: test_.database, secrets },
    ...{ images: world.sources, connections: world.sources.registries },
  };
  api = testApi(registriesRoutes(parts), registryBrowseRoutes(parts));
  id = world.registryId;
  await api.patch(`/registries/${id}`, login);
  world.double.push("app", "v1");
  return () => world.close();
});

const agent: PullingAgent = {
  ...{ server: "web-1", takesTokens: true, engineTakesTokens: true, renewals: 0 },
};

async function credentials(more: Partial<PullingAgent> = {}, name = `${world.double.domain}/app`) {
  const reference = `${name}:v1`;
  const answer = await world.sources.registries.credentialsFor(id, reference, {
    ...agent,
    ...more,
  });
  return answer.ok ? answer.value : answer;
}

const set = (passwordToAgents: string) =>
  test_.database`update registries set password_to_agents = ${passwordToAgents} where id = ${id}`;
const withPassword = () => ({
  ...{ ...login, registryHost: world.double.domain, identityToken: null },
});
const registry = async () => (await api.get(`/registries/${id}`)).body.registry;

describe("with a token service, a server gets a token of the one repository", () => {
  beforeEach(() => {
    world.double.login = bearer;
  });

  test.each(["never", "without_tokens", "always"])("and not the password: %s", async (rule) => {
    await set(rule);
    const [first, second] = [await credentials(), await credentials({ engineTakesTokens: null })];
    const token = { value: expect.stringMatching(/^token-/), expiresAt: expect.any(Number) };
    const none = { username: "", password: "", identityToken: null };
    expect(first).toEqual({ ...none, registryHost: world.double.domain, registryToken: token });
    // Each delivery has one of its own, as long-lived as it can be.
    expect(second).not.toEqual(first);
    const scopes = world.double.requests.flatMap(({ url }) => {
      return url.startsWith("/token") ? [new URL(url, world.double.origin).searchParams] : [];
    });
    expect(scopes.map((query) => query.getAll("scope"))).toEqual([
      ["repository:app:pull"],
      ["repository:app:pull"],
    ]);
  });

  test.each([
    ["agent", { takesTokens: false }, "update the agent"],
    ["engine", { engineTakesTokens: false }, "update the engine"],
  ])("unless its %s cannot use one, where a person decides", async (_which, unable, advice) => {
    expect(await credentials(unable)).toMatchObject({
      ...{ ok: false, kind: "unauthorized", message: expect.stringContaining(advice) },
    });
    await set("always");
    expect(await credentials(unable)).toEqual(withPassword());
  });

  test("nor does it help to say that tokens run out, unless a person decided so", async () => {
    const token = { password: "", registryToken: expect.anything() };
    expect(await credentials({ renewals: 30 })).toMatchObject(token);
    await set("always");
    expect(await credentials({ renewals: 1 })).toMatchObject(token);
    expect(await credentials({ renewals: 2 })).toEqual(withPassword());
  });

  test.each([
    ["in base64", (password: string) => Buffer.from(`ann:${password}`).toString("base64")],
    ["as it is", (password: string) => `x.${password}.y`],
    [
      "in a JWT",
      (password: string) =>
        `e30.${Buffer.from(JSON.stringify({ password })).toString("base64url")}.x`,
    ],
  ])("a token that holds the password %s is one", async (_how, encode) => {
    world.double.tokenValue = encode(login.password);
    await set("never");
    expect(await credentials()).toMatchObject({ ok: false, kind: "unauthorized" });
  });

  test("a registry cannot make it a token for more than pulling", async () => {
    world.double.faults.push((request, response) => {
      if (request.url !== "/v2/app/manifests/v1" || request.headers.authorization) return false;
      const realm = `${world.double.origin}/token`;
      const scope = "repository:app:pull,push,delete registry:catalog:*";
      response.setHeader("www-authenticate", `Bearer realm="${realm}",scope="${scope}"`);
      response.writeHead(401).end();
      return true;
    });
    world.double.faults.push((request, response) => {
      if (request.url !== "/v2/") return false;
      response.setHeader("docker-distribution-api-version", "registry/2.0");
      response.writeHead(200).end();
      return true;
    });
    await credentials();
    world.double.requests.length = 0;
    expect(await credentials()).toMatchObject({ registryToken: expect.anything() });
    const asked = world.double.requests.filter(({ url }) => url.startsWith("/token"));
    const query = new URL(asked.at(-1)?.url ?? "", world.double.origin).searchParams;
    expect(query.getAll("scope")).toEqual(["repository:app:pull"]);
  });

  test("and nothing for an image of another registry", async () => {
    expect(await credentials({}, "evil.example.com/app")).toBeNull();
  });

  test("a registry that cannot be asked is said to be unavailable", async () => {
    const name = `${world.double.domain}/app`;
    await world.double.stop();
    expect(await credentials({}, name)).toMatchObject({ ok: false, kind: "unreachable" });
  });
});

describe("without one", () => {
  test.each([
    ["without_tokens", true],
    ["always", true],
    ["never", false],
  ])("the connection decides: %s", async (rule, given) => {
    world.double.login = { kind: "basic", ...login };
    await set(rule);
    const answer = await credentials({ takesTokens: false });
    if (given) expect(answer).toEqual(withPassword());
    else {
      expect(answer).toMatchObject({
        ...{ ok: false, kind: "unauthorized", message: expect.stringContaining("web-1") },
      });
    }
  });

  test("a registry that wants no login gets none", async () => {
    expect(await credentials()).toBeNull();
  });
});

describe("which servers get the password", () => {
  test("those of a registry without tokens, where nothing is said", async () => {
    const path = `/environments/${world.environmentId}/registries`;
    const created = await api.post(path, { name: "new", registryUrl: "localhost:1", ...login });
    expect(created.body.registry).toMatchObject({
      ...{ passwordToAgents: "without_tokens", tokenRealm: null },
    });
    const never = { name: "never", registryUrl: "localhost:1", passwordToAgents: "never" };
    expect((await api.post(path, never)).body.registry.passwordToAgents).toBe("never");
  });

  test("is widened by administrators, or with the password", async () => {
    const widen = (more: object = {}) =>
      api.patch(`/registries/${id}`, { passwordToAgents: "always", ...more });
    expect(await widen()).toMatchObject({ status: 400, body: { code: "credentials_needed" } });
    expect((await widen({ password: "other" })).body.registry.passwordToAgents).toBe("always");
    const narrow = { passwordToAgents: "never" };
    expect((await api.patch(`/registries/${id}`, narrow)).status).toBe(200);
    api.actor = { ...api.actor, roles: everywhere("admin") };
    expect((await widen()).status).toBe(200);
  });
});

describe("a token service", () => {
  let first: RegistryDouble;
  let second: RegistryDouble;

  beforeEach(async () => {
    [first, second] = [new RegistryDouble(), new RegistryDouble()];
    await Promise.all([first.start(), second.start()]);
    for (const one of [world.double, first, second]) one.login = bearer;
    world.double.tokenService = first;
    return async () => {
      await Promise.all([first.stop(), second.stop()]);
    };
  });

  test("is kept when it is first seen, and no other one gets the credentials", async () => {
    expect((await registry()).tokenRealm).toBeNull();
    await world.sync();
    expect((await registry()).tokenRealm).toBe(`${first.origin}/token`);
    world.double.tokenService = second;
    const refused = {
      ok: false,
      kind: "unauthorized",
      message: expect.stringMatching(/another token service.*test the registry connection/),
    };
    expect(await world.sources.check(world.imageId)).toMatchObject(refused);
    // Neither after a restart, when nothing is remembered.
    const restarted = world.replica();
    expect(await restarted.check(world.imageId)).toMatchObject(refused);
    const pull = restarted.registries.credentialsFor(id, `${world.double.domain}/app:v1`, agent);
    expect(await pull).toMatchObject(refused);
    expect(second.requests).toEqual([]);
    expect((await world.image()).lastError).toContain(second.domain);
    // Nothing has to be done where it was a mistake.
    world.double.tokenService = first;
    await world.sync();
  });

  test("that replaces another one is accepted by trying out the connection", async () => {
    await world.sync();
    world.double.tokenService = second;
    const tested = await api.post(`/registries/${id}/test`);
    expect(tested).toMatchObject({ status: 200, body: { ok: true } });
    expect((await registry()).tokenRealm).toBe(`${second.origin}/token`);
    await world.sync();
    world.double.tokenService = first;
    first.requests.length = 0;
    expect(await world.sources.check(world.imageId)).toMatchObject({ kind: "unauthorized" });
    expect(first.requests).toEqual([]);
  });

  test("may be the registry itself at any time", async () => {
    await world.sync();
    world.double.tokenService = null;
    await world.sync();
    expect((await registry()).tokenRealm).toBe(`${first.origin}/token`);
  });

  test("is forgotten with the credentials that it had", async () => {
    await world.sync();
    const same = { name: "renamed", registryUrl: world.double.origin, username: login.username };
    await api.patch(`/registries/${id}`, { ...same, token: null });
    expect((await registry()).tokenRealm).not.toBeNull();
    await api.patch(`/registries/${id}`, { password: login.password });
    expect((await registry()).tokenRealm).toBeNull();
  });

  test("that refuses the credentials is not kept", async () => {
    first.login = { ...bearer, password: "other" };
    expect(await world.sources.check(world.imageId)).toMatchObject({ kind: "unauthorized" });
    expect((await registry()).tokenRealm).toBeNull();
  });
});
