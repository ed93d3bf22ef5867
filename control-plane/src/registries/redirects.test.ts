import { afterEach, beforeEach, expect, test } from "vitest";
import { ClientWorld, failed, value } from "./client.fixture.ts";
import { describeImage } from "./describe-image.ts";
import type { RegistryDouble } from "./registry-double.fixture.ts";
import { encrypt } from "./tls.fixture.ts";

let world: ClientWorld;
/** the registry that is asked, and the one that it sends to */
let front: RegistryDouble;
let back: RegistryDouble;

const credentials = { username: "robot", password: "s3cret" };

beforeEach(async () => {
  world = new ClientWorld();
  [front, back] = await Promise.all([world.double(), world.double()]);
});
afterEach(() => world.close());

/** The front sends everything below /v2/app/ to the other registry's team/app. */
function redirectApp(status = 307): void {
  front.redirects.push(({ pathname, search }) =>
    pathname.startsWith("/v2/app/")
      ? { status, location: `${back.origin}${pathname.replace("/v2/", "/v2/team/")}${search}` }
      : null,
  );
}

test("the challenge of the host that was redirected to is answered there", async () => {
  back.login = { kind: "bearer", username: null, password: "", lifetimeSeconds: 300 };
  const digest = back.push("team/app", "v1");
  back.push("team/app", "v2");
  back.pageSize = 1;
  redirectApp();
  const asked = world.client(front.origin);
  expect(value(await asked.listTags("app"))).toEqual(["v1", "v2"]);
  expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
  expect(value(await describeImage(asked, "app", digest)).manifestDigest).toBe(digest);
  // One token for all of it, and no refusal after it was fetched.
  expect(back.requests.filter(({ url }) => url.startsWith("/token")).length).toBe(1);
  expect(
    back.requests.filter(
      ({ url, authorization }) => url.startsWith("/v2/") && authorization === undefined,
    ).length,
  ).toBe(1);
});

test.each(["basic", "bearer"] as const)(
  "the first host's login goes to it alone: %s",
  async (kind) => {
    front.login = { kind, ...credentials, lifetimeSeconds: 300 };
    back.login = { kind: "bearer", username: null, password: "", lifetimeSeconds: 300 };
    const digest = back.push("team/app", "v1");
    redirectApp();
    const asked = world.client(front.origin, credentials);
    expect(value(await asked.headManifest("app", "v1")).digest).toBe(digest);
    value(await asked.listTags("app"));
    const given = back.requests.map(({ authorization }) => authorization ?? "");
    const granted = new Set(front.requests.map(({ authorization }) => authorization ?? ""));
    expect(given.filter((header) => header !== "" && granted.has(header))).toEqual([]);
    expect(given.join()).not.toContain(
      Buffer.from(`${credentials.username}:${credentials.password}`).toString("base64"),
    );
    // The name of the account is not told either.
    expect(back.requests.map(({ url }) => url).join()).not.toContain(credentials.username);
  },
);

test("a host that wants an account of its own is named, with what to do", async () => {
  back.login = { kind: "basic", ...credentials };
  back.push("team/app", "v1");
  redirectApp();
  const refused = failed(await world.client(front.origin, credentials).headManifest("app", "v1"));
  expect(refused.kind).toBe("unauthorized");
  expect(refused.message).toContain(`${back.domain} wants an account of its own`);
  expect(back.requests.every(({ authorization }) => authorization === undefined)).toBe(true);
});

test("redirects in circles over two hosts end with a sentence", async () => {
  redirectApp(302);
  back.redirects.push(({ pathname }) => ({
    status: 302,
    location: `${front.origin}${pathname.replace("/v2/team/", "/v2/")}`,
  }));
  const refused = failed(await world.client(front.origin).listTags("app"));
  expect(refused).toMatchObject({ kind: "bad_answer" });
  expect(refused.message).toContain("in circles");
});

test("a redirect from https to http is not followed, and told", async () => {
  redirectApp();
  const tls = await encrypt("localhost", front.port);
  const secure = new ClientWorld({ authorities: tls.certificate });
  try {
    const asked = secure.client(`https://localhost:${tls.port}`, credentials);
    const refused = failed(await asked.headManifest("app", "v1"));
    expect(refused.message).toContain("redirects from https to http");
    expect(back.requests).toEqual([]);
  } finally {
    await secure.close();
    await tls.stop();
  }
});

test("hosts that each send on and refuse come to an end", async () => {
  const hosts = await Promise.all(Array.from({ length: 6 }, () => world.double()));
  for (const [index, host] of hosts.entries()) {
    host.login = { kind: "bearer", username: null, password: "", lifetimeSeconds: 0 };
    host.redirects.push(({ pathname }) => ({
      status: 307,
      location: `${hosts[index + 1]?.origin ?? front.origin}${pathname}`,
    }));
  }
  front.redirects.push(({ pathname }) => ({
    status: 307,
    location: `${hosts[0]?.origin}${pathname}`,
  }));
  failed(await world.client(front.origin).listTags("app"));
  expect(front.requests.length).toBeLessThanOrEqual(8);
});
