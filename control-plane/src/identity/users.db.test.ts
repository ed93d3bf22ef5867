import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { everywhere, roleIn, system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { usersRoutes } from "./users.routes.ts";
import { insertUser, listUsers, lockRoles, setRoles } from "./users.store.ts";

let rig: TestDatabase;
let api: TestApi;

beforeEach(async () => {
  rig = await openTestDatabase();
  api = testApi(usersRoutes({ database: rig.database }));
  api.actor = system;
});
afterEach(() => rig.close());

async function add(name: string, role: "viewer" | "admin"): Promise<string> {
  const email = `${name}@bridgeport.test`;
  const user = await insertUser(rig.database, { email, name, role, passwordHash: "none" });
  return user.id;
}

async function administrators(): Promise<number> {
  const { users } = await listUsers(rig.database, { limit: 100, offset: 0 });
  return users.filter(({ roles }) => roleIn(roles, null) === "admin").length;
}

describe("there is always an administrator", () => {
  test.each([
    ["deletes", (id: string) => api.delete(`/users/${id}`)],
    ["demotes", (id: string) => api.patch(`/users/${id}`, { role: "operator" })],
  ])("no user %s the last one", async (_, remove) => {
    const last = await add("last", "admin");
    expect(await remove(last)).toMatchObject({
      status: 400,
      body: { code: "last_administrator" },
    });
    expect(await administrators()).toBe(1);
  });

  test("also when all of them are removed at the same moment", async () => {
    const ids = await Promise.all(["a", "b", "c", "d"].map((name) => add(name, "admin")));
    const answers = await Promise.all(
      ids.map((id, at) =>
        at % 2 === 0 ? api.delete(`/users/${id}`) : api.patch(`/users/${id}`, { role: "viewer" }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 400]);
    expect(await administrators()).toBe(1);
  });

  test("also when a user becomes the last one while being deleted", async () => {
    const first = await add("first", "admin");
    const second = await add("second", "viewer");
    // The deletion has to wait for the one that is changing roles, and look only then.
    let deletion: Promise<{ status: number }> | undefined;
    await rig.database.begin(async (sql) => {
      await lockRoles(sql as never);
      await setRoles(sql as never, second, everywhere("admin"));
      await setRoles(sql as never, first, everywhere("viewer"));
      deletion = api.delete(`/users/${second}`);
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
    expect((await deletion)?.status).toBe(400);
    expect(await administrators()).toBe(1);
  });
});
