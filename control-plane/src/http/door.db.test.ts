import { Hono } from "hono";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { auditRoutes } from "../identity/audit.routes.ts";
import { authRoutes } from "../identity/auth.routes.ts";
import { hashPassword } from "../identity/passwords.ts";
import { tokensRoutes } from "../identity/tokens.routes.ts";
import { usersRoutes } from "../identity/users.routes.ts";
import { insertUser } from "../identity/users.store.ts";
import { secretsWith } from "../secrets.ts";
import type { Answer } from "./api.fixture.ts";
import { createApp } from "./app.ts";
import { healthRoutes } from "./health.ts";

const secrets = secretsWith("22".repeat(32));
const password = "correct horse battery";

let rig: TestDatabase;
let passwordHash: string;
let app: ReturnType<typeof createApp>;
let email: string;
let userId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  passwordHash = await hashPassword(password);
});
afterAll(() => rig.close());

function door(more: { requestsPerSecond?: number; secureCookie?: boolean } = {}) {
  const { database } = rig;
  const log = pino({ level: "silent" });
  return createApp({
    database,
    secrets,
    log,
    version: "0.0.0",
    trustedProxies: ["127.0.0.1"],
    ...more,
    routes: [
      authRoutes({ database, secrets, secureCookie: more.secureCookie ?? false }),
      usersRoutes({ database }),
      tokensRoutes({ database }),
      auditRoutes({ database }),
    ],
    answered() {},
    live: new Hono(),
    health: healthRoutes({
      database,
      log,
      metrics: { contentType: "text/plain", read: async () => "bridgeport_up 1\n" },
    }),
    console: new Hono().get("/", (c) => c.html("<html>")),
  });
}

beforeEach(async () => {
  app = door();
  email = `${newId()}@bridgeport.test`;
  userId = (await insertUser(rig.database, { email, name: null, role: "admin", passwordHash })).id;
});

interface Sent {
  body?: unknown;
  token?: string;
  headers?: Record<string, string>;
  from?: string;
}

async function call(method: string, path: string, { body, token, headers = {}, from }: Sent = {}) {
  const response = await app.request(
    path,
    {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
    { incoming: { socket: { remoteAddress: from ?? "192.0.2.1" } } },
  );
  const text = await response.text();
  const parsed: Answer["body"] = text.startsWith("{") ? JSON.parse(text) : text;
  return { status: response.status, headers: response.headers, body: parsed };
}

const login = (typed: string, from?: string, of = email) =>
  call("POST", "/api/auth/login", {
    body: { email: of, password: typed },
    ...(from ? { from } : {}),
  });
const count = (answers: { status: number }[], status: number) =>
  answers.filter((answer) => answer.status === status).length;

async function failures(): Promise<{ action: string; details: Record<string, unknown> }[]> {
  return rig.database`
    select action, details from audit_logs
    where resource_id = ${userId} and action like '%failed' order by at`;
}

describe("guessing", () => {
  test("of 150 guesses at one moment no more are hashed than may fail", async () => {
    const answers = await Promise.all(Array.from({ length: 150 }, (_, at) => login(`guess ${at}`)));
    expect([count(answers, 401), count(answers, 429)]).toEqual([5, 145]);
    expect(answers.find(({ status }) => status === 429)?.headers.get("retry-after")).toMatch(
      /^\d+$/,
    );
  });

  test("from many addresses at one account is no different", async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => login(`guess ${at}`, `192.0.2.${at}`)),
    );
    expect(count(answers, 401)).toBe(5);
  });

  test("at many accounts from one address ends, and slows others down no more than that", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, (_, at) => login("x".repeat(12), "198.51.100.9", `${at}@x.test`)),
    );
    expect(count(answers, 401)).toBe(20);
    expect((await login(password, "192.0.2.77")).status).toBe(200);
  });

  test("locks the owner out nowhere where the owner has been before", async () => {
    expect((await login(password, "203.0.113.5")).status).toBe(200);
    const guess = () => login("not the right one", "198.51.100.1");
    await Promise.all(Array.from({ length: 20 }, guess));
    expect((await login(password, "198.51.100.1")).status).toBe(429);
    expect((await login(password, "203.0.113.5")).status).toBe(200);
    // Also behind a proxy that is trusted; what a stranger claims is not.
    const behind = (from: string) =>
      call("POST", "/api/auth/login", {
        body: { email, password },
        headers: { "x-forwarded-for": "203.0.113.5" },
        from,
      });
    expect((await behind("127.0.0.1")).status).toBe(200);
    expect((await behind("198.51.100.1")).status).toBe(429);
  });

  test("many that are right at one moment are let in", async () => {
    const answers = await Promise.all(Array.from({ length: 30 }, () => login(password)));
    expect(count(answers, 200)).toBe(30);
  });

  test("is in the audit, without what was typed, as often as it was looked at", async () => {
    await Promise.all(Array.from({ length: 50 }, () => login("hunter2 hunter2")));
    const rows = await failures();
    expect(rows).toHaveLength(5);
    expect(rows[0]).toMatchObject({ action: "login_failed", details: { source: "192.0.2.1" } });
    await login(password, "192.0.2.9", "hunter2 hunter2");
    const all = await rig.database`select from audit_logs where audit_logs::text like '%hunter2%'`;
    expect(all).toHaveLength(0);
  });

  test("fills no audit, whatever the number of those who do it", async () => {
    const [before] = await rig.database`select count(*)::int as rows from audit_logs`;
    const answers = await Promise.all(
      Array.from({ length: 130 }, (_, at) =>
        login("wrong wrong wrong", `10.1.${at}.1`, `${at}@y.test`),
      ),
    );
    expect(count(answers, 401)).toBe(130);
    const [after] = await rig.database`select count(*)::int as rows from audit_logs`;
    expect(after?.rows - before?.rows).toBe(100);
  });
});

