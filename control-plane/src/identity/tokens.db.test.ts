import { afterEach, beforeEach, expect, test } from "vitest";
import type { Actor } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { actorOfToken, openSession } from "./sessions.store.ts";
import { tokensRoutes } from "./tokens.routes.ts";
import { insertToken } from "./tokens.store.ts";
import { usersRoutes } from "./users.routes.ts";
import { insertUser } from "./users.store.ts";

let rig: TestDatabase;
let api: TestApi;
let owner: string;
let session: Actor;

beforeEach(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  api = testApi(tokensRoutes({ database }), usersRoutes({ database }));
  const email = "owner@bridgeport.test";
  const user = { email, name: null, role: "admin", passwordHash: "none" } as const;
  owner = (await insertUser(database, user)).id;
  session = await speaking(await openSession(database, owner));
});
afterEach(() => rig.close());

async function speaking(token: string): Promise<Actor> {
  const actor = await actorOfToken(rig.database, token);
  if (!actor) throw new Error("the token just made is not known");
  return actor;
}

async function tokenOf(role: "viewer" | "admin") {
  const expiresAt = new Date(Date.now() + 3_600_000);
  const token = { name: role, role, userId: owner, environmentIds: null, expiresAt };
  const { row, secret } = await insertToken(rig.database, token);
  return { id: row.id, actor: await speaking(secret) };
}

const password = "correct horse battery";

test.each([
  ["lists the others", "GET", () => "/tokens", undefined],
  ["makes one that never ends", "POST", () => "/tokens", { name: "for ever", role: "viewer" }],
  ["deletes its owner's", "DELETE", (id: string) => `/tokens/${id}`, undefined],
  [
    "makes an administrator",
    "POST",
    () => "/users",
    { email: "more@bridgeport.test", password, role: "admin" },
  ],
  ["raises a user", "PATCH", () => `/users/${owner}`, { role: "admin" }],
  ["deletes a user", "DELETE", () => `/users/${owner}`, undefined],
  [
    "sets a password",
    "POST",
    () => `/users/${owner}/change-password`,
    { currentPassword: password, newPassword: `${password}!` },
  ],
])("no API token %s, whatever its role", async (_, method, path, body) => {
  const other = await tokenOf("admin");
  for (const role of ["viewer", "admin"] as const) {
    api.actor = (await tokenOf(role)).actor;
    const answer =
      method === "GET"
        ? await api.get(path(other.id))
        : method === "DELETE"
          ? await api.delete(path(other.id))
          : method === "PATCH"
            ? await api.patch(path(other.id), body)
            : await api.post(path(other.id), body);
    expect([role, answer.status]).toEqual([role, 403]);
  }
  const users = await rig.database`select from users`;
  const tokens = await rig.database`select from api_tokens`;
  expect([users.length, tokens.length]).toEqual([1, 3]);
});

test("a session makes, lists and deletes them", async () => {
  api.actor = session;
  const made = await api.post("/tokens", { name: "ci", role: "operator" });
  expect(made.status).toBe(200);
  expect((await api.get("/tokens")).body.total).toBe(1);
  expect((await api.delete(`/tokens/${made.body.token.id}`)).status).toBe(200);
});
