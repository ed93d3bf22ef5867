import { X509Certificate } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { type Authority, openAuthority } from "./certificate-authority.ts";
import { newCertificateRequest } from "./certificate-request.fixture.ts";
import { enrolmentRoutes } from "./enrolment.routes.ts";
import { revokeRoutes } from "./revoke.routes.ts";
import { identityOf } from "./server-uri.ts";
import { serversRoutes } from "./servers.routes.ts";

let rig: TestDatabase;
let authority: Authority;
let api: TestApi;
let envId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  authority = await openAuthority(rig.database, secretsWith("11".repeat(32)));
  const { database } = rig;
  api = testApi(
    serversRoutes({
      database,
      authority,
      publicUrl: "http://bridgeport.test:3000",
      agentPackage: () => ({ state: "unavailable", message: "It is not packaged." }),
    }),
    revokeRoutes({ database }),
    enrolmentRoutes({
      database,
      authority,
      agentAddress: () => "bridgeport.test:7443",
      log: pino({ level: "silent" }),
    }),
  );
});
afterAll(() => rig.close());
beforeEach(async () => {
  api.actor = system;
  envId = await insertEnvironment(rig.database, newId());
});

const add = async (name = "one") => {
  const answer = await api.post(`/environments/${envId}/servers`, { name });
  expect(answer.status).toBe(200);
  return answer.body;
};
const online = (id: string) => rig.database`
  update servers set status = 'online', session_id = ${newId()}, last_seen_at = now()
  where id = ${id}`;

describe("servers", () => {
  test("are pending until an agent has come, and say how it can", async () => {
    const { server, join } = await add();
    expect(server).toMatchObject({
      name: "one",
      hostname: null,
      tags: [],
      status: "pending",
      agentVersion: null,
      cpus: null,
      lastSeenAt: null,
      environmentId: envId,
      serviceCount: 0,
    });
    expect(join.token).toMatch(new RegExp(`^bp1\\.${authority.fingerprint}\\.[\\w-]{43}$`));
    expect(join.command).toBe(
      `curl -fsSL http://bridgeport.test:3000/api/agent/install.sh | sh -s -- --url http://bridgeport.test:3000 --token ${join.token}`,
    );
    const hours = (Date.parse(join.expiresAt) - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23.9);
    expect(hours).toBeLessThanOrEqual(24.01);
  });

  test.each([
    [{ hash: "0a".repeat(32), summary: "Allows 1 image pattern." }],
    [{ hash: null, summary: "No policy file." }],
    // An agent of an earlier version does not tell.
    [undefined],
  ])("show the policy that their agents told: %j", async (policy) => {
    const { server } = await add();
    expect(server.policy).toBeNull();
    const told = { engineAvailable: true, ...(policy && { policy }) };
    await rig.database`update servers set host = ${json(rig.database, told)} where id = ${server.id}`;
    const { body } = await api.get(`/servers/${server.id}`);
    expect(body.server.policy).toEqual(policy ?? null);
    expect(await api.patch(`/servers/${server.id}`, { policy: null })).toMatchObject({
      status: 422,
    });
  });

  test("are listed, read and changed", async () => {
    const { server } = await add("b");
    await add("a");
    const list = await api.get(`/environments/${envId}/servers`);
    expect(list.body.total).toBe(2);
    expect(list.body.servers.map((each: { name: string }) => each.name)).toEqual(["a", "b"]);
    const changed = await api.patch(`/servers/${server.id}`, { name: "c", tags: ["x", "x", "y"] });
    expect(changed.body.server).toMatchObject({ name: "c", tags: ["x", "y"] });
    expect((await api.get(`/servers/${server.id}`)).body.server.name).toBe("c");
  });

  test("have names of their own in an environment", async () => {
    const { server } = await add("one");
    await add("two");
    const path = `/environments/${envId}/servers`;
    expect(await api.post(path, { name: "ONE" })).toMatchObject({ status: 409 });
    expect(await api.patch(`/servers/${server.id}`, { name: "two" })).toMatchObject({
      status: 409,
      body: { code: "server_name_taken" },
    });
  });

  test.each([
    ["status", { status: "online" }, 422, "derived_field"],
    ["serviceCount", { serviceCount: 3 }, 422, "derived_field"],
    ["an unknown field", { colour: "red" }, 400, "validation_failed"],
    ["an empty name", { name: " " }, 400, "validation_failed"],
  ])("refuse %s", async (_, body, status, code) => {
    const { server } = await add();
    expect(await api.patch(`/servers/${server.id}`, body)).toMatchObject({
      status,
      body: { code },
    });
  });

  test("that do not exist are 404, and roles and scopes are kept", async () => {
    const { server } = await add();
    expect((await api.get(`/servers/${newId()}`)).status).toBe(404);
    expect((await api.get("/servers/nonsense")).status).toBe(404);
    expect((await api.get(`/environments/${newId()}/servers`)).status).toBe(404);
    api.actor = { ...system, roles: everywhere("operator") };
    expect((await api.patch(`/servers/${server.id}`, { name: "y" })).status).toBe(200);
    expect((await api.delete(`/servers/${server.id}`)).status).toBe(403);
    for (const path of [
      `/environments/${envId}/servers`,
      `/servers/${server.id}/join-token`,
      `/servers/${server.id}/revoke`,
    ]) {
      expect(await api.post(path, { name: "z" })).toMatchObject({
        status: 403,
        body: { code: "role_too_low", error: expect.stringContaining("Ask an administrator") },
      });
    }
    api.actor = { ...system, roles: everywhere("viewer") };
    expect((await api.patch(`/servers/${server.id}`, { name: "x" })).status).toBe(403);
    api.actor = { ...system, roles: [{ environmentId: newId(), role: "admin" }] };
    expect((await api.get(`/servers/${server.id}`)).status).toBe(403);
  });

  test("that are online are deleted by force only, and not in the middle of a plan", async () => {
    const { server } = await add();
    api.actor = system;
    await online(server.id);
    const path = `/servers/${server.id}`;
    expect(await api.delete(path)).toMatchObject({ status: 409, body: { code: "server_online" } });
    expect((await api.delete(`${path}?force=true`)).status).toBe(200);
    expect((await api.get(path)).status).toBe(404);
  });
});

