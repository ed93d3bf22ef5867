import { Hono } from "hono";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { client, startIdentityProvider, Visitor } from "../../../test/harness/identity-provider.ts";
import { roleIn } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { parseGroupRoles } from "../group-roles.ts";
import { applyGroupRolesEnd } from "../housekeeping/group-roles.ts";
import type { Answer } from "../http/api.fixture.ts";
import { createApp } from "../http/app.ts";
import { secretsWith } from "../secrets.ts";
import { authRoutes } from "./auth.routes.ts";
import { linkIdentity } from "./identities.store.ts";
import { isKnownSource } from "./login-sources.store.ts";
import { oidcRoutes, ownPath } from "./oidc.routes.ts";
import { type IdentityProvider, openIdentityProvider } from "./oidc-provider.ts";
import { actorOfToken, openSession, outdated } from "./sessions.store.ts";
import { insertToken } from "./tokens.store.ts";
import { usersRoutes } from "./users.routes.ts";
import { findPasswordHash, findUser, insertUser } from "./users.store.ts";

const publicUrl = "http://console.bridgeport.test";
const callback = `${publicUrl}/api/auth/oidc/callback`;
const start = `${publicUrl}/api/auth/oidc/start`;
const log = pino({ level: "silent" });

let rig: TestDatabase;
let provider: Awaited<ReturnType<typeof startIdentityProvider>>;
let identityProvider: IdentityProvider;
let app: ReturnType<typeof createApp>;
let staging: string;
let clock: number;
let subject: string;
let email: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  provider = await startIdentityProvider(callback);
  staging = await insertEnvironment(rig.database, "staging");
  const groups = parseGroupRoles("ops=admin,dev=operator@staging,gone=admin@nowhere") ?? [];
  const config = { issuer: provider.issuer, ...client, groups };
  identityProvider = openIdentityProvider({ config, publicUrl, environment: {} });
  app = consoleWith(identityProvider);
});
afterAll(async () => {
  await identityProvider.close();
  await provider.close();
  await rig.close();
});
beforeEach(() => {
  clock = Date.now();
  subject = newId();
  email = `${subject}@corp.test`;
  provider.accounts.set(subject, { email, email_verified: true, name: "Ada", groups: ["dev"] });
  provider.become(subject);
});

function consoleWith(of: IdentityProvider | null) {
  const { database } = rig;
  const secrets = secretsWith("33".repeat(32));
  const parts = { database, secrets, secureCookie: false, log, publicUrl };
  return createApp({
    ...parts,
    version: "0.0.0",
    routes: [
      authRoutes(parts),
      oidcRoutes({ ...parts, identityProvider: of, clock: () => clock }),
      usersRoutes({ database }),
    ],
    answered() {},
    live: new Hono(),
    health: new Hono(),
    console: new Hono(),
  });
}

const visitor = (of = app) =>
  new Visitor(async (url, headers) =>
    url.origin === publicUrl
      ? of.request(url.href, { headers })
      : fetch(url, { headers, redirect: "manual" }),
  );

async function me(browser: Visitor) {
  const response = await browser.get(new URL(`${publicUrl}/api/auth/me`));
  const body: Answer["body"] = await response.json();
  return { status: response.status, body };
}

/** Logs in from the start to where it ends. @returns the path */
async function logIn(browser: Visitor, next = "/"): Promise<string> {
  const from = new URL(start);
  from.searchParams.set("next", next);
  const back = await browser.follow(from, callback);
  return land(browser, back);
}
async function land(browser: Visitor, back: URL): Promise<string> {
  const response = await browser.get(back);
  expect(response.status).toBe(303);
  return response.headers.get("location") ?? "";
}
const problem = (path: string) => new URL(path, publicUrl).searchParams.get("problem");

async function refusals(): Promise<
  { resourceId: string | null; details: Record<string, unknown> }[]
> {
  return rig.database`
    select resource_id, details from audit_logs
    where action = 'login_failed' and details ->> 'subject' = ${subject} order by at`;
}

