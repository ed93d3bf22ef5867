import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { type CommandRow, recordOutcome } from "../commands/commands.store.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { advance } from "./advance.ts";
import { cancelPlan, createPlan } from "./create-plan.ts";
import { planJson } from "./plan-json.ts";
import {
  type Answer,
  digestOf,
  newWorld,
  play,
  refusal,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { loadPlan } from "./plans.store.ts";
import { receiptOf } from "./receipt-json.ts";

/* Plans whose agents get the next deploy while the gate before it is open. */

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

async function newPlan(): Promise<{ world: World; planId: string }> {
  const world = await newWorld(test_.database, { services: 3, capabilities: ["after"] });
  const planId = await createPlan(test_.database, system, {
    ...{ imageId: world.imageId, imageDigestId: world.digests[1]?.id ?? "", tag: null },
    ...{ serviceIds: null, autoRollback: true, parallelExecution: false },
    ...{ triggerType: "manual", execute: true },
  });
  return { world, planId };
}

/** Answers well until the first gate is open; the second deploy was ordered ahead. */
async function toFirstGate(): Promise<{
  world: World;
  planId: string;
  gate: CommandRow;
  ahead: CommandRow;
}> {
  const { world, planId } = await newPlan();
  const beforeGate: Answer = ({ body }) => (body.kind === "probe" ? null : success(body));
  await play(test_.database, planId, beforeGate);
  const [ahead, gate, ...more] = await openCommands(planId);
  if (!gate || !ahead) throw new Error("nothing is open");
  expect(more).toEqual([]);
  return { world, planId, gate, ahead };
}

async function openCommands(planId: string): Promise<CommandRow[]> {
  return test_.database<CommandRow[]>`
    select * from commands where plan_id = ${planId} and status <> 'done'
    order by created_at, id`;
}

async function answer(
  { id, serverId, body }: CommandRow,
  failure: ReturnType<typeof refusal> | null = null,
): Promise<void> {
  const outcome = failure
    ? { ok: false as const, failure }
    : { ok: true as const, body: success(body) };
  await recordOutcome(test_.database, serverId, { commandId: id, outcome });
}

async function stepsOf(planId: string) {
  const whole = await loadPlan(test_.database, planId);
  if (!whole) throw new Error("the plan is gone");
  return planJson(whole).steps;
}

test("every deploy but the first is ordered behind a gate, and the plan completes", async () => {
  const { world, planId } = await newPlan();
  const after: string[] = [];
  const whole = await play(test_.database, planId, (command) => {
    if (command.body.kind === "run") after.push(...command.after);
    return success(command.body);
  });
  expect(whole.plan.status).toBe("completed");
  const gates = whole.steps.filter(({ action }) => action === "health_check");
  expect(after).toEqual(gates.slice(0, 2).map(({ commandId }) => commandId));
  const records = await test_.database`
    select recorded_spec from services where id = any(${world.serviceIds}::uuid[])`;
  const recordedSpec = { Image: `registry.test/app:v2@${digestOf("b")}` };
  expect(records).toEqual([{ recordedSpec }, { recordedSpec }, { recordedSpec }]);
});

test("a prepared step is shown as pending, and its command outlives the gate by its own time", async () => {
  const { planId, gate, ahead } = await toFirstGate();
  expect(ahead).toMatchObject({ kind: "run", status: "queued", after: [gate.id] });
  const deploy = (await loadPlan(test_.database, planId))?.steps.find(
    ({ commandId }) => commandId === ahead.id,
  );
  expect(deploy).toMatchObject({ status: "pending", startedAt: null, deadlineAt: null });
  const time = (ahead.deadlineAt?.getTime() ?? 0) - (gate.deadlineAt?.getTime() ?? 0);
  expect(time).toBeGreaterThanOrEqual(deploy?.timeoutMs ?? Infinity);
});

test("looking again, on any replica, orders nothing twice", async () => {
  const { planId, gate, ahead } = await toFirstGate();
  await Promise.all(Array.from({ length: 4 }, () => advance(test_.database, planId)));
  expect((await openCommands(planId)).map(({ id }) => id)).toEqual([ahead.id, gate.id]);
  await answer(gate);
  await Promise.all(Array.from({ length: 4 }, () => advance(test_.database, planId)));
  const [, , , deploy, nextGate, next] = await stepsOf(planId);
  expect(deploy).toMatchObject({ action: "deploy", status: "running" });
  expect([nextGate?.status, next?.status]).toEqual(["pending", "pending"]);
  const open = await openCommands(planId);
  expect(open).toMatchObject([{ id: ahead.id }, { kind: "run", after: [expect.any(String)] }]);
});

test("a result that is there before its gate's counts whole when the gate has passed", async () => {
  const { world, planId, gate, ahead } = await toFirstGate();
  await answer(ahead);
  await advance(test_.database, planId);
  const early = (await stepsOf(planId))[3];
  expect(early).toMatchObject({ status: "pending", downtimeMs: null, changes: null });
  await answer(gate);
  await advance(test_.database, planId);
  expect((await stepsOf(planId))[3]).toMatchObject({ status: "success", downtimeMs: 12 });
  const [service] = await test_.database`
    select recorded_spec from services where id = ${world.serviceIds[1] ?? ""}`;
  expect(service).toEqual({ recordedSpec: { Image: `registry.test/app:v2@${digestOf("b")}` } });
});

test("a gate that fails calls off what waits for it, which was not touched", async () => {
  const { planId, gate, ahead } = await toFirstGate();
  await test_.database`update commands set status = 'sent', sent_at = now() where id = ${ahead.id}`;
  await answer(gate, refusal("it exited"));
  await advance(test_.database, planId);
  const [held, cancel, ...more] = await openCommands(planId);
  expect(more).toEqual([]);
  expect(held?.id).toBe(ahead.id);
  expect(cancel).toMatchObject({
    body: { kind: "cancel", commandId: ahead.id },
    deadlineAt: null,
  });
  const before = { containerId: "b", imageId: digestOf("1"), running: true, exitCode: null };
  const seen = { ...before, health: "none" as const, name: "service-1" };
  await answer(ahead, { ...refusal("called off", "cancelled"), before: seen, after: seen });
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("rolled_back");
  const steps = planJson(whole).steps.map(({ action, status }) => `${action} ${status}`);
  expect(steps).toEqual([
    ...["pull success", "deploy rolled_back", "health_check failed"],
    ...Array.from({ length: 2 }, () => ["deploy skipped", "health_check skipped"]).flat(),
    "rollback success",
  ]);
  expect(receiptOf(whole).services[1]).toMatchObject({
    ...{ before: seen, after: null, afterRollback: null, rollback: null, error: null },
  });
});

test("what went on though its gate failed here is deployed, and goes back first", async () => {
  const { planId, gate, ahead } = await toFirstGate();
  await test_.database`update commands set status = 'sent', sent_at = now() where id = ${ahead.id}`;
  await answer(gate, refusal("it took too long", "timeout"));
  await advance(test_.database, planId);
  await answer(ahead);
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("rolled_back");
  const back = planJson(whole).steps.filter(({ action }) => action === "rollback");
  expect(back.map(({ service }) => service.name)).toEqual(["service-1", "service-0"]);
  const deploy = planJson(whole).steps[3];
  expect(deploy).toMatchObject({ status: "rolled_back", downtimeMs: 12 });
  expect(deploy?.startedAt).not.toBeNull();
});

test("a cancel takes back what was not delivered, and lets the gate end", async () => {
  const { planId, gate, ahead } = await toFirstGate();
  await cancelPlan(test_.database, system, planId);
  await advance(test_.database, planId);
  const open = await openCommands(planId);
  expect(open.map(({ kind }) => kind)).toEqual(["probe", "cancel"]);
  await answer(gate);
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("cancelled");
  expect(whole.steps.find(({ commandId }) => commandId === ahead.id)).toMatchObject({
    ...{ status: "skipped", startedAt: null },
  });
});
