import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { type EnvironmentRole, everywhere, type Role, roleIn, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { deleteEnvironment, insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { usersRoutes } from "./users.routes.ts";
import { findPasswordHash, insertUser, listUsers, lockRoles, setRoles } from "./users.store.ts";

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

describe("roles per environment", () => {
  const make = async (name: string) => {
    const environmentId = await insertEnvironment(rig.database, name);
    return (role: Role) => ({ environmentId, role });
  };
  const create = (body: object) =>
    api.post("/users", {
      email: "ada@bridgeport.test",
      password: "correct horse battery",
      ...body,
    });

  test("are given, shown and changed", async () => {
    const [a, b] = [await make("a"), await make("b")];
    const made = await create({ roles: [b("operator"), a("viewer")] });
    expect(made.body.user).toMatchObject({ role: "operator" });
    const byId = (list: { environmentId: string }[]) =>
      list.toSorted((x, y) => (x.environmentId < y.environmentId ? -1 : 1));
    expect(byId(made.body.user.roles)).toEqual(byId([a("viewer"), b("operator")]));
    const path = `/users/${made.body.user.id}`;
    const wide = [...everywhere("viewer"), b("admin")];
    expect((await api.patch(path, { roles: wide })).body.user).toMatchObject({
      role: "viewer",
      roles: wide,
    });
    expect((await api.patch(path, { name: "Ada" })).body.user.roles).toEqual(wide);
    // One role is the one in all environments, and the only one.
    expect((await api.patch(path, { role: "operator" })).body.user.roles).toEqual(
      everywhere("operator"),
    );
    expect((await create({ email: "bob@bridgeport.test" })).body.user.roles).toEqual(
      everywhere("viewer"),
    );
    const entries = await rig.database`
      select details from audit_logs where action = 'update_user' order by at`;
    expect(entries.map(({ details }) => details.roles)).toEqual([
      wide,
      undefined,
      everywhere("operator"),
    ]);
  });

  test.each<[string, (place: (role: Role) => EnvironmentRole) => object, RegExp]>([
    ["none", () => ({ roles: [] }), /^roles: must have at least one/],
    [
      "one environment twice",
      (place) => ({ roles: [place("viewer"), place("admin")] }),
      /^roles: must name each environment once/,
    ],
    [
      "an unknown environment",
      () => ({ roles: [{ environmentId: newId(), role: "viewer" }] }),
      /^roles: there is no environment/,
    ],
    ["no role", () => ({ roles: [{ environmentId: null, role: "root" }] }), /^roles\[0\]\.role/],
    [
      "both fields",
      (place) => ({ role: "admin", roles: [place("viewer")] }),
      /^roles: send either role or roles/,
    ],
  ])("%s is refused, and changes nothing", async (_, wrong, message) => {
    const place = await make("a");
    const { body } = await create({ roles: [place("viewer")] });
    const changed = await api.patch(`/users/${body.user.id}`, { name: "B", ...wrong(place) });
    expect(changed).toMatchObject({ status: 400, body: { error: expect.stringMatching(message) } });
    expect((await api.get(`/users/${body.user.id}`)).body.user).toEqual(body.user);
    const other = { email: "other@bridgeport.test", ...wrong(place) };
    expect((await create(other)).status).toBe(400);
    expect(await findPasswordHash(rig.database, { email: other.email })).toBeNull();
  });

  test("go with their environment", async () => {
    const place = await make("a");
    const { body } = await create({ roles: [place("viewer")] });
    await deleteEnvironment(rig.database, place("viewer").environmentId);
    expect((await api.get(`/users/${body.user.id}`)).body.user.roles).toEqual([]);
  });

  test("an administrator of one environment does not manage users", async () => {
    const place = await make("a");
    const { body } = await create({ roles: [place("admin")] });
    const id = body.user.id;
    api.actor = { type: "user", id, name: "ada", roles: body.user.roles };
    const tries = [
      () => api.get("/users"),
      () => api.get(`/users/${id}`),
      () => create({ email: "more@bridgeport.test" }),
      () => api.patch(`/users/${id}`, { role: "admin" }),
      () => api.delete(`/users/${id}`),
    ];
    for (const ask of tries) expect((await ask()).status).toBe(403);
  });
});

describe("there is always an administrator", () => {
  test.each([
    ["deletes", (id: string) => api.delete(`/users/${id}`)],
    ["demotes", (id: string) => api.patch(`/users/${id}`, { role: "operator" })],
    [
      "limits",
      async (id: string) => {
        const environmentId = await insertEnvironment(rig.database, "a");
        return api.patch(`/users/${id}`, { roles: [{ environmentId, role: "admin" }] });
      },
    ],
  ])("no user %s the last one", async (_, remove) => {
    const last = await add("last", "admin");
    expect(await remove(last)).toMatchObject({
      status: 400,
      body: { code: "last_administrator" },
    });
    expect(await administrators()).toBe(1);
  });

  test("who can log in with a password", async () => {
    const last = await add("last", "admin");
    const byProvider = { email: "p@bridgeport.test", name: null, role: "admin" } as const;
    await insertUser(rig.database, { ...byProvider, passwordHash: null });
    expect((await api.delete(`/users/${last}`)).status).toBe(400);
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