test("methods say how to log in", async () => {
  const ask = async (of: typeof app) => (await of.request("/api/auth/methods")).json();
  expect(await ask(app)).toEqual({
    password: true,
    oidc: { name: new URL(provider.issuer).host, startUrl: "/api/auth/oidc/start" },
    passkeys: false,
  });
  const without = consoleWith(null);
  expect(await ask(without)).toMatchObject({ oidc: null });
  expect((await without.request("/api/auth/oidc/start")).status).toBe(404);
});

test("a user of the provider logs in, with the roles of the groups, and is the same one next time", async () => {
  const browser = visitor();
  expect(await logIn(browser, "/e/staging/images?q=1")).toBe("/e/staging/images?q=1");
  const { body } = await me(browser);
  expect(body.user).toMatchObject({
    email,
    name: "Ada",
    role: "operator",
    roles: [{ environmentId: staging, role: "operator" }],
    password: false,
    identity: { issuer: `${provider.issuer}/`, subject },
  });
  const [entry] = await rig.database`
    select details from audit_logs where action = 'login' and resource_id = ${body.user.id}`;
  expect(entry?.details).toMatchObject({ method: "oidc", roles: body.user.roles });
  // Where a user has logged in from is not slowed down by other people's guesses.
  const source: string = entry?.details.source;
  expect(await isKnownSource(rig.database, body.user.email, source)).toBe(true);
  // An address that changes, or that another person gets, is no other user.
  provider.accounts.set(subject, { email: `new-${email}`, groups: ["dev"] });
  const again = visitor();
  await logIn(again);
  expect((await me(again)).body.user.id).toBe(body.user.id);
});

test("a session that was ended is over, and the provider lets in again", async () => {
  const browser = visitor();
  await logIn(browser);
  const { id } = (await me(browser)).body.user;
  await rig.database`delete from sessions where user_id = ${id}`;
  expect((await me(browser)).status).toBe(401);
  await logIn(browser);
  expect((await me(browser)).status).toBe(200);
});

describe("groups", () => {
  test("decide the roles at each login", async () => {
    const browser = visitor();
    await logIn(browser);
    provider.accounts.set(subject, { email, groups: ["ops", "other"] });
    await logIn(browser);
    expect((await me(browser)).body.user.roles).toEqual([{ environmentId: null, role: "admin" }]);
    provider.accounts.set(subject, { email, groups: ["dev"] });
    await logIn(browser);
    expect((await me(browser)).body.user.roles).toEqual([
      { environmentId: staging, role: "operator" },
    ]);
  });

  test.each([
    ["none", []],
    ["of a missing environment", ["gone"]],
    ["not told", undefined],
  ])("%s: refused", async (_, groups) => {
    const { groups: __, ...account } = { email, groups };
    provider.accounts.set(subject, groups === undefined ? account : { email, groups });
    expect(problem(await logIn(visitor()))).toBe("no_group");
    expect(await findPasswordHash(rig.database, { email })).toBeNull();
    expect(await refusals()).toMatchObject([{ details: { reason: "no_group", email } }]);
  });

  test("none any longer: what the user had is taken away, also from API tokens", async () => {
    const browser = visitor();
    await logIn(browser);
    const { id } = (await me(browser)).body.user;
    const { secret } = await insertToken(rig.database, {
      name: "kept",
      role: "operator",
      userId: id,
      environmentIds: null,
      expiresAt: null,
    });
    provider.accounts.set(subject, { email, groups: [] });
    expect(problem(await logIn(visitor()))).toBe("no_group");
    const answer = await app.request("/api/auth/me", {
      headers: { authorization: `Bearer ${secret}` },
    });
    const { user }: Answer["body"] = await answer.json();
    expect(user.roles).toEqual([]);
  });
});

