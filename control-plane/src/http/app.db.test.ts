import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { environmentsRoutes } from "../environments/environments.routes.ts";
import { systemSettingsRoutes } from "../environments/system-settings.routes.ts";
import { auditRoutes } from "../identity/audit.routes.ts";
import { authRoutes } from "../identity/auth.routes.ts";
import { firstStart } from "../identity/first-start.ts";
import { tokensRoutes } from "../identity/tokens.routes.ts";
import { usersRoutes } from "../identity/users.routes.ts";
import { secretsWith } from "../secrets.ts";
import { createApp } from "./app.ts";
import type { AnsweredRequest } from "./metrics.ts";

const secrets = secretsWith("22".repeat(32));
const email = "first@bridgeport.test";
const password = "correct horse battery";
const unknown = "01890000-0000-7000-8000-000000000001";

let rig: TestDatabase;
let app: ReturnType<typeof createApp>;
let session: string;
const answered: AnsweredRequest[] = [];

beforeAll(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  await firstStart(database, { email, password });
  app = createApp({
    database,
    secrets,
    log: pino({ level: "silent" }),
    version: "0.0.0",
    routes: [
      authRoutes({ database, secrets, secureCookie: false }),
      usersRoutes({ database }),
      tokensRoutes({ database }),
      auditRoutes({ database }),
      environmentsRoutes({ database }),
      systemSettingsRoutes({ database }),
    ],
    answered: (request) => answered.push(request),
    live: new Hono(),
    health: new Hono(),
    console: new Hono(),
  });
  session = (await login()).body.token;
});
afterAll(() => rig.close());

interface Sent {
  /** text as it is, anything else as JSON */
  body?: unknown;
  headers?: Record<string, string>;
  token?: string | null;
}

