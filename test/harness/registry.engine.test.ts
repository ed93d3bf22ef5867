import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { engineApi } from "./engine-api.ts";
import { given } from "./given.ts";
import { type PushedImage, pushImage } from "./images.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { type RegistryProxy, startRegistryProxy } from "./registry-proxy.ts";
import { startTokenRegistry, type TokenRegistry } from "./token-registry.ts";

let registry: Registry;
let image: PushedImage;

beforeAll(async () => {
  registry = await startRegistry();
  image = await pushImage(registry, "team/app", ["v1", "latest"]);
});
afterAll(() => registry.remove());

describe("a proxy that sees and spoils requests", () => {
  let proxy: RegistryProxy;
  beforeAll(async () => {
    proxy = await startRegistryProxy(registry.host);
  });
  afterAll(() => proxy.close());

  test("passes on and records", async () => {
    const answer = await fetch(`${proxy.url}/v2/team/app/tags/list`);
    expect(await answer.json()).toEqual({ name: "team/app", tags: ["latest", "v1"] });
    expect(proxy.lines()).toEqual(["GET /v2/team/app/tags/list"]);
    expect(proxy.requests[0]?.status).toBe(200);
  });

  test("answers by rule, so many times", async () => {
    proxy.rule({ path: "/tags/list" }, { status: 429, headers: { "retry-after": "1" } }, 1);
    expect((await fetch(`${proxy.url}/v2/team/app/tags/list`)).status).toBe(429);
    expect((await fetch(`${proxy.url}/v2/team/app/tags/list`)).status).toBe(200);
  });

  test("drops, cuts and leaves headers out", async () => {
    const path = `${proxy.url}/v2/team/app/manifests/v1`;
    proxy.rule({ method: "HEAD" }, "drop", 1);
    await expect(fetch(path, { method: "HEAD" })).rejects.toThrow();
    proxy.rule({ path: /manifests/ }, { cutAfter: 10 }, 1);
    await expect(fetch(path).then((answer) => answer.text())).rejects.toThrow();
    proxy.rule({}, { without: ["docker-content-digest"] }, 1);
    const headers = { accept: image.mediaType };
    const digest = async () =>
      (await fetch(path, { headers })).headers.get("docker-content-digest");
    expect(await digest()).toBeNull();
    expect(await digest()).toBe(image.digest);
  });
});

describe("a registry with a token service", () => {
  let tokens: TokenRegistry;
  const credentials = { username: "ann", password: "s3cret" };
  beforeAll(async () => {
    tokens = await startTokenRegistry(registry.host, { credentials });
  });
  afterAll(() => tokens.close());

  test("the engine pulls with the right password only", async () => {
    const socket = given("engineHost").replace("unix://", "");
    const api = engineApi(socket);
    const pull = (password: string) => {
      const auth = { ...credentials, password, serveraddress: tokens.host };
      return api.request("POST", `/images/create?fromImage=${tokens.host}/team/app:v1`, undefined, {
        "x-registry-auth": Buffer.from(JSON.stringify(auth)).toString("base64url"),
      });
    };
    expect((await pull("wrong")).status).toBeGreaterThanOrEqual(400);
    expect((await pull(credentials.password)).status).toBe(200);
    expect(tokens.tokenRequests.at(-1)).toMatchObject({ username: "ann", status: 200 });
    api.close();
  });

  test("a token is good for its repository only, until it is revoked", async () => {
    const first = await fetch(`${tokens.url}/v2/team/app/tags/list`);
    const realm = /realm="([^"]+)"/.exec(first.headers.get("www-authenticate") ?? "")?.[1];
    const asked = await fetch(`${realm}?service=registry.test&scope=repository:team/app:pull`, {
      headers: { authorization: `Basic ${btoa("ann:s3cret")}` },
    });
    const { token } = (await asked.json()) as { token: string };
    const read = async (repository: string): Promise<number> => {
      const headers = { authorization: `Bearer ${token}` };
      return (await fetch(`${tokens.url}/v2/${repository}/tags/list`, { headers })).status;
    };
    expect(await read("team/app")).toBe(200);
    expect(await read("team/other")).toBe(401);
    tokens.revoke();
    expect(await read("team/app")).toBe(401);
  });
});