describe("the roles of groups, for a user with a password,", () => {
  const admin = [{ environmentId: null, role: "admin" }];
  let id: string;
  let local: string;

  beforeEach(async () => {
    // So that no one here is the last administrator.
    const made = { name: null, role: "admin", passwordHash: "none" } as const;
    const other = await insertUser(rig.database, { ...made, email: `other-${email}` });
    local = await openSession(rig.database, other.id);
    ({ id } = await insertUser(rig.database, { ...made, email, role: "viewer" }));
    await linkIdentity(rig.database, id, { issuer: `${provider.issuer}/`, subject });
    provider.accounts.set(subject, { email, groups: ["ops"] });
    expect(problem(await logIn(visitor()))).toBeNull();
    expect(await rolesNow()).toEqual(admin);
  });

  const rolesNow = async () => (await findUser(rig.database, id))?.roles;
  const lapse = (userId = id) => rig.database`
    update user_identities set roles_until = now() - interval '1 second'
    where user_id = ${userId}`;
  const setHere = () =>
    app.request(`/api/users/${id}`, {
      method: "PATCH",
      headers: { authorization: `Bearer ${local}` },
      body: JSON.stringify({ role: "operator" }),
    });
  const operator = [{ environmentId: null, role: "operator" }];

  test("end when the provider names none of them any longer", async () => {
    provider.accounts.set(subject, { email, groups: [] });
    expect(problem(await logIn(visitor()))).toBe("no_group");
    expect(await rolesNow()).toEqual([]);
  });

  test("end some time after the last login by the provider, also for API tokens and what is open", async () => {
    const token = await openSession(rig.database, id);
    const speaking = await actorOfToken(rig.database, token);
    await applyGroupRolesEnd(rig.database);
    expect(await rolesNow()).toEqual(admin);
    await lapse();
    await applyGroupRolesEnd(rig.database);
    expect(await rolesNow()).toEqual([]);
    expect((await actorOfToken(rig.database, token))?.roles).toEqual([]);
    expect(speaking && (await outdated(rig.database, [speaking])).size).toBe(1);
    const [entry] = await rig.database`
      select details from audit_logs where action = 'update_user' and resource_id = ${id}
      order by at desc, id desc limit 1`;
    expect(entry?.details).toEqual({ roles: [], reason: expect.stringContaining("too long") });
    await logIn(visitor());
    expect(await rolesNow()).toEqual(admin);
  });

  test("end no more once an administrator has set others here", async () => {
    await lapse();
    expect((await setHere()).status).toBe(200);
    await applyGroupRolesEnd(rig.database);
    provider.accounts.set(subject, { email, groups: [] });
    expect(problem(await logIn(visitor()))).toBe("no_group");
    expect(await rolesNow()).toEqual(operator);
  });

  const unlink = () =>
    app.request(`/api/users/${id}/identity`, {
      method: "DELETE",
      headers: { authorization: `Bearer ${local}` },
    });

  test("end when the user is unlinked from the provider", async () => {
    const answer = await unlink();
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ user: { roles: [], identity: null } });
    expect(await rolesNow()).toEqual([]);
    const [entry] = await rig.database`
      select actor_type, details from audit_logs
      where action = 'update_user' and resource_id = ${id} order by at desc, id desc limit 1`;
    expect(entry).toEqual({
      actorType: "user",
      details: { roles: [], reason: "unlinked from the identity provider" },
    });
  });

  test("are not those that were set here, which stay when the user is unlinked", async () => {
    expect((await setHere()).status).toBe(200);
    expect((await unlink()).status).toBe(200);
    expect(await rolesNow()).toEqual(operator);
  });

  test("stay with the last administrator with a password, and with who has none", async () => {
    await rig.database`delete from user_roles where role = 'admin' and user_id <> ${id}`;
    provider.accounts.set("sub-only", { email: `only-${email}`, groups: ["dev"] });
    provider.become("sub-only");
    const browser = visitor();
    await logIn(browser);
    const only = (await me(browser)).body.user;
    await lapse();
    await lapse(only.id);
    await applyGroupRolesEnd(rig.database);
    expect(await rolesNow()).toEqual(admin);
    expect((await findUser(rig.database, only.id))?.roles).toEqual(only.roles);
  });

  test("end with the last administrator with a password once there is another one", async () => {
    await rig.database`delete from user_roles where role = 'admin' and user_id <> ${id}`;
    await lapse();
    await applyGroupRolesEnd(rig.database);
    expect(await rolesNow()).toEqual(admin);
    const next = { name: null, role: "admin", passwordHash: "none" } as const;
    await insertUser(rig.database, { ...next, email: `next-${email}` });
    await applyGroupRolesEnd(rig.database);
    expect(await rolesNow()).toEqual([]);
  });
});

