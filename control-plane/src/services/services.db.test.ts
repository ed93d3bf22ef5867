import { type CommandBody, type CommandResult, defaultGate } from "@bridgeport/proto";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { everywhere, system } from "../actor.ts";
import { recordOutcome } from "../commands/commands.store.ts";
import { undoneCommands } from "../commands/undone-commands.fixture.ts";
import { json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { newDigest } from "../images/digests.fixture.ts";
import { findOrCreateImage } from "../images/images.store.ts";
import { newServer, reportOf, reportTo } from "../inventory/discovered.fixture.ts";
import { dependenciesRoutes } from "./dependencies.routes.ts";
import { gateOf } from "./gate.ts";
import { serviceActionsRoutes } from "./service-actions.routes.ts";
import { servicesRoutes } from "./services.routes.ts";
import { findService } from "./services.store.ts";

let rig: TestDatabase;
let api: TestApi;
let envId: string;
let serverId: string;
let imageId: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  const parts = { database: rig.database };
  api = testApi(servicesRoutes(parts), serviceActionsRoutes(parts), dependenciesRoutes(parts));
});
afterAll(() => rig.close());
beforeEach(async () => {
  api.actor = { ...system, roles: everywhere("operator") };
  envId = await insertEnvironment(rig.database, newId());
  serverId = (await newServer(rig.database, envId, "one")).serverId;
  imageId = (await findOrCreateImage(rig.database, envId, "nginx:1.27"))?.id ?? "";
});

const add = async (name: string, more: object = {}) => {
  const answer = await api.post(`/servers/${serverId}/services`, {
    name,
    containerName: `${name}-container`,
    containerImageId: imageId,
    ...more,
  });
  expect(answer).toMatchObject({ status: 200 });
  return answer.body.service;
};
const found = async (name: string) => {
  await reportTo(rig.database, serverId, reportOf(name));
  const { body } = await api.get(`/servers/${serverId}/services?q=${name}`);
  return body.services[0];
};

test("settings that were not touched are those that the agent goes by without any", async () => {
  const { id } = await add("plain");
  const service = await findService(rig.database, id);
  expect(service && gateOf(service)).toEqual(defaultGate);
});

describe("a service before its container", () => {
  test("has its description in the Engine API's terms", async () => {
    const service = await add("web", {
      imageTag: "1.27",
      spec: { env: { A: "1" }, ports: ["8080:80"] },
    });
    expect(service).toMatchObject({
      name: "web",
      containerName: "web-container",
      server: { id: serverId, name: "one" },
      containerImage: { id: imageId, imageName: "nginx" },
      imageTag: "1.27",
      status: "not_created",
      containerStatus: null,
      discoveryStatus: "missing",
      drift: null,
      healthWaitMs: null,
      healthRetries: 3,
      healthIntervalMs: 5000,
      deployOrder: "stop-first",
      exposedPorts: [],
      spec: {
        Env: ["A=***"],
        ExposedPorts: { "80/tcp": {} },
        HostConfig: { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } },
      },
    });
  });

  test("is found when a container of its name appears, and keeps its image", async () => {
    const service = await add("web");
    await reportTo(rig.database, serverId, reportOf("web-container", { imageName: "other:2" }));
    const { body } = await api.get(`/services/${service.id}`);
    expect(body.service).toMatchObject({
      status: "running",
      discoveryStatus: "found",
      containerImageId: imageId,
    });
  });

  test.each([
    ["a bad container name", { containerName: "-x" }, /containerName/],
    ["a name in passing", { containerName: "web-bp-0123456789" }, /containerName/],
    ["a bad tag", { imageTag: "a b" }, /imageTag/],
    ["a bad description", { spec: { ports: ["x"] } }, /^spec\.ports\.0: .*8080:80/],
    ["an unknown image", { containerImageId: newId() }, /containerImageId/],
    ["an unknown field", { colour: "red" }, /colour/],
  ])("is refused with %s", async (_, more, error) => {
    const answer = await api.post(`/servers/${serverId}/services`, {
      name: "web",
      containerName: "web-container",
      containerImageId: imageId,
      ...more,
    });
    expect(answer.status).toBe(400);
    expect(answer.body.error).toMatch(error);
  });

  test("cannot take another environment's image or a container that has a service", async () => {
    await add("web");
    const again = { name: "x", containerName: "web-container", containerImageId: imageId };
    expect((await api.post(`/servers/${serverId}/services`, again)).status).toBe(409);
    const elsewhere = await insertEnvironment(rig.database, newId());
    const theirs = await findOrCreateImage(rig.database, elsewhere, "nginx");
    const body = { ...again, containerName: "y1", containerImageId: theirs?.id };
    expect((await api.post(`/servers/${serverId}/services`, body)).status).toBe(400);
  });
});

