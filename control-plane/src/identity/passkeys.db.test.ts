import { Hono } from "hono";
import pino from "pino";
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import type { Answer } from "../http/api.fixture.ts";
import { createApp } from "../http/app.ts";
import { secretsWith } from "../secrets.ts";
import { authRoutes } from "./auth.routes.ts";
import { meanwhile } from "./meanwhile.fixture.ts";
import { codeOf, stepAt } from "./one-time-codes.ts";
import { passkeyLoginRoutes } from "./passkey-login.routes.ts";
import { passkeysRoutes } from "./passkeys.routes.ts";
import { mostPasskeys } from "./passkeys.store.ts";
import { hashPassword } from "./passwords.ts";
import { relyingPartyOf } from "./relying-party.ts";
import { closeSessionsOf, openSession } from "./sessions.store.ts";
import {
  type SoftwareAuthenticator,
  softwareAuthenticator,
} from "./software-authenticator.fixture.ts";
import { insertToken } from "./tokens.store.ts";
import { totpRoutes } from "./totp.routes.ts";
import { usersRoutes } from "./users.routes.ts";
import { insertUser } from "./users.store.ts";

const publicUrl = "https://console.bridgeport.test";
const password = "correct horse battery";
const secrets = secretsWith("33".repeat(32));
let rig: TestDatabase;
let app: ReturnType<typeof createApp>;
let passwordHash: string;
let clock: number;
let ada: Client;

beforeAll(async () => {
  passwordHash = await hashPassword(password);
});
beforeEach(async () => {
  rig = await openTestDatabase();
  clock = Date.now();
  app = consoleAt(publicUrl);
  ada = await clientOf("ada@bridgeport.test");
});
afterEach(async () => {
  vi.useRealTimers();
  await rig.close();
});
/** So that no wait for a further attempt ends during a test. */
const stopTheClock = () => vi.useFakeTimers({ toFake: ["Date"] });

function consoleAt(url: string) {
  const { database } = rig;
  const log = pino({ level: "silent" });
  const parts = { database, secrets, secureCookie: true, publicUrl: url, clock: () => clock };
  return createApp({
    ...parts,
    log,
    version: "0.0.0",
    routes: [
      authRoutes(parts),
      passkeysRoutes(parts),
      passkeyLoginRoutes(parts),
      totpRoutes(parts),
      usersRoutes(parts),
    ],
    answered() {},
    live: new Hono(),
    health: new Hono(),
    console: new Hono(),
  });
}