describe("an e-mail address", () => {
  test("that a local user has does not let in, until an administrator has linked the two", async () => {
    const local = await insertUser(rig.database, {
      email: email.toUpperCase(),
      name: null,
      role: "viewer",
      passwordHash: "none",
    });
    expect(problem(await logIn(visitor()))).toBe("email_taken");
    const [refused] = await refusals();
    expect(refused?.details).toMatchObject({ reason: "email_taken", email });
    const admin = await insertUser(rig.database, {
      email: `admin-${email}`,
      name: null,
      role: "admin",
      passwordHash: "none",
    });
    const token = await openSession(rig.database, admin.id);
    const link = (method: string, id: string, as = token) =>
      app.request(`/api/users/${id}/identity`, {
        method,
        headers: { authorization: `Bearer ${as}` },
        ...(method === "PUT"
          ? { body: JSON.stringify({ subject: refused?.details.subject }) }
          : {}),
      });
    const viewer = await openSession(rig.database, local.id);
    expect((await link("PUT", local.id, viewer)).status).toBe(403);
    expect((await link("PUT", local.id)).status).toBe(200);
    expect((await link("PUT", admin.id)).status).toBe(409);
    const browser = visitor();
    await logIn(browser);
    expect((await me(browser)).body.user).toMatchObject({ id: local.id, password: true });
    const made = await insertToken(rig.database, {
      ...{ name: "made", role: "viewer", userId: local.id, environmentIds: null, expiresAt: null },
    });
    expect((await link("DELETE", local.id)).status).toBe(200);
    expect((await me(browser)).status).toBe(401);
    expect(await actorOfToken(rig.database, made.secret)).toBeNull();
    expect(problem(await logIn(visitor()))).toBe("email_taken");
  });

  test.each([
    ["email_not_verified", { email_verified: false }],
    ["email_not_verified", { email_verified: "false" }],
    ["no_email", { email: undefined }],
  ])("%s: refused", async (reason, more) => {
    const account = { email, groups: ["ops"], ...more };
    if (account.email === undefined) delete (account as { email?: string }).email;
    provider.accounts.set(subject, account as never);
    expect(problem(await logIn(visitor()))).toBe(reason);
    expect(await refusals()).toMatchObject([{ details: { reason } }]);
  });
});

test("the last administrator with a password stays one, whatever the groups say", async () => {
  await rig.database`delete from user_roles where role = 'admin'`;
  const { id } = await insertUser(rig.database, {
    email: `last-${email}`,
    name: null,
    role: "admin",
    passwordHash: "none",
  });
  await rig.database`
    insert into user_identities (issuer, subject, user_id)
    values (${`${provider.issuer}/`}, ${subject}, ${id})`;
  expect(problem(await logIn(visitor()))).toBe("last_administrator");
  expect(roleIn((await findUser(rig.database, id))?.roles ?? [], null)).toBe("admin");
  await insertUser(rig.database, {
    email: `other-${email}`,
    name: null,
    role: "admin",
    passwordHash: "none",
  });
  expect(problem(await logIn(visitor()))).toBeNull();
  expect(roleIn((await findUser(rig.database, id))?.roles ?? [], null)).toBeNull();
});

