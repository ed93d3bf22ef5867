import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { type Actor, system } from "../actor.ts";
import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type Answer, type TestApi, testApi } from "../http/api.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { authRoutes } from "./auth.routes.ts";
import { codeOf, stepAt } from "./one-time-codes.ts";
import { hashPassword } from "./passwords.ts";
import { takeSecondFactor } from "./second-factor.ts";
import { actorOfToken } from "./sessions.store.ts";
import { insertToken } from "./tokens.store.ts";
import { totpRoutes } from "./totp.routes.ts";
import { usersRoutes } from "./users.routes.ts";
import { insertUser } from "./users.store.ts";

const password = "correct horse battery";
const secrets = secretsWith("33".repeat(32));
let rig: TestDatabase;
let api: TestApi;
let passwordHash: string;
/** what the codes are compared by; the tests move it */
let now: number;
let email: string;
let userId: string;

beforeAll(async () => {
  passwordHash = await hashPassword(password);
});
beforeEach(async () => {
  rig = await openTestDatabase();
  now = 1_800_000_000_000;
  const parts = { database: rig.database, secrets, secureCookie: false, clock: () => now };
  api = testApi(authRoutes(parts), totpRoutes(parts), usersRoutes(parts));
  email = `${newId()}@bridgeport.test`;
  userId = await add(email, "viewer");
  api.actor = await actorOf((await login()).body.token);
});
afterEach(() => rig.close());

async function add(of: string, role: "viewer" | "admin"): Promise<string> {
  return (await insertUser(rig.database, { email: of, name: null, role, passwordHash })).id;
}

async function actorOf(token: string): Promise<Actor> {
  const actor = await actorOfToken(rig.database, token);
  if (!actor) throw new Error("the session just opened is not known");
  return actor;
}

const login = (more: object = {}) => api.post("/auth/login", { email, password, ...more });
const said = ({ status, body }: Answer) => [status, body.code];
const nextStep = () => {
  now += 30_000;
};
const codeNow = (secret: string) => codeOf(secret, stepAt(now));
const begin = (currentPassword = password) => api.post("/auth/totp", { currentPassword });

/** Sets the second factor up as a user does. */
async function setUp(): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { secret } = (await begin()).body;
  const answer = await api.post("/auth/totp/confirm", { code: codeNow(secret) });
  expect(answer.status).toBe(200);
  nextStep();
  return { secret, recoveryCodes: answer.body.recoveryCodes };
}

async function audited(): Promise<{ action: string; details: Record<string, unknown> }[]> {
  return rig.database`
    select action, details from audit_logs
    where resource_id = ${userId} and action like '%second_factor%' order by at, id`;
}

