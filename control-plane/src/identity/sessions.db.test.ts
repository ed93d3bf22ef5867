import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Actor, Role } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { sessionsRoutes } from "./sessions.routes.ts";
import { actorOfToken, openBrowserSession } from "./sessions.store.ts";
import { insertToken } from "./tokens.store.ts";
import { insertUser } from "./users.store.ts";

let rig: TestDatabase;
let api: TestApi;

beforeEach(async () => {
  rig = await openTestDatabase();
  api = testApi(sessionsRoutes({ database: rig.database }));
});
afterEach(() => rig.close());

async function person(role: Role): Promise<string> {
  const email = `${newId()}@bridgeport.test`;
  return (await insertUser(rig.database, { email, name: null, role, passwordHash: "none" })).id;
}

async function logIn(userId: string, address = "192.0.2.1"): Promise<{ token: string; as: Actor }> {
  const by = { address, userAgent: "Firefox on Linux" };
  const { token } = await openBrowserSession(rig.database, userId, by);
  const as = await actorOfToken(rig.database, token, address);
  if (!as) throw new Error("the session just opened is not known");
  return { token, as };
}

const ended = async (token: string) => (await actorOfToken(rig.database, token)) === null;

test("the list says what a session is recognized by, and which asks", async () => {
  const userId = await person("viewer");
  const first = await logIn(userId);
  await rig.database`update sessions set last_seen_at = now() - interval '1 hour'`;
  await actorOfToken(rig.database, first.token, "198.51.100.9");
  const second = await logIn(userId, "2001:db8::1");
  api.actor = second.as;
  await rig.database`
    update sessions set last_seen_at = now() + interval '1 second'
    where id = ${second.as.credentialId ?? ""}`;
  const { body } = await api.get("/sessions");
  expect(body).toMatchObject({
    total: 2,
    sessions: [
      { id: second.as.credentialId, userId, address: "2001:db8::1", current: true },
      {
        id: first.as.credentialId,
        address: "192.0.2.1",
        lastAddress: "198.51.100.9",
        userAgent: "Firefox on Linux",
        current: false,
      },
    ],
  });
  expect(JSON.stringify(body)).not.toContain("hash");
  await rig.database`update sessions set expires_at = now() where user_id = ${userId}`;
  expect((await api.get("/sessions")).body).toEqual({ sessions: [], total: 0 });
});

test("one of one's own ends at once, with an entry in the audit", async () => {
  const userId = await person("viewer");
  const lost = await logIn(userId);
  api.actor = (await logIn(userId)).as;
  const path = `/sessions/${lost.as.credentialId}`;
  expect((await api.delete(path)).status).toBe(200);
  expect(await ended(lost.token)).toBe(true);
  expect((await api.delete(path)).status).toBe(404);
  const entries = await rig.database`
    select resource_id, details from audit_logs where action = 'end_session'`;
  expect(entries).toEqual([{ resourceId: userId, details: { session: lost.as.credentialId } }]);
});

describe("another user's", () => {
  test.each<[Role, number, number]>([
    ["viewer", 403, 404],
    ["operator", 403, 404],
    ["admin", 200, 200],
  ])("%s: the list is %i, ending one %i", async (role, listed, deleted) => {
    const other = await person("viewer");
    const theirs = [await logIn(other), await logIn(other)] as const;
    api.actor = (await logIn(await person(role))).as;
    expect((await api.get(`/sessions?userId=${other}`)).status).toBe(listed);
    const [one, two] = theirs;
    expect((await api.delete(`/sessions/${one.as.credentialId}`)).status).toBe(deleted);
    expect(await ended(one.token)).toBe(deleted === 200);
    expect((await api.delete(`/users/${other}/sessions`)).status).toBe(listed);
    expect(await ended(two.token)).toBe(listed === 200);
  });
});

test("all of one's own but the one that asks", async () => {
  const userId = await person("operator");
  const others = [await logIn(userId), await logIn(userId)];
  const bystander = await logIn(await person("viewer"));
  const own = await logIn(userId);
  api.actor = own.as;
  expect((await api.delete(`/users/${userId}/sessions`)).status).toBe(200);
  for (const { token } of others) expect(await ended(token)).toBe(true);
  for (const { token } of [own, bystander]) expect(await ended(token)).toBe(false);
});

test("an API token sees and ends none, whatever its role", async () => {
  const userId = await person("admin");
  const { as, token } = await logIn(userId);
  const asked = {
    name: "a",
    role: "admin",
    userId,
    environmentIds: null,
    expiresAt: null,
  } as const;
  const { secret } = await insertToken(rig.database, asked);
  api.actor = (await actorOfToken(rig.database, secret)) as Actor;
  const answers = [
    await api.get("/sessions"),
    await api.delete(`/sessions/${as.credentialId}`),
    await api.delete(`/users/${userId}/sessions`),
  ];
  expect(answers.map(({ status, body }) => [status, body.code])).toEqual(
    Array(3).fill([403, "session_needed"]),
  );
  expect(await ended(token)).toBe(false);
});
