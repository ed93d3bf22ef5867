import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, beforeAll, expect, test } from "vitest";
import { apiClient } from "../harness/api.ts";
import { type Postgres, startPostgres } from "../harness/postgres.ts";
import { type System, startSystem } from "../harness/system.ts";

const root = fileURLToPath(new URL("../../control-plane", import.meta.url));

let database: Postgres;
let system: System | undefined;
beforeAll(async () => {
  database = await startPostgres();
});
afterAll(async () => {
  await system?.remove();
  await database?.remove();
});

test("an installation of the first schema is all there in today's program", async () => {
  const name = "0001_initial.sql";
  const first = readFileSync(`${root}/migrations/${name}`, "utf8");
  const sql = postgres(database.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(first);
  await sql.unsafe(readFileSync(`${root}/src/database/first-schema.fixture.sql`, "utf8"));
  const checksum = createHash("sha256").update(first).digest("hex");
  await sql`
    create table schema_migrations (name text primary key, checksum text not null,
      applied_at timestamptz not null default now())`;
  await sql`insert into schema_migrations (name, checksum) values (${name}, ${checksum})`;
  await sql.end();

  system = await startSystem({
    env: { DATABASE_URL: database.url, BRIDGEPORT_MASTER_KEY: "0f".repeat(32) },
  });
  const api = await system.login();
  const { environments } = await api.get<{ environments: { id: string; name: string }[] }>(
    "/api/environments",
  );
  expect(environments.map((one) => one.name)).toEqual(["production", "staging"]);
  const environment = `/api/environments/${environments[0]?.id}`;
  expect(await api.get("/api/settings/system")).toMatchObject({
    settings: { registryMaxTags: 77, retentionDays: 3650 },
  });
  expect(await api.get("/api/users")).toMatchObject({
    users: expect.arrayContaining([
      expect.objectContaining({ email: "viewer@example.com", role: "viewer" }),
    ]),
  });
  expect(await api.get(`${environment}/servers`)).toMatchObject({
    servers: [{ name: "edge-1", tags: ["eu"], dockerVersion: "26.1.5", serviceCount: 2 }],
  });
  expect(await api.get(`${environment}/registries`)).toMatchObject({
    registries: [{ name: "shop", username: "deploy", isDefault: true, imageCount: 1 }],
  });
  const { images } = await api.get<{ images: { id: string; tagFilter: string }[] }>(
    `${environment}/container-images`,
  );
  expect(images).toMatchObject([{ name: "api", tagFilter: "1.*" }]);
  expect(await api.get(`/api/container-images/${images[0]?.id}/digests`)).toMatchObject({
    digests: expect.arrayContaining([expect.objectContaining({ tags: ["1.0.0"] })]),
    total: 3,
  });
  const { services } = await api.get<{ services: { id: string; name: string }[] }>(
    `${environment}/services`,
  );
  expect(services).toMatchObject([
    { name: "api", imageTag: "1.0.0", discoveryStatus: "found" },
    { name: "worker", discoveryStatus: "missing" },
  ]);
  expect(await api.post(`/api/services/${services[0]?.id}/reveal-values`, {})).toMatchObject({
    env: { PASSWORD: "hunter2", MODE: "production" },
  });
  expect(await api.get(`${environment}/deployment-plans`)).toMatchObject({
    plans: [
      { status: "rolled_back", imageTag: "1.1.0", error: "api was unhealthy" },
      { status: "completed", imageTag: "1.0.0" },
    ],
  });
  expect(await api.get("/api/audit-logs?action=create_server")).toMatchObject({
    logs: [{ actorName: "admin@example.com", resourceName: "edge-1", details: { tags: ["eu"] } }],
  });
  const { checks } = await api.get<{ checks: { id: string; status: string }[] }>("/api/doctor");
  expect(checks.find(({ id }) => id === "audit")?.status).toBe("ok");
  expect(checks.find(({ id }) => id === "authority")?.status).toBe("ok");
  // An API token of that time still opens what it did.
  const token = apiClient(system.url, "bpt_first-schema");
  expect(await token.get(`${environment}/services`)).toMatchObject({ total: 2 });
});