describe("services are listed", () => {
  test("by environment and by server, with filters that work together", async () => {
    await add("planned");
    await found("running");
    await reportTo(rig.database, serverId, reportOf("broken", { state: "exited", exitCode: 1 }));
    const names = async (query: string) => {
      const { body } = await api.get(`/environments/${envId}/services${query}`);
      return { total: body.total, names: body.services.map((each: { name: string }) => each.name) };
    };
    expect(await names("")).toEqual({ total: 3, names: ["broken", "planned", "running"] });
    expect(await names("?limit=1&offset=1")).toEqual({ total: 3, names: ["planned"] });
    expect(await names("?status=failed")).toEqual({ total: 1, names: ["broken"] });
    expect(await names("?q=RUNN")).toEqual({ total: 1, names: ["running"] });
    expect(await names("?q=%25")).toEqual({ total: 0, names: [] });
    expect(await names(`?imageId=${imageId}&status=running`)).toEqual({
      total: 1,
      names: ["running"],
    });
    expect(await names("?drift=true")).toEqual({ total: 0, names: [] });
    expect((await api.get(`/environments/${envId}/services?status=fine`)).status).toBe(400);
    expect((await api.get(`/servers/${newId()}/services`)).status).toBe(404);
  });

  test("by Compose project, as their containers say it", async () => {
    const label = (name: string, project: string) =>
      reportTo(
        rig.database,
        serverId,
        reportOf(name, { labels: { "com.docker.compose.project": project } }),
      );
    await label("a-of-shop", "shop");
    await label("b-of-odd", "Odd/%25 name");
    await label("c-of-none", "");
    await label("d-of-shop", "shop");
    await add("e-planned");
    const list = async (query: string) => {
      const { body } = await api.get(`/environments/${envId}/services?${query}`);
      const rows = body.services.map((each: { name: string; composeProject: string | null }) => [
        each.name,
        each.composeProject,
      ]);
      return { total: body.total, rows };
    };
    const odd = ["b-of-odd", "Odd/%25 name"];
    const shop = [
      ["a-of-shop", "shop"],
      ["d-of-shop", "shop"],
    ];
    expect(await list("sort=composeProject")).toEqual({
      total: 5,
      rows: [odd, ...shop, ["c-of-none", null], ["e-planned", null]],
    });
    expect(await list("composeProject=shop")).toEqual({ total: 2, rows: shop });
    expect(await list("composeProject=shop&limit=1&offset=1")).toEqual({
      total: 2,
      rows: shop.slice(1),
    });
    expect(await list("composeProject=shop&status=running&q=d-of")).toEqual({
      total: 1,
      rows: shop.slice(1),
    });
    expect(await list(`composeProject=${encodeURIComponent("Odd/%25 name")}`)).toEqual({
      total: 1,
      rows: [odd],
    });
    expect(await list("composeProject=sho")).toEqual({ total: 0, rows: [] });
    for (const query of ["composeProject=", "composeProject=%00", "sort=size"]) {
      const answer = await api.get(`/environments/${envId}/services?${query}`);
      expect([query, answer.status]).toEqual([query, 400]);
    }
  });

  test("with drift where what runs is not what was deployed", async () => {
    const service = await found("web");
    const expected = `sha256:${"9".repeat(64)}`;
    const digestId = await newDigest(rig.database, imageId, expected);
    await rig.database`
      update services set deployed_digest_id = ${digestId} where id = ${service.id}`;
    const { body } = await api.get(`/environments/${envId}/services?drift=true`);
    expect(body.services).toMatchObject([
      { id: service.id, drift: { expected, actual: service.runningDigest } },
    ]);
  });

  test("with drift where an image that was never pulled runs, if that is certain", async () => {
    const service = await found("web");
    const [expected, config, other] = ["7", "8", "9"].map((digit) => `sha256:${digit.repeat(64)}`);
    const digestId = await newDigest(rig.database, imageId, expected ?? "");
    await rig.database`
      update services set deployed_digest_id = ${digestId}, running_digest = null,
        running_image_id = ${other ?? ""}
      where id = ${service.id}`;
    const drifting = async () => {
      const { body } = await api.get(`/environments/${envId}/services?drift=true`);
      return body.services.map(({ drift }: { drift: unknown }) => drift);
    };
    expect(await drifting()).toEqual([]);
    await rig.database`
      update image_digests set config_digest = ${config ?? ""} where id = ${digestId}`;
    expect(await drifting()).toEqual([{ expected, actual: other }]);
  });
});