describe("a password", () => {
  const change = (token: string, currentPassword: string, more: object = {}) =>
    call("POST", `/api/users/${userId}/change-password`, {
      token,
      body: { currentPassword, newPassword: `${password}!`, ...more },
    });

  test("is guessed at with a stolen session no faster than at the door", async () => {
    const { token } = (await login(password)).body;
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => change(token, `guess ${at}`)),
    );
    expect([count(answers, 400), count(answers, 429)]).toEqual([5, 55]);
    expect((await failures()).map(({ action }) => action)).toEqual(
      Array.from({ length: 5 }, () => "change_password_failed"),
    );
  });

  test("that is changed ends the other sessions, and the API tokens by choice", async () => {
    const { token } = (await login(password)).body;
    const other = (await login(password)).body.token;
    const made = { name: "ci", role: "viewer" };
    const secret = (await call("POST", "/api/tokens", { token, body: made })).body.secret;
    const me = async (of: string) => (await call("GET", "/api/auth/me", { token: of })).status;
    expect((await change(token, password)).status).toBe(200);
    expect([await me(token), await me(other), await me(secret)]).toEqual([200, 401, 200]);
    expect((await change(token, `${password}!`, { endTokens: true })).status).toBe(200);
    expect([await me(token), await me(secret)]).toEqual([200, 401]);
  });
});

describe("rates", () => {
  test("are limited for each token and for each address, with Retry-After", async () => {
    const { token } = (await login(password)).body;
    const second = (await login(password)).body.token;
    app = door({ requestsPerSecond: 1 });
    const flood = (sent: Sent) =>
      Promise.all(Array.from({ length: 60 }, () => call("GET", "/api/auth/me", sent)));
    const answers = await flood({ token });
    expect(count(answers, 429)).toBeGreaterThan(0);
    const refused = answers.find(({ status }) => status === 429);
    expect(refused?.body.code).toBe("too_many_requests");
    expect(Number(refused?.headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect((await call("GET", "/api/auth/me", { token: second })).status).toBe(200);
    expect(count(await flood({ from: "192.0.2.50" }), 429)).toBeGreaterThan(0);
    expect(count(await flood({ from: "192.0.2.51", token: "bpt_x" }), 429)).toBeGreaterThan(0);
    expect((await call("GET", "/api/auth/me", { token: second, from: "192.0.2.50" })).status).toBe(
      200,
    );
  });
});

describe("headers", () => {
  test("no answer of the API is kept", async () => {
    const { token } = (await login(password)).body;
    for (const path of ["/api/auth/me", "/api/no-such-thing", "/api/openapi.json"]) {
      const { headers } = await call("GET", path, { token });
      expect([path, headers.get("cache-control")]).toEqual([path, "no-store"]);
    }
    expect((await call("GET", "/api/auth/me")).headers.get("cache-control")).toBe("no-store");
  });

  test("the console runs and reaches nothing but its own", async () => {
    const policy = (await call("GET", "/")).headers.get("content-security-policy") ?? "";
    const directives = policy.split(";").map((directive) => directive.trim());
    expect(directives).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
      ]),
    );
  });

  test("TLS is promised only where it is there", async () => {
    expect((await call("GET", "/")).headers.get("strict-transport-security")).toBeNull();
    app = door({ secureCookie: true });
    expect((await call("GET", "/")).headers.get("strict-transport-security")).toMatch(/^max-age=/);
  });
});

test("metrics are for those with a token that is for all environments", async () => {
  expect((await call("GET", "/metrics")).status).toBe(401);
  expect((await call("GET", "/metrics", { token: "bpt_unknown" })).status).toBe(401);
  const { token } = (await login(password)).body;
  const answer = await call("GET", "/metrics", { token });
  expect([answer.status, answer.body]).toEqual([200, "bridgeport_up 1\n"]);
});