describe("what comes back is refused", () => {
  const begin = async () => {
    const browser = visitor();
    return { browser, back: await browser.follow(new URL(start), callback) };
  };

  test("with another state", async () => {
    const { browser, back } = await begin();
    back.searchParams.set("state", "another");
    expect(problem(await land(browser, back))).toBe("not_begun");
    expect((await me(browser)).status).toBe(401);
  });

  test("in another browser", async () => {
    const { browser, back } = await begin();
    const other = visitor();
    expect(problem(await land(other, back))).toBe("not_begun");
    expect((await me(other)).status).toBe(401);
    // It is not used up by that.
    expect(problem(await land(browser, back))).toBeNull();
  });

  test("a second time, also with the cookie of the first", async () => {
    const { browser, back } = await begin();
    const cookies = new Map(browser.cookies(publicUrl));
    expect(problem(await land(browser, back))).toBeNull();
    expect(problem(await land(browser, back))).toBe("not_begun");
    const copied = visitor();
    for (const [name, value] of cookies) copied.cookies(publicUrl).set(name, value);
    expect(problem(await land(copied, back))).toBe("expired");
    expect((await me(copied)).status).toBe(401);
  });

  test("too late", async () => {
    const { browser, back } = await begin();
    clock += 600_000;
    expect(problem(await land(browser, back))).toBe("expired");
    expect((await me(browser)).status).toBe(401);
  });

  test.each(["nonce", "code_challenge"])("for a login with another %s", async (name) => {
    const browser = visitor();
    const asked = await browser.follow(new URL(start), provider.issuer);
    asked.searchParams.set(name, "x".repeat(43));
    const back = await browser.follow(asked, callback);
    expect(problem(await land(browser, back))).toBe("failed");
    expect((await me(browser)).status).toBe(401);
  });

  test("with a cookie that is none of ours", async () => {
    const { browser, back } = await begin();
    browser
      .cookies(publicUrl)
      .set("bridgeport_oidc", Buffer.from("nonsense").toString("base64url"));
    expect(problem(await land(browser, back))).toBe("not_begun");
  });

  test("when the user says no, and nothing that the provider says is shown", async () => {
    provider.become(null);
    const path = await logIn(visitor(), "/account");
    expect(path).toBe("/login?problem=denied&next=%2Faccount");
  });
});

test.each([
  [undefined, "/"],
  ["/e/a/images?x=1#y", "/e/a/images?x=1#y"],
  ["//elsewhere.test", "/"],
  ["/\\elsewhere.test", "/"],
  ["/\t/elsewhere.test", "/"],
  ["/a/..//elsewhere.test", "/"],
  ["https://elsewhere.test/", "/"],
  ["javascript:alert(1)", "/"],
  ["/api/auth/oidc/start", "/"],
])("%j leads to %s", (wanted, path) => {
  expect(ownPath(wanted)).toBe(path);
});

test("many who begin at once cost the provider one question about itself", async () => {
  const asked = provider.asked("/.well-known/openid-configuration");
  const config = { issuer: provider.issuer, ...client, groups: [] };
  const fresh = openIdentityProvider({ config, publicUrl, environment: {} });
  await Promise.all(Array.from({ length: 20 }, () => fresh.begin()));
  expect(provider.asked("/.well-known/openid-configuration") - asked).toBe(1);
  await fresh.close();
});

test("a provider that is down is said on the login page, and tried again", async () => {
  const config = { issuer: "http://127.0.0.1:9", ...client, groups: [] };
  const down = openIdentityProvider({ config, publicUrl, environment: {} });
  const response = await consoleWith(down).request("/api/auth/oidc/start?next=/account");
  expect([response.status, response.headers.get("location")]).toEqual([
    303,
    "/login?problem=unavailable&next=%2Faccount",
  ]);
  expect((await consoleWith(down).request("/api/auth/methods")).status).toBe(200);
  await down.close();
});

test("an issuer that leads to a cloud's own address is not asked", async () => {
  const config = { issuer: "https://169.254.169.254", ...client, groups: [] };
  const inside = openIdentityProvider({ config, publicUrl, environment: {} });
  await expect(inside.begin()).rejects.toThrow();
  await inside.close();
});

test("the cookie of a login that was begun is for the browser only, and short-lived", async () => {
  const response = await app.request(start);
  const [cookie = ""] = response.headers.getSetCookie();
  expect(cookie).toMatch(/^bridgeport_oidc=[\w-]+;/);
  for (const attribute of ["HttpOnly", "SameSite=Lax", "Max-Age=600"]) {
    expect(cookie).toContain(attribute);
  }
});