describe("what was recorded of a service's container", () => {
  const record = { Env: ["SECRET=x", "PLAIN"], HostConfig: { Privileged: true } };
  const recordOf = async (id: string, role: "viewer" | "operator") => {
    api.actor = { ...api.actor, roles: everywhere(role) };
    const one = (await api.get(`/services/${id}`)).body.service;
    const { services } = (await api.get(`/environments/${envId}/services`)).body;
    // Lists are read often, and a record may be long.
    const { recordedSpec, ...listed } = one;
    expect(services).toEqual([listed]);
    return recordedSpec;
  };
  const setRecord = (id: string) =>
    rig.database`update services set recorded_spec = ${json(rig.database, record)} where id = ${id}`;

  const values = ["SECRET=*** (recorded)", "PLAIN=*** (recorded)"];
  const shown = { Env: values, HostConfig: { Privileged: true } };

  test("is shown without the values of its variables", async () => {
    const { id } = await add("web", { spec: { env: { OWN: "y" } } });
    expect(await recordOf(id, "operator")).toBeNull();
    expect(await recordOf(id, "viewer")).toBeNull();
    await setRecord(id);
    expect(await recordOf(id, "operator")).toEqual(shown);
    expect(await recordOf(id, "viewer")).toEqual(shown);
  });

  test("cannot be set, and is forgotten when a person describes the container", async () => {
    const { id } = await add("web");
    await setRecord(id);
    const set = await api.patch(`/services/${id}`, { recordedSpec: { User: "root" } });
    expect(set.status).toBe(422);
    expect(await recordOf(id, "operator")).toEqual(shown);
    await api.patch(`/services/${id}`, { spec: { user: "1000" } });
    expect(await recordOf(id, "operator")).toBeNull();
  });
});

describe("changing a service", () => {
  test("its settings, with an audit that holds no description", async () => {
    const service = await add("web", { spec: { env: { SECRET: "x" } } });
    const asked = api.actor;
    for (const role of ["viewer", "operator", "admin"] as const) {
      api.actor = { ...asked, roles: everywhere(role) };
      for (const path of [
        `/services/${service.id}`,
        `/environments/${service.environmentId}/services`,
        `/environments/${service.environmentId}/services?status=not_created`,
        `/servers/${service.serverId}/services`,
      ]) {
        const { status, body } = await api.get(path);
        const shown = body.service ?? body.services[0];
        expect([path, status, shown.spec]).toEqual([path, 200, { Env: ["SECRET=***"] }]);
      }
    }
    api.actor = asked;
    const { body } = await api.patch(`/services/${service.id}`, {
      name: "Front door",
      healthCheckUrl: "http://localhost:8080/health",
      healthWaitMs: 1000,
      deployOrder: "start-first",
      spec: { env: { SECRET: "hunter2" } },
    });
    expect(body.service).toMatchObject({
      name: "Front door",
      healthWaitMs: 1000,
      deployOrder: "start-first",
      spec: { Env: ["SECRET=***"] },
    });
    const logs = await rig.database`
      select details::text from audit_logs where resource_id = ${service.id}`;
    expect(JSON.stringify(logs)).not.toContain("hunter2");
    const cleared = await api.patch(`/services/${service.id}`, { spec: null });
    expect(cleared.body.service.spec).toBeNull();
  });

  test.each([
    [{ deployedDigestId: newId() }, 422],
    [{ status: "running" }, 422],
    [{ drift: null }, 422],
    [{ healthRetries: -1 }, 400],
    [{ healthCheckUrl: "ftp://x" }, 400],
    [{ deployOrder: "whenever" }, 400],
  ])("%j is refused with %d", async (change, status) => {
    const service = await add("web");
    expect((await api.patch(`/services/${service.id}`, change)).status).toBe(status);
  });

  test("one whose container is there is deleted by force only", async () => {
    const planned = await add("planned");
    expect((await api.delete(`/services/${planned.id}`)).status).toBe(200);
    const service = await found("web");
    const refused = await api.delete(`/services/${service.id}`);
    expect(refused).toMatchObject({ status: 400, body: { code: "container_exists" } });
    expect((await api.delete(`/services/${service.id}?force=true`)).status).toBe(200);
    expect((await api.get(`/services/${service.id}`)).status).toBe(404);
  });

  test("nothing is done to one that a plan is at work on", async () => {
    const service = await found("web");
    await inPlan(service.id);
    const { body } = await api.get(`/services/${service.id}`);
    expect(body.service).toMatchObject({ status: "deploying", drift: null });
    for (const answer of [
      await api.delete(`/services/${service.id}?force=true`),
      await api.post(`/services/${service.id}/restart`),
    ]) {
      expect(answer).toMatchObject({ status: 409, body: { code: "service_in_running_plan" } });
    }
  });
});

