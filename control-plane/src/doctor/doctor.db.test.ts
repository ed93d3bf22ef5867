import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { migrate } from "../database/migrate.ts";
import { openTestDatabase, schema, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { newWorld } from "../plans/plan-world.fixture.ts";
import { secretsWith } from "../secrets.ts";
import type { Check } from "./check.ts";
import { doctorRoutes } from "./doctor.routes.ts";
import { databaseFacts } from "./doctor.store.ts";

const secrets = secretsWith("5e".repeat(32));
let rig: TestDatabase;
let api: TestApi;
beforeAll(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  api = testApi(
    doctorRoutes({
      ...{ database, secrets, schema, version: "1.0.0" },
      ...{ dataDir: tmpdir(), tls: null, publicUrl: "http://localhost" },
    }),
  );
  api.actor = { ...system, roles: everywhere("admin") };
});
afterAll(() => rig.close());

const checks = async (): Promise<Map<string, Check>> => {
  const { body } = await api.get("/doctor");
  return new Map((body.checks as Check[]).map((check) => [check.id, check]));
};

test("says what is wrong with servers, registries, keys, jobs and the audit", async () => {
  const { database } = rig;
  const world = await newWorld(database, { servers: 2 });
  const [lost = "", here = ""] = world.serverIds;
  await database`update servers set last_seen_at = now() - interval '1 hour' where id = ${lost}`;
  await database`
    update servers set status = 'online', session_id = gen_random_uuid(), last_seen_at = now(),
      agent_version = '1.0.0' where id = ${here}`;
  await database`
    insert into server_certificates (server_id, serial, generation, valid_from, expires_at)
    values (${here}, '1', 1, now(), now() + interval '10 days')`;
  await database`
    insert into registries (id, environment_id, name, type, registry_url, last_error)
    select gen_random_uuid(), id, 'hub', 'generic', 'https://r.test', 'It refuses the password.'
    from environments limit 1`;
  await database`insert into encryption_state (key_id) values ('00000000')`;

  const found = await checks();
  expect(found.get(`server:${lost}`)?.status).toBe("error");
  expect(found.get(`server:${here}`)?.detail).toContain("certificate expires on");
  expect([...found.values()].find(({ id }) => id.startsWith("registry:"))?.detail).toBe(
    "It refuses the password.",
  );
  expect(found.get("master_key")?.detail).toContain("master key 00000000");
  expect(found.get("schema")?.status).toBe("ok");
  expect(found.get("audit")?.status).toBe("ok");
  for (const { status, advice } of found.values()) expect(advice !== null).toBe(status !== "ok");
});

test("is for administrators of everything", async () => {
  const actor = api.actor;
  api.actor = { ...system, roles: everywhere("operator") };
  expect((await api.get("/doctor")).status).toBe(403);
  api.actor = { ...system, roles: [{ environmentId: "0", role: "admin" }] };
  expect((await api.get("/doctor")).status).toBe(403);
  api.actor = actor;
});

test("a database of any version is looked at", async () => {
  const empty = await openTestDatabase({ empty: true });
  try {
    const look = () => databaseFacts(empty.owner, schema, { auditEntries: null });
    expect((await look()).due).toHaveLength(schema.migrations.length);
    await migrate(empty.owner, { migrations: schema.migrations.slice(0, 3), functions: [] });
    expect(await look()).toMatchObject({ encryptionKey: null, audit: null });
    await migrate(empty.owner, schema);
    expect(await look()).toMatchObject({ due: [], audit: { entries: 0, broken: null } });
    const older = { ...schema, migrations: schema.migrations.slice(0, -1) };
    const newer = await databaseFacts(empty.owner, older, { auditEntries: null });
    expect(newer.schemaProblem).toContain("newer Bridgeport");
  } finally {
    await empty.close();
  }
});