describe("setting it up", () => {
  test("takes the current password, and shows the secret once", async () => {
    expect(said(await begin("not the right one"))).toEqual([400, "wrong_password"]);
    const { body } = await begin();
    expect(body.uri).toContain(`secret=${body.secret}`);
    const { body: status } = await api.get("/auth/totp");
    expect(status).toEqual({
      secondFactor: { enabled: false, enabledAt: null, recoveryCodesLeft: 0 },
    });
    expect((await audited()).map(({ action }) => action)).toEqual([
      "second_factor_failed",
      "set_up_second_factor",
    ]);
  });

  test("counts only when a code of the latest secret was confirmed", async () => {
    const first = (await begin()).body.secret;
    const { secret } = (await begin()).body;
    const confirm = (code: string) => api.post("/auth/totp/confirm", { code });
    expect(said(await confirm(codeNow(first)))).toEqual([400, "wrong_code"]);
    expect((await login()).status).toBe(200);
    expect((await confirm(codeNow(secret))).status).toBe(200);
    expect(said(await login())).toEqual([401, "second_factor_required"]);
    expect((await api.get("/auth/totp")).body.secondFactor).toMatchObject({
      enabled: true,
      recoveryCodesLeft: 10,
    });
    expect(said(await confirm(codeNow(secret)))).toEqual([409, "second_factor_enabled"]);
    expect(said(await begin())).toEqual([409, "second_factor_enabled"]);
  });

  test("is confirmed once, also by several at one moment, so that all recovery codes shown work", async () => {
    const { secret } = (await begin()).body;
    const code = codeNow(secret);
    const answers = await Promise.all(
      Array.from({ length: 4 }, () => api.post("/auth/totp/confirm", { code })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const left = await rig.database`select from recovery_codes`;
    expect(left).toHaveLength(10);
  });

  test("without having begun is told so", async () => {
    const answer = await api.post("/auth/totp/confirm", { code: "123456" });
    expect(said(answer)).toEqual([409, "no_second_factor"]);
  });

  test("leaves nothing readable in the database or in the audit", async () => {
    const { secret, recoveryCodes } = await setUp();
    await login({ code: codeNow(secret) });
    const rows = await rig.database`
      select second_factors::text as text from second_factors
      union all select recovery_codes::text from recovery_codes
      union all select audit_logs::text from audit_logs`;
    const stored = JSON.stringify(rows);
    const hex = (text: string) => Buffer.from(text).toString("hex");
    for (const plain of [
      secret,
      ...recoveryCodes,
      ...recoveryCodes.map((c) => c.replaceAll("-", "")),
    ]) {
      expect([stored.includes(plain), stored.includes(hex(plain))]).toEqual([false, false]);
    }
    const [row] = await rig.database`select secret from second_factors`;
    expect(secrets.decrypt(row?.secret)).toBe(secret);
  });
});

describe("logging in", () => {
  test("takes the password first, and says nothing of the factor before", async () => {
    const { secret } = await setUp();
    const wrong = await login({ password: "not the right one", code: codeNow(secret) });
    expect(said(wrong)).toEqual([401, "wrong_credentials"]);
    expect(said(await login())).toEqual([401, "second_factor_required"]);
    expect(said(await login({ code: "" }))).toEqual([401, "second_factor_required"]);
    const right = await login({ code: codeNow(secret) });
    expect([right.status, right.body.user.secondFactor]).toEqual([200, true]);
    const [entry] = await rig.database`
      select details from audit_logs where action = 'login' order by at desc, id desc limit 1`;
    expect(entry?.details).toMatchObject({ secondFactor: "totp" });
  });

  test("takes a code once, also at one moment, and none of an earlier step", async () => {
    const { secret } = await setUp();
    nextStep();
    const code = codeNow(secret);
    const answers = await Promise.all(Array.from({ length: 4 }, () => login({ code })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(said(await login({ code: codeOf(secret, stepAt(now) - 1) }))).toEqual([
      401,
      "wrong_code",
    ]);
    nextStep();
    expect((await login({ code: codeNow(secret) })).status).toBe(200);
  });

  test("takes neither kind twice where the second one has looked before the first is done", async () => {
    const { secret, recoveryCodes } = await setUp();
    const take = (sql: Sql, code: string) => takeSecondFactor(sql, { secrets, now }, userId, code);
    for (const code of [codeNow(secret), recoveryCodes[0] ?? ""]) {
      let second: Promise<string> | undefined;
      await rig.database.begin(async (sql) => {
        expect(await take(sql, code)).not.toBe("wrong");
        second = take(rig.database, code);
        await vi.waitFor(
          async () => {
            const waiting = await rig.database`
              select from pg_stat_activity
              where datname = current_database() and wait_event_type = 'Lock'`;
            expect(waiting).toHaveLength(1);
          },
          { timeout: waitLimitMs },
        );
      });
      expect(await second).toBe("wrong");
    }
  });

  test("does not take the code that confirmed it", async () => {
    const { secret } = (await begin()).body;
    const code = codeNow(secret);
    await api.post("/auth/totp/confirm", { code });
    expect(said(await login({ code }))).toEqual([401, "wrong_code"]);
  });

  test("takes each recovery code once, and of this user only", async () => {
    const { recoveryCodes } = await setUp();
    const [first = "", second = ""] = recoveryCodes;
    expect(new Set(recoveryCodes).size).toBe(10);
    const answers = await Promise.all(Array.from({ length: 3 }, () => login({ code: first })));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect((await login({ code: second.toLowerCase() })).status).toBe(200);
    const { secondFactor } = (await api.get("/auth/totp")).body;
    expect(secondFactor.recoveryCodesLeft).toBe(8);
    const owner = { email, recoveryCodes };
    email = `${newId()}@bridgeport.test`;
    userId = await add(email, "viewer");
    api.actor = await actorOf((await login()).body.token);
    await setUp();
    expect(said(await login({ code: owner.recoveryCodes[2] }))).toEqual([401, "wrong_code"]);
  });

  test("guessing codes is slowed down like guessing passwords, and a right password forgives none", async () => {
    await setUp();
    for (let guess = 0; guess < 4; guess += 1) {
      expect(said(await login({ code: "not-a-code" }))).toEqual([401, "wrong_code"]);
      expect(said(await login())).toEqual([401, "second_factor_required"]);
    }
    const guesses = Array.from({ length: 20 }, () => login({ code: "not-a-code" }));
    const codes = (await Promise.all(guesses)).map(({ body }) => body.code);
    expect(codes.filter((code) => code === "wrong_code")).toHaveLength(1);
    expect(codes.filter((code) => code === "too_many_attempts")).toHaveLength(19);
    const failures = await rig.database`
      select details from audit_logs where action = 'login_failed' and resource_id = ${userId}`;
    expect(failures.map(({ details }) => details.wrong)).toEqual(Array(5).fill("code"));
  });

  test("of 60 codes at one moment no more are looked at than may fail", async () => {
    await setUp();
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_, at) => login({ code: `not-a-code-${at}` })),
    );
    const codes = answers.map(({ body }) => body.code);
    expect(codes.filter((code) => code === "wrong_code")).toHaveLength(5);
    expect(codes.filter((code) => code === "too_many_attempts")).toHaveLength(55);
  });

  test("API tokens need no code, and cannot touch the factor", async () => {
    const { secret } = await setUp();
    const asked = {
      name: "ci",
      role: "viewer",
      userId,
      environmentIds: null,
      expiresAt: null,
    } as const;
    const token = await insertToken(rig.database, asked);
    api.actor = await actorOf(token.secret);
    expect((await api.get("/auth/me")).status).toBe(200);
    const currentPassword = password;
    const code = codeNow(secret);
    const answers = [
      await api.get("/auth/totp"),
      await api.post("/auth/totp", { currentPassword }),
      await api.post("/auth/totp/confirm", { code }),
      await api.post("/auth/totp/disable", { currentPassword, code }),
    ];
    expect(answers.map(said)).toEqual(Array(4).fill([403, "session_needed"]));
  });
});

describe("disabling it", () => {
  const disable = (code: string, currentPassword = password) =>
    api.post("/auth/totp/disable", { currentPassword, code });

  test("takes the password and a code", async () => {
    const { secret } = await setUp();
    expect(said(await disable(codeNow(secret), "not the right one"))).toEqual([
      400,
      "wrong_password",
    ]);
    expect(said(await disable(""))).toEqual([400, "wrong_code"]);
    expect(said(await login())).toEqual([401, "second_factor_required"]);
    expect((await disable(codeNow(secret))).status).toBe(200);
    expect((await login()).status).toBe(200);
    expect(await rig.database`select from recovery_codes`).toHaveLength(0);
    expect(said(await disable(codeNow(secret)))).toEqual([409, "no_second_factor"]);
    expect((await audited()).map(({ action }) => action)).toEqual([
      "set_up_second_factor",
      "enable_second_factor",
      "second_factor_failed",
      "second_factor_failed",
      "disable_second_factor",
    ]);
  });

  test("works with a recovery code, and not with a code that was used", async () => {
    const { secret, recoveryCodes } = await setUp();
    const code = codeNow(secret);
    expect((await login({ code })).status).toBe(200);
    expect(said(await disable(code))).toEqual([400, "wrong_code"]);
    expect((await disable(recoveryCodes[0] ?? "")).status).toBe(200);
    expect((await setUp()).secret).not.toBe(secret);
  });

  test("is guessed at with a stolen session no faster than at the door", async () => {
    await setUp();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) => disable("not-a-code", at % 2 ? password : "no")),
    );
    const statuses = answers.map(({ status }) => status);
    expect([400, 429].map((one) => statuses.filter((status) => status === one).length)).toEqual([
      5, 35,
    ]);
  });
});