describe("asking a service's container", () => {
  /** The agent's side: answers the next command of the server. */
  async function answer(outcome: CommandResult["outcome"]): Promise<CommandBody> {
    const command = await vi.waitFor(
      async () => {
        const [row] = await undoneCommands(rig.database, serverId);
        if (!row) throw new Error("no command yet");
        return row;
      },
      { timeout: waitLimitMs },
    );
    await recordOutcome(rig.database, serverId, { commandId: command.id, outcome });
    return command.body;
  }

  test.each(["restart", "stop", "start"] as const)("to %s", async (action) => {
    const service = await found("web");
    const asked = api.post(`/services/${service.id}/${action}`);
    const body = { kind: "lifecycle" as const, state: "running" as const };
    expect(await answer({ ok: true, body })).toEqual({
      kind: "lifecycle",
      containerName: "web",
      action,
    });
    expect(await asked).toMatchObject({ status: 200, body: { service: { id: service.id } } });
  });

  test("for its health", async () => {
    const service = await found("web");
    const asked = api.post(`/services/${service.id}/health`);
    const seen = {
      kind: "probe" as const,
      method: "look" as const,
      detail: "It runs.",
      durationMs: 3,
      attempts: 1,
      health: "unhealthy" as const,
      state: "running" as const,
    };
    expect(await answer({ ok: true, body: seen })).toMatchObject({ kind: "probe", once: true });
    expect((await asked).body).toMatchObject({
      healthy: false,
      health: { status: "unhealthy", detail: "It runs." },
    });
  });

  test("for its log", async () => {
    const service = await found("web");
    const asked = api.get(`/services/${service.id}/logs?tail=5&since=2026-01-01T00:00:00Z`);
    const lines = [{ at: 1_767_225_600_000, stream: "stderr" as const, text: "oh" }];
    const body = { kind: "logs" as const, lines, truncated: false };
    expect(await answer({ ok: true, body })).toEqual({
      kind: "logs",
      containerName: "web",
      tail: 5,
      since: 1_767_225_600_000,
    });
    expect((await asked).body).toEqual({
      lines: [{ at: "2026-01-01T00:00:00.000Z", stream: "stderr", text: "oh" }],
      truncated: false,
    });
    expect((await api.get(`/services/${service.id}/logs?since=noon`)).status).toBe(400);
    expect((await api.get(`/services/${service.id}/logs?tail=0`)).status).toBe(400);
  });

  test("is refused while there is none, or its server is away", async () => {
    const planned = await add("planned");
    expect(await api.post(`/services/${planned.id}/restart`)).toMatchObject({
      status: 400,
      body: { code: "container_missing" },
    });
    const service = await found("web");
    await rig.database`update servers set status = 'offline' where id = ${serverId}`;
    expect((await api.post(`/services/${service.id}/stop`)).status).toBe(503);
    const { body } = await api.get(`/services/${service.id}`);
    expect(body.service).toMatchObject({ status: "unknown", containerStatus: "running" });
  });
});

