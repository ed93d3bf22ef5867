import type { ContainerReport } from "@bridgeport/proto";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Actor, everywhere, type Role } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { insertUser } from "../identity/users.store.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { secretsWith } from "../secrets.ts";
import { noteInventory } from "../servers/sessions.store.ts";
import { advance } from "./advance.ts";
import { planActionsRoutes } from "./plan-actions.routes.ts";
import {
  type Answer,
  newWorld,
  planParts,
  play,
  refusal,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { plansRoutes } from "./plans.routes.ts";
import { readPlan } from "./plans.store.ts";

let rig: TestDatabase;
let world: World;
let api: TestApi;
let ann: Actor;

async function person(role: Role): Promise<Actor> {
  const name = `${newId()}@b.test`;
  const roles = everywhere(role);
  const { id } = await insertUser(rig.database, { email: name, name, roles, passwordHash: null });
  return { type: "user", id, name, roles };
}

beforeAll(async () => {
  rig = await openTestDatabase();
  const unused = () => Promise.reject(new Error("not asked for"));
  api = testApi(
    planActionsRoutes(planParts(rig.database)),
    plansRoutes({
      ...planParts(rig.database),
      secrets: secretsWith("11".repeat(32)),
      ...{ log: pino({ level: "silent" }), resolveTag: unused, dryRun: async () => [] },
      changes: {} as never,
    }),
  );
});
beforeEach(async () => {
  world = await newWorld(rig.database, { services: 3 });
  ann = await person("operator");
  api.actor = ann;
});
afterAll(() => rig.close());

async function deploy(more: object): Promise<string> {
  const { status, body } = await api.post(`/container-images/${world.imageId}/deploy`, {
    ...{ imageDigestId: world.digests[1]?.id, ...more },
  });
  expect([status, body.error]).toEqual([200, undefined]);
  return body.plan.id;
}
const read = async (id: string) => (await api.get(`/deployment-plans/${id}`)).body.plan;
const tell = (id: string, what: string, body: object = {}) =>
  api.post(`/deployment-plans/${id}/${what}`, what === "pause" ? body : undefined);
const said = async (id: string) =>
  (await read(id)).steps.map((step: { action: string; batch: number | null; status: string }) =>
    [step.batch ?? "-", step.action, step.status].join(" "),
  );

/** Its agent connects, and reports everything that it has. */
async function reported(): Promise<void> {
  const [serverId = ""] = world.serverIds;
  const sessionId = newId();
  await rig.database`update servers set session_id = ${sessionId} where id = ${serverId}`;
  await noteInventory(rig.database, { serverId, sessionId });
}
const away = () =>
  rig.database`update servers set status = 'offline', session_id = null
    where id = any(${world.serverIds}::uuid[])`;
const online = () =>
  rig.database`update servers set status = 'online' where id = any(${world.serverIds}::uuid[])`;

const containerOf = (name: string) => `new ${name}`.padEnd(64, "0");
/** Each deploy makes a container of its own, which is reported. */
const deploying: Answer = ({ body }) =>
  body.kind === "run"
    ? { ...success(body), ...{ containerId: containerOf(body.containerName) } }
    : success(body);
async function report(index: number, more: Partial<ContainerReport> = {}): Promise<void> {
  const [serverId = ""] = world.serverIds;
  const name = `service-${index}`;
  await rig.database`delete from containers where server_id = ${serverId} and name = ${name}`;
  await storeContainer(
    rig.database,
    serverId,
    reportOf(name, { id: containerOf(name), health: "healthy", startedAt: 1000, ...more }),
  );
}
/** What its agents have answered had been sent to them. */
const wereSent = (id: string) =>
  rig.database`update commands set sent_at = now() where plan_id = ${id} and kind = 'run'`;
/** The time of the soak that runs is over. */
const timePasses = (id: string) =>
  rig.database`update plan_steps set started_at = started_at - interval '1 day',
    deadline_at = deadline_at - interval '1 day'
    where plan_id = ${id} and action = 'soak' and status = 'running'`;

test("a plan that was not asked to be careful is one batch", async () => {
  const id = await deploy({});
  await play(rig.database, id);
  expect(await read(id)).toMatchObject({ status: "completed", rollout: null, batches: 1 });
  expect((await said(id)).map((step: string) => step.split(" ")[1])).toEqual([
    "pull",
    ...Array.from({ length: 3 }, () => ["deploy", "health_check"]).flat(),
  ]);
});

test("a rollout is paused after its first batch, says so, and goes on when it is resumed", async () => {
  const id = await deploy({ rollout: { batch: 1, pauseAfter: 1 } });
  await play(rig.database, id);
  expect(await said(id)).toEqual([
    ...["- pull success", "1 deploy success", "1 health_check success", "1 soak success"],
    ...["2 deploy pending", "2 health_check pending", "3 deploy pending", "3 health_check pending"],
  ]);
  expect(await read(id)).toMatchObject({
    ...{ status: "paused", batches: 3, pausedReason: "Batch 1 is done.", pausedBy: null },
    resumeDoes: "It goes on with batch 2.",
    rollout: {
      ...{ batch: 1, maxUnavailable: null, soakMs: 0, pauseAfter: 1, onFailure: "rollback" },
      analysis: null,
    },
  });
  const [event] = await rig.database<{ data: object }[]>`
    select data from domain_events where subject_id = ${id} and name = 'plan.paused'`;
  expect(event?.data).toMatchObject({ pausedReason: "Batch 1 is done.", pausedBy: null });
  // Its services stay busy.
  const other = await api.post(`/container-images/${world.imageId}/deploy`, {
    imageDigestId: world.digests[1]?.id,
  });
  expect([other.status, other.body.code]).toEqual([409, "service_in_running_plan"]);
  expect((await tell(id, "resume")).body.plan).toMatchObject({
    ...{ status: "running", pausedAt: null, pausedReason: null, resumeDoes: null },
  });
  await play(rig.database, id);
  expect((await read(id)).status).toBe("completed");
  const started = await rig.database`
    select from domain_events where subject_id = ${id} and name = 'deployment.started'`;
  expect(started).toHaveLength(1);
  const actions = await rig.database<{ action: string }[]>`
    select action from audit_logs where resource_id = ${id} order by at, id`;
  expect(actions.map(({ action }) => action)).toEqual(["deploy", "resume_plan", "end_plan"]);
});

test("a container that restarts in its soak takes every batch back, and its digest is avoided", async () => {
  await reported();
  const id = await deploy({ rollout: { batch: 2, soakMs: 60_000 } });
  await play(rig.database, id, deploying);
  // Nothing is compared before the new containers are known.
  expect((await read(id)).steps[5]).toMatchObject({ status: "running", soak: { endsAt: null } });
  for (const index of [0, 1]) await report(index);
  await advance(rig.database, id);
  expect((await read(id)).steps[5].soak.endsAt).not.toBeNull();
  await report(1, { restartCount: 1 });
  const whole = await play(rig.database, id, deploying);
  expect(whole.plan).toMatchObject({
    status: "rolled_back",
    error: "Batch 1 did not stay healthy: service-1 on server-0 has restarted.",
  });
  expect(await said(id)).toEqual([
    ...["- pull success", "1 deploy rolled_back", "1 health_check rolled_back"],
    ...["1 deploy rolled_back", "1 health_check rolled_back", "1 soak failed"],
    ...["2 deploy skipped", "2 health_check skipped", "2 soak skipped"],
    ...["- rollback success", "- rollback success"],
  ]);
  const avoided = await rig.database`
    select from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(avoided).toHaveLength(1);
});

test("a soak of which nothing is known pauses its plan, and begins again when that is resumed", async () => {
  await reported();
  const id = await deploy({ rollout: { soakMs: 60_000 } });
  await play(rig.database, id, deploying);
  for (const index of [0, 1, 2]) await report(index);
  await advance(rig.database, id);
  await away();
  await timePasses(id);
  await advance(rig.database, id);
  expect(await read(id)).toMatchObject({
    status: "paused",
    pausedReason:
      "Batch 1 could not be watched: It is not known how service-0 is while server-0 is offline. It is not known how service-1 is while server-0 is offline. It is not known how service-2 is while server-0 is offline.",
  });
  // It is connected again, but has not reported what has become of its containers.
  await online();
  expect((await tell(id, "resume")).status).toBe(200);
  await advance(rig.database, id);
  expect((await read(id)).steps.at(-1)).toMatchObject({
    status: "running",
    soak: { endsAt: null },
  });
  await reported();
  await advance(rig.database, id);
  await timePasses(id);
  await play(rig.database, id);
  expect((await read(id)).status).toBe("completed");
});

test("a failure that pauses is tried again with a new command, which a rollback then undoes", async () => {
  const id = await deploy({ rollout: { batch: 1, onFailure: "pause" } });
  const seen = { containerId: "old", name: "x", running: true, exitCode: null };
  const before = { ...seen, imageId: `sha256:${"1".repeat(64)}`, health: "healthy" } as const;
  const sent: string[] = [];
  const failing: Answer = ({ id: command, body }) => {
    if (body.kind !== "run" || body.containerName !== "service-1") return success(body);
    sent.push(command);
    return { ...refusal("it exited", "exited"), before, after: before };
  };
  await play(rig.database, id, failing);
  expect(await read(id)).toMatchObject({
    status: "paused",
    pausedReason: "Deploy failed for service-1 on server-0: it exited.",
    resumeDoes: "It tries the deploy of service-1 on server-0 again, and goes on.",
  });
  await tell(id, "resume");
  const again = await play(rig.database, id, failing);
  expect(new Set(sent).size).toBe(2);
  expect(again.services[1]?.rollbackBody.runCommandId).toBe(sent[1]);
  await wereSent(id);
  expect((await tell(id, "rollback")).status).toBe(200);
  const undone: string[] = [];
  await play(rig.database, id, ({ body }) => {
    if (body.kind === "rollback") undone.push(body.runCommandId);
    return success(body);
  });
  expect((await read(id)).status).toBe("rolled_back");
  expect(undone).toEqual([sent[1], again.services[0]?.rollbackBody.runCommandId]);
});

test("a deploy whose container is not as it was before is not tried again", async () => {
  const id = await deploy({ rollout: { onFailure: "pause" } });
  await play(rig.database, id, ({ body }) =>
    body.kind === "run" ? refusal("no answer came", "timeout") : success(body),
  );
  await wereSent(id);
  const { status, body } = await tell(id, "resume");
  expect([status, body.code]).toEqual([409, "deploy_not_repeatable"]);
  expect((await read(id)).resumeDoes).toContain("roll the plan back, or cancel it");
  expect((await tell(id, "cancel")).status).toBe(200);
  await play(rig.database, id);
  expect((await read(id)).status).toBe("cancelled");
});

test("a person pauses any running plan: what is in flight ends, and nothing else starts", async () => {
  const id = await deploy({});
  await advance(rig.database, id);
  expect((await tell(id, "pause", { reason: "lunch" })).body.plan).toMatchObject({
    ...{ status: "paused", pausedReason: "lunch", pausedBy: ann.name },
  });
  await play(rig.database, id);
  expect((await said(id)).slice(0, 2)).toEqual(["- pull success", "1 deploy pending"]);
  expect((await tell(id, "pause")).body.code).toBe("wrong_plan_status");
  expect((await tell(id, "rollback")).status).toBe(200);
  const whole = await play(rig.database, id);
  expect(whole.plan).toMatchObject({
    status: "cancelled",
    error: "Nothing had been touched, so there was nothing to roll back.",
  });
  expect((await tell(id, "resume")).body.code).toBe("wrong_plan_status");
});

test("what its agent holds back while a plan is paused is called off, and ordered anew", async () => {
  await rig.database`update servers set agent_capabilities = array['after']
    where id = any(${world.serverIds}::uuid[])`;
  const id = await deploy({});
  // The first deploy stays open, and the second is prepared behind its gate.
  await play(rig.database, id, ({ body }) => (body.kind === "run" ? null : success(body)));
  const prepared = (await readPlan(rig.database, id))?.steps.find(
    ({ action, status, commandStatus }) =>
      action === "deploy" && status === "pending" && commandStatus !== null,
  );
  expect(prepared).toBeDefined();
  await tell(id, "pause");
  const paused = await play(rig.database, id);
  expect(paused.plan.status).toBe("paused");
  expect(paused.steps.filter(({ status }) => status === "success")).toHaveLength(2);
  await tell(id, "resume");
  const whole = await play(rig.database, id);
  expect(whole.plan.status).toBe("completed");
  const step = whole.steps.find(({ id: own }) => own === prepared?.id);
  expect(step?.commandId).not.toBe(prepared?.commandId);
});

const measured = {
  prometheus: {
    ...{ url: "http://p:9090", query: "errors" },
    condition: { operator: "<", value: 0.01 },
  },
};
const asked = (more: object) => ({
  soakMs: 1000,
  analysis: { prometheus: { ...measured.prometheus, ...more } },
});

test("what is measured is asked every half a minute where nothing else is said", async () => {
  const id = await deploy({ rollout: { soakMs: 1000, analysis: measured } });
  const plan = await read(id);
  const prometheus = { ...measured.prometheus, intervalMs: 30_000 };
  expect(plan.rollout.analysis).toEqual({ prometheus });
  expect(plan.steps.at(-1).soak.analysis).toEqual({ prometheus, last: null });
});

test.each([
  [{ batch: 0 }, "rollout.batch"],
  [{ batch: "0%" }, "rollout.batch"],
  [{ batch: "101%" }, "rollout.batch"],
  [{ soakMs: -1 }, "rollout.soakMs"],
  [{ soakMs: 86_400_001 }, "rollout.soakMs"],
  [{ pauseAfter: "all" }, "rollout.pauseAfter"],
  [{ surprise: true }, "rollout"],
  [{ soakMs: 1000, analysis: {} }, "rollout.analysis.prometheus"],
  [{ analysis: measured }, "rollout.analysis"],
  [{ soakMs: 0, analysis: measured }, "needs a soak"],
  [asked({ url: "prometheus:9090" }), "rollout.analysis.prometheus.url"],
  [asked({ url: "http://ann:secret@p:9090" }), "must not contain a user name"],
  [asked({ url: "http://p:9090?token=secret" }), "must have no part after ?"],
  [asked({ url: "http://p:9090/api/v1/query" }), "must end before /api/v1"],
  [asked({ query: " " }), "rollout.analysis.prometheus.query"],
  [asked({ condition: { operator: "!=", value: 1 } }), "condition.operator"],
  [asked({ condition: { operator: "<", value: "1" } }), "condition.value"],
  [asked({ intervalMs: 10 }), "rollout.analysis.prometheus.intervalMs"],
])("%j is refused, and %s is named", async (rollout, field) => {
  const { status, body } = await api.post(`/container-images/${world.imageId}/deploy`, {
    ...{ imageDigestId: world.digests[1]?.id, rollout },
  });
  expect(status).toBe(400);
  expect(JSON.stringify(body)).toContain(field);
});

test("a rollout that goes back is refused where the plan is not to", async () => {
  const { status, body } = await api.post(`/container-images/${world.imageId}/deploy`, {
    ...{ imageDigestId: world.digests[1]?.id, autoRollback: false },
    rollout: { onFailure: "rollback" },
  });
  expect([status, body.code]).toEqual([400, "invalid_request"]);
});