/** A browser of its own, with its cookies. */
function browser(token: string | null = null) {
  const cookies = new Map<string, string>();
  return {
    cookies,
    async call(method: string, path: string, body?: unknown, of = app): Promise<Answer> {
      const response = await of.request(`${publicUrl}/api${path}`, {
        method,
        headers: {
          ...(token === null ? {} : { Authorization: `Bearer ${token}` }),
          ...(body === undefined ? {} : { "Content-Type": "application/json" }),
          Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join("; "),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      for (const cookie of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
        if (/Max-Age=0/i.test(cookie)) cookies.delete(name);
        else cookies.set(name, value);
      }
      return { status: response.status, body: await response.json() };
    },
  };
}
type Browser = ReturnType<typeof browser>;
type Client = Browser & { id: string };

async function clientOf(email: string, role: "viewer" | "admin" = "viewer"): Promise<Client> {
  const { id } = await insertUser(rig.database, { email, name: null, role, passwordHash });
  return { id, ...browser(await openSession(rig.database, id)) };
}

const said = ({ status, body }: Answer) => [status, body.code];
const begin = (by: Browser, more: object = {}) =>
  by.call("POST", "/auth/passkeys/options", { currentPassword: password, ...more });
const finish = (by: Browser, credential: unknown, name = "Laptop") =>
  by.call("POST", "/auth/passkeys", { name, credential });
const list = async (by: Browser) => (await by.call("GET", "/auth/passkeys")).body.passkeys;

async function add(by: Browser, key = softwareAuthenticator(publicUrl), name = "Laptop") {
  const { body } = await begin(by);
  const answer = await finish(by, key.create(body.options), name);
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return key;
}

test("one that is added in a session that ends meanwhile is not kept", async () => {
  const { options } = (await begin(ada)).body;
  const credential = softwareAuthenticator(publicUrl).create(options);
  const answer = await meanwhile(
    rig.database,
    (sql) => closeSessionsOf(sql, ada.id, null),
    () => finish(ada, credential),
  );
  expect(said(answer)).toEqual([401, "session_ended"]);
  expect(await rig.database`select from passkeys where user_id = ${ada.id}`).toHaveLength(0);
});

type Bent = Parameters<SoftwareAuthenticator["get"]>[1];
const beginLogin = async (by: Browser) =>
  (await by.call("POST", "/auth/passkeys/login/options")).body.options;
const present = (by: Browser, credential: unknown) =>
  by.call("POST", "/auth/passkeys/login", { credential });
async function logIn(key: SoftwareAuthenticator, bent: Bent = {}, by = browser()) {
  return present(by, key.get(await beginLogin(by), bent));
}

async function audited(like: string): Promise<{ action: string; details: Answer["body"] }[]> {
  return rig.database`
    select action, details from audit_logs where action like ${like} order by at, id`;
}
const lastRefusal = async () => (await audited("login_failed")).at(-1)?.details;
const sessions = async () => (await rig.database`select from sessions`).length;

/** Is refused for this reason, and opens nothing. */
async function expectRefused(attempt: () => Promise<Answer>, reason: string, code?: string) {
  const before = await sessions();
  expect(said(await attempt())).toEqual([401, code ?? "passkey_refused"]);
  expect(await lastRefusal()).toMatchObject({ method: "passkey", reason });
  expect(await sessions()).toBe(before);
}

describe("adding one", () => {
  test("takes the password, and a user logs in with it alone from then on", async () => {
    expect(said(await begin(ada, { currentPassword: "not the right one" }))).toEqual([
      400,
      "wrong_password",
    ]);
    const { body } = await begin(ada);
    expect(body.options).toMatchObject({
      rp: { id: "console.bridgeport.test" },
      attestation: "none",
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    });
    // Neither the id nor the address, and the same one each time.
    const handle = Buffer.from(body.options.user.id, "base64url");
    expect(handle).toHaveLength(16);
    expect(handle.toString("hex")).not.toBe(ada.id.replaceAll("-", ""));
    expect((await begin(ada)).body.options.user.id).toBe(body.options.user.id);
    const key = await add(ada);
    const [listed] = await list(ada);
    expect(listed).toMatchObject({ name: "Laptop", lastUsedAt: null });

    const guest = browser();
    const answer = await logIn(key, {}, guest);
    expect(answer.status).toBe(200);
    expect(answer.body.user).toMatchObject({ id: ada.id, passkeys: 1 });
    expect([...guest.cookies.keys()]).toEqual(["__Host-bridgeport_session"]);
    const me = await browser(answer.body.token).call("GET", "/auth/me");
    expect(me.body.user.id).toBe(ada.id);
    expect((await list(ada))[0].lastUsedAt).not.toBeNull();
    expect((await audited("login"))[0]?.details).toMatchObject({
      method: "passkey",
      passkey: { id: listed.id, name: "Laptop" },
    });
    expect(
      (await audited("passkey%")).map(({ action, details }) => [action, details.reason]),
    ).toEqual([
      ["passkey_failed", "wrong_password"],
      ["passkey_added", undefined],
    ]);
    const text = JSON.stringify(await rig.database`select audit_logs::text from audit_logs`);
    const [row] = await rig.database`select public_key from passkeys`;
    expect([text.includes(key.id), text.includes(row?.publicKey.toString("hex"))]).toEqual([
      false,
      false,
    ]);
  });

  test("takes a code as well where logging in does, and then logs in without one", async () => {
    const { body: made } = await ada.call("POST", "/auth/totp", { currentPassword: password });
    const code = () => codeOf(made.secret, stepAt(clock));
    await ada.call("POST", "/auth/totp/confirm", { code: code() });
    clock += 30_000;
    expect(said(await begin(ada))).toEqual([400, "second_factor_required"]);
    expect(said(await begin(ada, { code: "000000" }))).toEqual([400, "wrong_code"]);
    const { body } = await begin(ada, { code: code() });
    const key = softwareAuthenticator(publicUrl);
    expect((await finish(ada, key.create(body.options))).status).toBe(200);
    expect((await logIn(key)).status).toBe(200);
  });

  test("is slowed down when the password is guessed", async () => {
    stopTheClock();
    const guesses = await Promise.all(
      Array.from({ length: 8 }, () => begin(ada, { currentPassword: "a guess" })),
    );
    expect(guesses.filter(({ status }) => status === 400)).toHaveLength(5);
    expect(said(await begin(ada))).toEqual([429, "too_many_attempts"]);
  });

  test.each<[string, Bent]>([
    ["wrong_origin", { origin: "https://console.bridgeport.test.evil.test" }],
    ["wrong_rp_id", { rpId: "evil.test" }],
    ["user_not_verified", { verified: false }],
    ["invalid", { challenge: "AAAA" }],
    ["invalid", { type: "webauthn.get" }],
    ["attestation", { attestation: { fmt: "fido-u2f", attStmt: Buffer.from([0xa0]) } }],
    [
      "attestation",
      {
        attestation: { fmt: "packed", attStmt: Buffer.from([0xa1, 0x63, 0x78, 0x35, 0x63, 0x80]) },
      },
    ],
  ])("is refused: %s, by %j", async (reason, bent) => {
    const { body } = await begin(ada);
    const answer = await finish(ada, softwareAuthenticator(publicUrl).create(body.options, bent));
    expect(said(answer)).toEqual([400, "passkey_refused"]);
    expect((await audited("passkey_failed"))[0]?.details).toMatchObject({ reason });
    expect(await list(ada)).toEqual([]);
  });

  test("is refused with a challenge that was used, is too old, or is another's", async () => {
    const refused = async (by: Browser, credential: unknown, reason: string) => {
      expect(said(await finish(by, credential))).toEqual([400, "passkey_refused"]);
      expect((await audited("passkey_failed")).at(-1)?.details).toMatchObject({ reason });
    };
    const key = softwareAuthenticator(publicUrl);
    const first = key.create((await begin(ada)).body.options);
    const kept = new Map(ada.cookies);
    expect((await finish(ada, first)).status).toBe(200);
    await refused(ada, first, "not_begun");
    for (const [name, value] of kept) ada.cookies.set(name, value);
    await refused(ada, first, "expired");

    const late = softwareAuthenticator(publicUrl).create((await begin(ada)).body.options);
    clock += 300_000;
    await refused(ada, late, "expired");

    const eve = await clientOf("eve@bridgeport.test");
    const { body } = await begin(eve);
    for (const [name, value] of eve.cookies) ada.cookies.set(name, value);
    await refused(ada, softwareAuthenticator(publicUrl).create(body.options), "not_begun");
    // A challenge for logging in, which takes no password, adds nothing either.
    const options = { ...body.options, ...(await beginLogin(ada)) };
    await refused(ada, softwareAuthenticator(publicUrl).create(options), "not_begun");
    expect(await list(ada)).toHaveLength(1);
  });

  test("one belongs to one user only, and a user has not too many", async () => {
    const key = await add(ada);
    const eve = await clientOf("eve@bridgeport.test");
    const again = key.create((await begin(eve)).body.options);
    expect(said(await finish(eve, again))).toEqual([409, "passkey_taken"]);
    expect((await begin(ada)).body.options.excludeCredentials).toMatchObject([{ id: key.id }]);
    const row = { user_id: ada.id, public_key: Buffer.from("k"), sign_count: 0, name: "n" };
    for (let n = 1; n < mostPasskeys; n += 1) {
      await rig.database`
        insert into passkeys ${rig.database({ ...row, id: crypto.randomUUID(), credential_id: Buffer.from([n]) })}`;
    }
    expect(said(await begin(ada))).toEqual([409, "too_many_passkeys"]);
  });

  test("an API token neither sees nor adds any", async () => {
    const asked = { name: "t", role: "viewer", userId: ada.id, environmentIds: null } as const;
    const { secret } = await insertToken(rig.database, { ...asked, expiresAt: null });
    const token = browser(secret);
    expect((await token.call("GET", "/auth/passkeys")).status).toBe(403);
    expect((await begin(token)).status).toBe(403);
  });
});

describe("logging in", () => {
  let key: SoftwareAuthenticator;
  beforeEach(async () => {
    key = await add(ada);
  });

  test.each<[string, Bent]>([
    ["wrong_origin", { origin: "https://console.bridgeport.test.evil.test" }],
    ["wrong_origin", { origin: "http://console.bridgeport.test" }],
    ["wrong_rp_id", { rpId: "bridgeport.test" }],
    ["user_not_verified", { verified: false }],
    ["invalid", { challenge: "AAAA" }],
    ["invalid", { type: "webauthn.create" }],
    ["other_user", { userHandle: "AAAAAAAAAAAAAAAAAAAAAA" }],
  ])("is refused: %s, by %j", async (reason, bent) => {
    await expectRefused(() => logIn(key, bent), reason);
    expect((await logIn(key)).status).toBe(200);
  });

  test("says where passkeys work when the console is open elsewhere", async () => {
    const { body } = await logIn(key, { origin: "https://10.0.0.1" });
    expect(body.error).toBe(`Passkeys work at ${publicUrl} only: open the console there.`);
  });

  test("is refused with another user's key", async () => {
    const eve = await clientOf("eve@bridgeport.test");
    const hers = await add(eve);
    // Signed with hers, sent as if it were Ada's, with either user's handle.
    const handle = key.get({ challenge: "", rpId: "" }).response.userHandle;
    const forged = (bent: Bent) => async () => {
      const guest = browser();
      const made = hers.get(await beginLogin(guest), bent);
      return present(guest, { ...made, id: key.id });
    };
    await expectRefused(forged({}), "other_user");
    await expectRefused(forged({ userHandle: handle, signCount: 7 }), "invalid");
    // Her own, as another user.
    await expectRefused(() => logIn(hers, { userHandle: handle }), "other_user");
    expect((await logIn(hers)).body.user.id).toBe(eve.id);
  });

  test("takes an answer once, also of several at one moment", async () => {
    const guest = browser();
    const assertion = key.get(await beginLogin(guest));
    const kept = new Map(guest.cookies);
    expect((await present(guest, assertion)).status).toBe(200);
    await expectRefused(() => present(guest, assertion), "not_begun");
    const copy = () => {
      const other = browser();
      for (const [name, value] of kept) other.cookies.set(name, value);
      return other;
    };
    await expectRefused(() => present(copy(), assertion), "expired");

    const fresh = browser();
    const another = key.get(await beginLogin(fresh));
    kept.clear();
    for (const [name, value] of fresh.cookies) kept.set(name, value);
    const answers = await Promise.all([1, 2, 3, 4].map(() => present(copy(), another)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401, 401, 401]);
  });

  test("is refused without a challenge of this browser, and with one that is too old", async () => {
    const options = await beginLogin(browser());
    await expectRefused(() => present(browser(), key.get(options)), "not_begun");
    const guest = browser();
    const late = key.get(await beginLogin(guest));
    clock += 300_000;
    await expectRefused(() => present(guest, late), "expired");
    const forged = browser();
    forged.cookies.set("__Host-bridgeport_passkey", "AAAA");
    await expectRefused(() => present(forged, late), "not_begun");
    // A challenge for adding a passkey opens no session.
    const other = browser();
    const { body } = await begin(ada);
    for (const [name, value] of ada.cookies) other.cookies.set(name, value);
    const { challenge } = body.options;
    const assertion = key.get({ challenge, rpId: "console.bridgeport.test" });
    await expectRefused(() => present(other, assertion), "not_begun");
  });

  test("asking for a challenge stores nothing", async () => {
    const stored = () => rig.database`
      select (select count(*) from passkey_challenges) as challenges,
        (select count(*) from audit_logs) as audited`;
    const before = await stored();
    for (let n = 0; n < 5; n += 1) await beginLogin(browser());
    expect(await stored()).toEqual(before);
  });

  test("is refused when the counter does not go on", async () => {
    expect((await logIn(key, { signCount: 9 })).status).toBe(200);
    await expectRefused(() => logIn(key, { signCount: 9 }), "counter");
    await expectRefused(() => logIn(key, { signCount: 3 }), "counter");
    await expectRefused(() => logIn(key, { signCount: 0 }), "counter");
    expect((await logIn(key, { signCount: 10 })).status).toBe(200);
  });

  test("with one count only one of several logins is taken", async () => {
    const both = await Promise.all([1, 2].map(() => logIn(key, { signCount: 20 })));
    expect(both.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  test("an authenticator that does not count logs in each time", async () => {
    const { body } = await begin(ada);
    const quiet = softwareAuthenticator(publicUrl);
    await finish(ada, quiet.create(body.options, { signCount: 0 }));
    for (let n = 0; n < 3; n += 1) {
      expect((await logIn(quiet, { signCount: 0 })).status).toBe(200);
    }
  });

  test("is refused with a passkey that no user here has", async () => {
    const unknown = () => expectRefused(() => logIn(key), "unknown_passkey", "unknown_passkey");
    await expectRefused(
      () => logIn(softwareAuthenticator(publicUrl)),
      "unknown_passkey",
      "unknown_passkey",
    );
    const [{ id }] = await list(ada);
    expect((await ada.call("DELETE", `/auth/passkeys/${id}`)).status).toBe(200);
    await unknown();
    key = await add(ada);
    await rig.database`delete from users where id = ${ada.id}`;
    await unknown();
  });

  test("is slowed down where it fails, and not where the user has logged in from", async () => {
    stopTheClock();
    expect((await logIn(key)).status).toBe(200);
    const stranger = softwareAuthenticator(publicUrl);
    for (let n = 0; n < 20; n += 1) await logIn(stranger);
    expect(said(await logIn(stranger))).toEqual([429, "too_many_attempts"]);
    expect((await logIn(key)).status).toBe(200);
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["no bytes", { id: "!", type: "public-key", response: {} }],
    ["no CBOR", { clientDataJSON: "AA", authenticatorData: "AA", signature: "AA" }],
  ])("bad input is refused with a sentence: %s", async (_, response) => {
    const guest = browser();
    await beginLogin(guest);
    const answer = await present(guest, { id: key.id, type: "public-key", response });
    expect([400, 401]).toContain(answer.status);
    expect(answer.body.error).toMatch(/\w/);
  });
});

describe("removing and renaming", () => {
  test("one's own only", async () => {
    const key = await add(ada);
    const eve = await clientOf("eve@bridgeport.test");
    const [{ id }] = await list(ada);
    expect((await eve.call("DELETE", `/auth/passkeys/${id}`)).status).toBe(404);
    expect((await eve.call("PATCH", `/auth/passkeys/${id}`, { name: "x" })).status).toBe(404);
    const renamed = await ada.call("PATCH", `/auth/passkeys/${id}`, { name: "Key" });
    expect(renamed.body.passkey).toMatchObject({ id, name: "Key" });
    expect((await ada.call("DELETE", `/auth/passkeys/${id}`)).status).toBe(200);
    expect(await list(ada)).toEqual([]);
    expect((await logIn(key)).status).toBe(401);
    expect((await audited("passkey%")).map(({ action }) => action)).toEqual([
      "passkey_added",
      "passkey_renamed",
      "passkey_removed",
    ]);
  });

  test("all of a user by an administrator of all environments", async () => {
    const [key, other] = [await add(ada), await add(ada, undefined, "Phone")];
    const eve = await clientOf("eve@bridgeport.test");
    const root = await clientOf("root@bridgeport.test", "admin");
    const path = `/users/${ada.id}/passkeys`;
    expect((await eve.call("DELETE", path)).status).toBe(403);
    expect((await root.call("GET", `/users/${ada.id}`)).body.user.passkeys).toBe(2);
    expect((await root.call("DELETE", path)).status).toBe(200);
    expect((await root.call("DELETE", path)).status).toBe(404);
    for (const one of [key, other]) expect((await logIn(one)).status).toBe(401);
    const [entry] = await audited("passkey_removed");
    expect(entry?.details.passkeys).toMatchObject([{ name: "Laptop" }, { name: "Phone" }]);
  });
});

describe("where the console is reached", () => {
  test.each([
    ["https://bridgeport.corp", { id: "bridgeport.corp", origin: "https://bridgeport.corp" }],
    ["https://b.corp:8443/ops", { id: "b.corp", origin: "https://b.corp:8443" }],
    ["http://localhost:3000", { id: "localhost", origin: "http://localhost:3000" }],
  ])("%s: passkeys can be used", (url, party) => {
    expect(relyingPartyOf(url)).toEqual(party);
  });

  test.each([
    ["http://bridgeport.corp", /need https/],
    ["http://127.0.0.1:3000", /need a host name/],
    ["https://[::1]:3000", /need a host name/],
    ["http://localhost.corp", /need https/],
  ])("%s: they cannot, and the answer says why", async (url, why) => {
    expect(relyingPartyOf(url)).toMatch(why);
    const plain = consoleAt(url);
    const { body } = await ada.call("GET", "/auth/passkeys", undefined, plain);
    expect(body.unavailable).toMatch(why);
    const options = await ada.call("POST", "/auth/passkeys/login/options", undefined, plain);
    expect(said(options)).toEqual([409, "passkeys_unavailable"]);
    expect(options.body.error).toMatch(why);
  });
});
