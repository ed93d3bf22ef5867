import { afterEach, beforeEach, expect, test } from "vitest";
import { ForwardProxy } from "../../../test/harness/forward-proxy.ts";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { basic, type RegistryDouble } from "./registry-double.fixture.ts";
import { encrypt } from "./tls.fixture.ts";

let proxy: ForwardProxy;
let worlds: ClientWorld[];
let registry: RegistryDouble;

beforeEach(async () => {
  proxy = new ForwardProxy();
  await proxy.start();
  worlds = [];
  registry = await world({}).double();
  // No name server knows this name: only the proxy does.
  proxy.hosts.set("registry.test:80", registry.port);
});
afterEach(async () => {
  await Promise.all(worlds.map((one) => one.close()));
  await proxy.stop();
});

function world(environment: Record<string, string>, authorities?: string): ClientWorld {
  const made = new ClientWorld({
    environment,
    ...(authorities === undefined ? {} : { authorities }),
  });
  worlds.push(made);
  return made;
}

test("a registry in the clear is asked through HTTP_PROXY, with no more connections", async () => {
  const credentials = { username: "robot", password: "s3cret" };
  registry.login = { kind: "basic", ...credentials };
  const digest = registry.push("app", "v1");
  const asked = world({ HTTP_PROXY: `http://${proxy.host}` }).client(
    "http://registry.test",
    credentials,
  );
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
    }),
  );
  expect(proxy.asked.length).toBe(51);
  expect(new Set(proxy.asked)).toEqual(
    new Set(["GET http://registry.test/v2/", "HEAD http://registry.test/v2/app/manifests/v1"]),
  );
});

test("a host of NO_PROXY and this machine are asked without", async () => {
  registry.push("app", "v1");
  const environment = { HTTP_PROXY: `http://${proxy.host}`, NO_PROXY: "registry.test" };
  expect(value(await world(environment).client(registry.origin).listTags("app"))).toEqual(["v1"]);
  expect(
    failed(await world(environment).client("http://registry.test").listTags("app")),
  ).toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("registry.test cannot be found"),
  });
  expect(proxy.asked).toEqual([]);
});

test("a proxy may want a login, which no message shows", async () => {
  proxy.login = basic("user", "p@ss");
  proxy.hosts.set("registry.test:443", registry.port);
  registry.push("app", "v1");
  const right = world({ HTTP_PROXY: `http://user:p%40ss@${proxy.host}` });
  expect(value(await right.client("http://registry.test").listTags("app"))).toEqual(["v1"]);
  expect(registry.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
  const wrong = world({ HTTP_PROXY: `http://user:wrong@${proxy.host}` });
  for (const url of ["http://registry.test", "https://registry.test"]) {
    const refused = failed(await wrong.client(url).listTags("app"));
    expect(refused).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/wants a login \(407\)/),
    });
    expect(refused.message).toContain(proxy.host);
    expect(refused.message).not.toContain("wrong");
  }
});

test("a proxy that refuses or is gone is named", async () => {
  const environment = { HTTPS_PROXY: `http://${proxy.host}`, HTTP_PROXY: `http://${proxy.host}` };
  proxy.refusesWith = 403;
  const refused = failed(await world(environment).client("https://registry.test").listTags("app"));
  expect(refused.message).toBe(
    `The proxy ${proxy.host} answered 403 instead of connecting to registry.test:443; allow it there, or name the host in NO_PROXY.`,
  );
  const { host } = proxy;
  await proxy.stop();
  proxy = new ForwardProxy();
  await proxy.start();
  for (const url of ["http://registry.test", "https://registry.test"]) {
    const gone = failed(await world(environment).client(url).listTags("app"));
    expect(gone.message).toContain(`The proxy ${host} cannot be reached (ECONNREFUSED)`);
  }
});

test("a variable that names no proxy is told", async () => {
  const asked = world({ HTTP_PROXY: "socks5://p:1080" }).client("http://registry.test");
  expect(failed(await asked.listTags("app"))).toMatchObject({
    kind: "unreachable",
    message: expect.stringContaining("HTTP_PROXY"),
  });
});

test("a registry with TLS is asked through a tunnel that the proxy cannot look into", async () => {
  const digest = registry.push("app", "v1");
  const tls = await encrypt("registry.test", registry.port);
  try {
    proxy.hosts.set("registry.test:443", tls.port);
    const environment = { HTTPS_PROXY: `http://${proxy.host}` };
    const asked = world(environment, tls.certificate).client("https://registry.test");
    await Promise.all(
      Array.from({ length: 50 }, async () => {
        expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
      }),
    );
    expect(proxy.asked.length).toBeLessThanOrEqual(16);
    expect(new Set(proxy.asked)).toEqual(new Set(["CONNECT registry.test:443"]));
    // The certificate is the registry's, so it is the registry's that has to be trusted.
    const untrusted = failed(await world(environment).client("https://registry.test").ping());
    expect(untrusted.message).toContain("The certificate of registry.test is not trusted");
  } finally {
    await tls.stop();
  }
});