async function call(method: string, path: string, { body, headers = {}, token }: Sent = {}) {
  const bearer = token === undefined ? session : token;
  const response = await app.request(`/api${path}`, {
    method,
    headers: {
      ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: whatever the API says
  const answer = (await response.json()) as any;
  return { status: response.status, headers: response.headers, body: answer };
}

const login = (headers: Record<string, string> = {}) =>
  call("POST", "/auth/login", { body: { email, password }, headers, token: null });

describe("a body", () => {
  test.each(["text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "application/json"])(
    "of JSON is understood as %s",
    async (type) => {
      const name = `as ${type}`;
      const answer = await call("POST", "/environments", {
        body: { name },
        headers: { "content-type": type },
      });
      expect([answer.status, answer.body.environment?.name]).toEqual([200, name]);
    },
  );

  test("of another site's page has to be announced as JSON, which its browser asks about first", async () => {
    const form = { "content-type": "text/plain" };
    expect((await login({ ...form, "sec-fetch-site": "cross-site" })).status).toBe(400);
    expect((await login({ ...form, origin: "http://elsewhere.test" })).status).toBe(400);
    expect((await login({ ...form, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  test("that is missing is an empty one: what is required is named", async () => {
    const answer = await call("POST", "/environments", { body: "" });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      error: "name: is required",
      details: [{ path: "name", message: "is required" }],
    });
    expect((await call("PATCH", "/settings/system", { body: "" })).status).toBe(200);
  });

  test.each([
    ["malformed", "{bad"],
    ["another type", "<a/>"],
    ["not an object", "[]"],
    ["deeper than anything", `{"name":${"[".repeat(200_000)}${"]".repeat(200_000)}}`],
    ["a NUL", '{"name":"a\\u0000b"}'],
    ["a NUL in a key", '{"name":"x","\\u0000":1}'],
    ["half of a surrogate pair", '{"name":"\\ud800"}'],
    ["a wrong type", '{"name":5}'],
  ])("that cannot be used is a 400: %s", async (_, body) => {
    const answer = await call("POST", "/environments", { body });
    expect([answer.status, typeof answer.body.error]).toEqual([400, "string"]);
  });

  test("no login is needed to be told so", async () => {
    const body = { email: "a\0b", password: "x" };
    expect((await call("POST", "/auth/login", { body, token: null })).status).toBe(400);
  });

  test("that is too large is a 413, after which the connection is not used again", async () => {
    const body = { name: "x".repeat(1024 * 1024) };
    const answer = await call("POST", "/environments", { body });
    expect([answer.status, answer.headers.get("connection")]).toEqual([413, "close"]);
  });
});

test("a body that is too large may be sent to its end, and is answered then", async () => {
  const server = serve({ fetch: app.fetch, hostname: "127.0.0.1", port: 0 });
  await once(server, "listening");
  const size = 4 * 1024 * 1024;
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  try {
    let answer = "";
    socket.setEncoding("utf8").on("data", (text: string) => {
      answer += text;
    });
    socket.write(`POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: ${size}\r\n\r\n`);
    const piece = "x".repeat(size / 16);
    for (let sent = 0; sent < 16; sent++) {
      await new Promise<void>((resolve, reject) => {
        socket.write(piece, (error) => (error ? reject(error) : resolve()));
      });
      if (sent < 15) expect(answer).toBe("");
    }
    await once(socket, "end");
    expect(answer).toMatch(/^HTTP\/1\.1 413 /);
    expect(answer).toContain("body_too_large");
  } finally {
    socket.destroy();
    server.close();
  }
});

test("refusals name the field and what it takes", async () => {
  const wrong = { email: "v@bridgeport.test", password, role: "root", color: "red" };
  const answer = await call("POST", "/users", { body: wrong });
  expect(answer.body.details).toEqual([
    { path: "role", message: "must be one of viewer, operator, admin" },
    { path: "color", message: "is not a field of this request" },
  ]);
});

test("a query is held to the same", async () => {
  expect((await call("GET", "/audit-logs?action=%00")).status).toBe(400);
  const answer = await call("GET", "/environments?limit=1000");
  expect([answer.status, answer.body.error]).toEqual([400, "limit: must be at most 100"]);
});

describe("a token that is limited to an environment", () => {
  let limited: string;
  beforeAll(async () => {
    const created = await call("POST", "/environments", { body: { name: "the only one" } });
    const environmentIds = [created.body.environment.id];
    const answer = await call("POST", "/tokens", {
      body: { name: "limited", role: "admin", environmentIds },
    });
    limited = answer.body.secret;
  });

  test("is limited to one that there is", async () => {
    const body = { name: "nowhere", role: "viewer", environmentIds: [unknown] };
    expect((await call("POST", "/tokens", { body })).status).toBe(400);
  });

  test.each([
    ["POST", "/users", { email: "more@bridgeport.test", password, role: "admin" }],
    ["PATCH", `/users/${unknown}`, { role: "viewer" }],
    ["DELETE", `/users/${unknown}`, undefined],
    ["POST", `/users/${unknown}/change-password`, { newPassword: password }],
    ["POST", "/environments", { name: "another" }],
    ["PATCH", "/settings/system", { registryMaxTags: 10 }],
  ])("cannot get out of it by %s %s", async (method, path, body) => {
    expect((await call(method, path, { body, token: limited })).status).toBe(403);
  });
});

test("logging in and out are in the audit log", async () => {
  const { token } = (await login()).body;
  expect((await call("POST", "/auth/logout", { token })).status).toBe(200);
  expect((await call("GET", "/auth/me", { token })).status).toBe(401);
  const { logs } = (await call("GET", "/audit-logs?resourceType=user&limit=2")).body;
  expect(logs.map(({ action }: { action: string }) => action)).toEqual(["logout", "login"]);
});

test("the cookie counts on the console's own pages only", async () => {
  const cookie = `bridgeport_session=${session}`;
  const host = "bridgeport.test";
  const send = (headers: Record<string, string>) =>
    call("PATCH", "/settings/system", {
      body: {},
      token: null,
      headers: { cookie, host, ...headers },
    });
  expect((await send({ origin: "http://bridgeport.test" })).status).toBe(200);
  expect((await send({ "sec-fetch-site": "same-origin" })).status).toBe(200);
  expect((await send({ origin: "http://elsewhere.test" })).status).toBe(403);
  expect((await send({ "sec-fetch-site": "same-site" })).status).toBe(403);
  expect((await send({ origin: "null" })).status).toBe(403);
  expect((await send({})).status).toBe(403);
});

test("the cookie's value is no bearer token, and ends with its session", async () => {
  const answer = await login();
  const set = answer.headers.get("set-cookie") ?? "";
  const value = /^bridgeport_session=([^;]+)/.exec(set)?.[1] ?? "";
  expect(value).not.toBe("");
  expect((await call("GET", "/auth/me", { token: value })).status).toBe(401);
  const headers = { cookie: `bridgeport_session=${value}`, "sec-fetch-site": "same-origin" };
  expect((await call("GET", "/auth/me", { token: null, headers })).status).toBe(200);
  expect((await call("POST", "/auth/logout", { token: null, headers })).status).toBe(200);
  expect((await call("GET", "/auth/me", { token: null, headers })).status).toBe(401);
  expect((await call("GET", "/auth/me", { token: answer.body.token })).status).toBe(401);
});

test("behind https the cookie is one that no other host can set", async () => {
  const { database } = rig;
  const behind = createApp({
    database,
    secrets,
    log: pino({ level: "silent" }),
    version: "0.0.0",
    secureCookie: true,
    routes: [authRoutes({ database, secrets, secureCookie: true })],
    answered() {},
    live: new Hono(),
    health: new Hono(),
    console: new Hono(),
  });
  const answer = await behind.request("/api/auth/login", {
    method: "POST",
    body: JSON.stringify({ email, password }),
  });
  const set = answer.headers.get("set-cookie") ?? "";
  expect(set).toMatch(/^__Host-bridgeport_session=bpc_/);
  expect(set).toMatch(/; Path=\/(;|$)/);
  for (const flag of ["Secure", "HttpOnly", "SameSite=Lax"]) expect(set).toContain(`; ${flag}`);
  expect(set).not.toContain("Domain");
  const cookie = set.split(";", 1)[0] ?? "";
  const me = (sent: string) =>
    behind.request("/api/auth/me", { headers: { cookie: sent, "sec-fetch-site": "same-origin" } });
  expect((await me(cookie)).status).toBe(200);
  expect((await me(cookie.replace("__Host-", ""))).status).toBe(401);
});

test("every answer is told with its route's pattern", async () => {
  answered.length = 0;
  await call("GET", `/environments/${unknown}`);
  await call("GET", "/environments?limit=1");
  await call("GET", "/nothing/of/the/kind");
  await app.request("/index.html");
  expect(answered.map(({ method, route, status }) => `${method} ${route} ${status}`)).toEqual([
    "GET /api/environments/:id 404",
    "GET /api/environments 200",
    "GET /api/* 404",
    "GET /* 404",
  ]);
  expect(answered.every(({ seconds }) => seconds >= 0)).toBe(true);
});

test("the same key and request has one effect and one answer", async () => {
  const send = (name: string) =>
    call("POST", "/environments", { body: { name }, headers: { "idempotency-key": "once" } });
  const first = await send("keyed");
  const again = await send("keyed");
  expect([first.status, again.status]).toEqual([200, 200]);
  expect(again.body).toEqual(first.body);
  expect((await send("keyed differently")).status).toBe(409);
});

describe("an Idempotency-Key", () => {
  const keyed = (key: string) => ({ "idempotency-key": key });
  const names = async () =>
    (await call("GET", "/environments?limit=100")).body.environments.map(
      ({ name }: { name: string }) => name,
    );

  test("is that of one session or token: another one of the user does the same by itself", async () => {
    const body = { name: "of one session" };
    expect((await call("POST", "/environments", { body, headers: keyed("mine") })).status).toBe(
      200,
    );
    const { token } = (await login()).body;
    const answer = await call("POST", "/environments", { body, headers: keyed("mine"), token });
    expect([answer.status, answer.headers.get("idempotency-replayed")]).toEqual([409, null]);
  });

  test("is looked at after the role: nothing is repeated to a lower one", async () => {
    const user = { email: "falls@bridgeport.test", password, role: "admin" };
    const { id } = (await call("POST", "/users", { body: user })).body.user;
    const { token } = (
      await call("POST", "/auth/login", { body: { email: user.email, password }, token: null })
    ).body;
    const send = () =>
      call("POST", "/environments", { body: { name: "high" }, headers: keyed("role"), token });
    expect((await send()).status).toBe(200);
    await call("PATCH", `/users/${id}`, { body: { role: "viewer" } });
    expect((await send()).status).toBe(403);
  });

  test("repeats nothing of an environment in which the role has changed", async () => {
    const body = (name: string) => ({ body: { name } });
    const [here, there] = await Promise.all(
      ["keyed here", "keyed there"].map(
        async (name) => (await call("POST", "/environments", body(name))).body.environment.id,
      ),
    );
    const role = (environmentId: string, role: string) => ({ environmentId, role });
    const user = { email: "moves@bridgeport.test", password };
    const roles = [role(here, "admin"), role(there, "admin")];
    const { id } = (await call("POST", "/users", { body: { ...user, roles } })).body.user;
    const { token } = (await call("POST", "/auth/login", { body: user, token: null })).body;
    const send = () =>
      call("PATCH", `/environments/${here}`, {
        body: { name: "keyed elsewhere" },
        headers: keyed("moved"),
        token,
      });
    expect((await send()).status).toBe(200);
    expect((await send()).headers.get("idempotency-replayed")).toBe("true");
    await call("PATCH", `/users/${id}`, { body: { roles: [role(there, "admin")] } });
    const again = await send();
    expect([again.status, again.headers.get("idempotency-replayed")]).toEqual([409, null]);
    expect(again.body.environment).toBeUndefined();
  });

  test("keeps no refusal", async () => {
    const headers = keyed("refused");
    const first = { body: { name: "taken for now" } };
    const { id } = (await call("POST", "/environments", first)).body.environment;
    expect((await call("POST", "/environments", { ...first, headers })).status).toBe(409);
    expect((await call("DELETE", `/environments/${id}`)).status).toBe(200);
    expect((await call("POST", "/environments", { ...first, headers })).status).toBe(200);
    expect(await names()).toContain("taken for now");
  });

  test("keeps no secret: what made one is done once, and its secret is shown once", async () => {
    const body = { name: "keyed", role: "viewer" };
    const send = () => call("POST", "/tokens", { body, headers: keyed("secret") });
    const first = await send();
    const again = await send();
    expect([first.status, again.status]).toEqual([200, 409]);
    expect(again.body.code).toBe("idempotent_answer_not_kept");
    const kept =
      await rig.database`select from idempotency_keys where key = 'secret' and body is not null`;
    expect(kept).toHaveLength(0);
    const { tokens } = (await call("GET", "/tokens")).body;
    expect(tokens.filter(({ name }: { name: string }) => name === "keyed")).toHaveLength(1);
  });
});

test("the description lists what there is, also what has no route of its own", async () => {
  const { paths } = (await call("GET", "/openapi.json", { token: null })).body;
  for (const path of ["/api/environments/{id}", "/api/ws", "/healthz", "/readyz", "/metrics"]) {
    expect(Object.keys(paths)).toContain(path);
  }
});