describe("another user's", () => {
  test.each<["viewer" | "admin", number]>([
    ["viewer", 403],
    ["admin", 200],
  ])("%s: removing it is a %i", async (role, status) => {
    await setUp();
    const asker = `${newId()}@bridgeport.test`;
    await add(asker, role);
    api.actor = await actorOf((await login({ email: asker })).body.token);
    expect((await api.delete(`/users/${userId}/totp`)).status).toBe(status);
    expect((await login()).status).toBe(status === 200 ? 200 : 401);
    const removed = await rig.database`
      select actor_name from audit_logs where action = 'remove_second_factor'`;
    expect(removed).toEqual(status === 200 ? [{ actorName: asker }] : []);
    if (status !== 200) return;
    expect((await api.delete(`/users/${userId}/totp`)).status).toBe(404);
    await setUp();
    const own = await api.delete(`/users/${api.actor.id}/totp`);
    expect(said(own)).toEqual([400, "own_second_factor"]);
  });

  test("is seen in the list of users, and goes with its user", async () => {
    await setUp();
    api.actor = system;
    const { users } = (await api.get("/users")).body;
    expect(users.map((user: { secondFactor: boolean }) => user.secondFactor)).toEqual([true]);
    await add(`${newId()}@bridgeport.test`, "admin");
    expect((await api.delete(`/users/${userId}`)).status).toBe(200);
    expect(await rig.database`select from second_factors`).toHaveLength(0);
  });
});
