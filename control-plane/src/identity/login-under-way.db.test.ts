import { afterEach, beforeEach, expect, test } from "vitest";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { authRoutes } from "./auth.routes.ts";
import { meanwhile } from "./meanwhile.fixture.ts";
import { hashPassword } from "./passwords.ts";
import { actorOfToken, closeSessionsOf, openSession } from "./sessions.store.ts";
import { tokensRoutes } from "./tokens.routes.ts";
import { insertUser } from "./users.store.ts";

const password = "correct horse battery";
let rig: TestDatabase;
let api: TestApi;
let email: string;
let userId: string;

beforeEach(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  const parts = { database, secrets: secretsWith("33".repeat(32)), secureCookie: false };
  api = testApi(authRoutes(parts), tokensRoutes(parts));
  email = `${newId()}@bridgeport.test`;
  const passwordHash = await hashPassword(password);
  userId = (await insertUser(database, { email, name: null, role: "admin", passwordHash })).id;
});
afterEach(() => rig.close());

test("a login with a password that is changed meanwhile opens no session", async () => {
  const hash = await hashPassword("another long password");
  const { status, body } = await meanwhile(
    rig.database,
    (sql) => sql`update users set password_hash = ${hash} where id = ${userId}`,
    () => api.post("/auth/login", { email, password }),
  );
  expect([status, body.code]).toEqual([401, "wrong_credentials"]);
  expect(await rig.database`select from sessions where user_id = ${userId}`).toHaveLength(0);
});

test("a session that is ended meanwhile leaves no API token", async () => {
  const actor = await actorOfToken(rig.database, await openSession(rig.database, userId));
  if (!actor) throw new Error("the session just opened is not known");
  api.actor = actor;
  const { status, body } = await meanwhile(
    rig.database,
    (sql) => closeSessionsOf(sql, userId, null),
    () => api.post("/tokens", { name: "left", role: "admin" }),
  );
  expect([status, body.code]).toEqual([401, "session_ended"]);
  expect(await rig.database`select from api_tokens where user_id = ${userId}`).toHaveLength(0);
});