describe("dependencies", () => {
  const depend = (from: { id: string }, on: { id: string }, type = "health_before") =>
    api.post(`/services/${from.id}/dependencies`, { dependsOnId: on.id, type });

  test("are added, listed, drawn and removed", async () => {
    const [a, b, c] = [await add("a"), await add("b"), await add("c")];
    const { body } = await depend(a, b);
    expect(body.dependency).toMatchObject({
      serviceId: a.id,
      dependsOnId: b.id,
      type: "health_before",
      dependsOn: { name: "b", serverName: "one" },
    });
    await depend(b, c, "deploy_after");
    const graph = (await api.get(`/environments/${envId}/dependency-graph`)).body;
    expect(graph.nodes.map((node: { name: string }) => node.name)).toEqual(["a", "b", "c"]);
    expect(graph.edges).toMatchObject([
      { from: b.id, to: a.id, type: "health_before" },
      { from: c.id, to: b.id, type: "deploy_after" },
    ]);
    expect(graph.deploymentOrder).toEqual([[c.id], [b.id], [a.id]]);
    const list = (await api.get(`/services/${a.id}/dependencies`)).body;
    expect(list).toMatchObject({ total: 1, dependencies: [{ id: body.dependency.id }] });
    const path = `/services/${a.id}/dependencies/${body.dependency.id}`;
    expect((await api.delete(path)).status).toBe(200);
    expect((await api.delete(path)).status).toBe(404);
  });

  test("are refused on itself, in a circle, twice, and over environments", async () => {
    const [a, b, c] = [await add("A"), await add("B"), await add("C")];
    expect((await depend(a, a)).status).toBe(400);
    await depend(a, b);
    expect((await depend(a, b, "deploy_after")).status).toBe(409);
    expect(await depend(b, a)).toMatchObject({
      status: 400,
      body: { error: "Circular dependency detected: B -> A -> B" },
    });
    await depend(b, c);
    expect((await depend(c, a)).body.error).toBe("Circular dependency detected: C -> A -> B -> C");
    expect((await depend(a, { id: newId() })).status).toBe(400);
    expect((await depend(a, c, "whenever")).status).toBe(400);
  });

  test("two that would make a circle together do not both get in", async () => {
    const [a, b] = [await add("A"), await add("B")];
    const answers = await Promise.all([depend(a, b), depend(b, a)]);
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 400]);
  });
});

test("a service's history comes from its plans, as they went for it", async () => {
  const service = await found("web");
  await inPlan(service.id, { action: "deploy", status: "success", ended: true });
  await inPlan(service.id, { action: "deploy", status: "failed", ended: true });
  await inPlan(service.id, { action: "deploy", status: "skipped", ended: true });
  const { body } = await api.get(`/services/${service.id}/history`);
  expect(body.total).toBe(2);
  expect(body.history.map((entry: { status: string }) => entry.status).toSorted()).toEqual([
    "failed",
    "success",
  ]);
  expect(body.history[0]).toMatchObject({
    tag: "1.28",
    deployedBy: "somebody",
    totalDurationMs: 4000,
    services: [{ id: service.id, name: "web", serverName: "one" }],
  });
});

/** Rows of a plan that has the service in it; without `step` it is at work now. */
async function inPlan(
  serviceId: string,
  step: { action: string; status: string; ended: boolean } | null = null,
): Promise<void> {
  const planId = newId();
  const ended = step?.ended ?? false;
  await rig.database`
    insert into deployment_plans (id, environment_id, container_image_id, image_name, image_tag,
      image_digest, status, trigger_type, triggered_by, auto_rollback, parallel_execution,
      started_at, completed_at)
    values (${planId}, ${envId}, ${imageId}, 'nginx', '1.28', 'sha256:x',
      ${ended ? "completed" : "running"}, 'manual', 'somebody', true, false, now(),
      ${ended ? rig.database`now()` : null})`;
  await rig.database`
    insert into plan_targets (plan_id, position, image_name, image_tag, image_digest)
    select id, 0, image_name, image_tag, image_digest from deployment_plans where id = ${planId}`;
  await rig.database`
    insert into plan_services (plan_id, position, service_id, service_name, server_id, server_name,
      container_name, level, rollback_body, active)
    values (${planId}, 0, ${serviceId}, 'web', ${serverId}, 'one', 'web', 0, '{}', ${!ended})`;
  if (!step) return;
  const ran = step.status !== "skipped";
  await rig.database`
    insert into plan_steps (id, plan_id, position, level, action, status, service_position,
      server_name, timeout_ms, command_id, body, started_at, completed_at)
    values (${newId()}, ${planId}, 0, 0, ${step.action}, ${step.status}, 0, 'one', 1, ${newId()},
      '{}', ${ran ? rig.database`now() - interval '4 seconds'` : null}, now())`;
}