describe("enrolling", () => {
  const enroll = async (token: string, csr?: string) => {
    const request = csr ?? (await newCertificateRequest("CN=anything")).csrPem;
    return api.post("/agent/enroll", { token, csr: request, hostname: "box" });
  };

  test("a token gives one certificate in the server's name", async () => {
    const { server, join } = await add();
    const { status, body } = await enroll(join.token);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      serverId: server.id,
      ca: authority.certificatePem,
      agentAddr: "bridgeport.test:7443",
    });
    expect(identityOf(new X509Certificate(body.certificate).subjectAltName)).toEqual({
      serverId: server.id,
      generation: 1,
    });
    expect((await api.get(`/servers/${server.id}`)).body.server.hostname).toBe("box");
    expect(await enroll(join.token)).toMatchObject({
      status: 401,
      body: { code: "bad_join_token" },
    });
  });

  test("unknown, expired and superseded tokens are 401", async () => {
    const { server, join } = await add();
    expect((await enroll("bp1.x.y")).status).toBe(401);
    const fresh = await api.post(`/servers/${server.id}/join-token`);
    expect((await enroll(join.token)).status).toBe(401);
    await rig.database`update join_tokens set expires_at = now() where server_id = ${server.id}`;
    expect((await enroll(fresh.body.join.token)).status).toBe(401);
  });

  test("joins that were turned away, and those that were not, are in the audit", async () => {
    const { server, join } = await add();
    await enroll(join.token);
    await enroll(join.token);
    await enroll("bp1.x.z");
    const { join: late } = (await api.post(`/servers/${server.id}/join-token`)).body;
    await rig.database`update join_tokens set expires_at = now() where used_at is null`;
    await enroll(late.token);
    const entries = await rig.database`
      select action, details from audit_logs where resource_id = ${server.id} order by at, id`;
    const address = "unknown";
    expect(entries.map((entry) => ({ ...entry }))).toEqual([
      { action: "create_server", details: {} },
      { action: "enroll_server", details: { hostname: "box", address } },
      { action: "refuse_enrolment", details: { reason: "the join token is used", address } },
      { action: "create_join_token", details: {} },
      {
        action: "refuse_enrolment",
        details: expect.objectContaining({ reason: "the join token is expired", address }),
      },
    ]);
    const unknown = await rig.database`
      select details from audit_logs where action = 'refuse_enrolment' and resource_id is null`;
    expect(unknown[0]?.details).toMatchObject({ reason: "the join token is unknown", address });
    expect(JSON.stringify([...entries, ...unknown])).not.toContain(join.token);
  });

  test("revoking ends join tokens, too, and a new one is the way back", async () => {
    const { server, join } = await add();
    expect((await enroll(join.token)).status).toBe(200);
    const { join: spare } = (await api.post(`/servers/${server.id}/join-token`)).body;
    await online(server.id);
    const revoked = await api.post(`/servers/${server.id}/revoke`);
    expect(revoked).toMatchObject({
      status: 200,
      body: { server: { status: "offline", revokedAt: expect.any(String) } },
    });
    expect((await enroll(spare.token)).status).toBe(401);
    const [entry] = await rig.database`
      select actor_name from audit_logs
      where action = 'revoke_server' and resource_id = ${server.id}`;
    expect(entry).toEqual({ actorName: system.name });

    const { join: again } = (await api.post(`/servers/${server.id}/join-token`)).body;
    const { body } = await enroll(again.token);
    expect(identityOf(new X509Certificate(body.certificate).subjectAltName)).toEqual({
      serverId: server.id,
      generation: 3,
    });
    expect((await api.get(`/servers/${server.id}`)).body.server.revokedAt).toBeNull();
  });

  test("a request that cannot be used does not use up the token", async () => {
    const { join } = await add();
    expect(await enroll(join.token, "nonsense")).toMatchObject({
      status: 400,
      body: { code: "bad_certificate_request" },
    });
    expect((await enroll(join.token)).status).toBe(200);
  });

  test("a hostname that a person gave stays", async () => {
    const { server, join } = await add();
    await api.patch(`/servers/${server.id}`, { hostname: "given.example.com" });
    await enroll(join.token);
    expect((await api.get(`/servers/${server.id}`)).body.server.hostname).toBe("given.example.com");
  });
});
