import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import {
  type CommandRow,
  claimCommands,
  endOverdueCommands,
  recordOutcome,
} from "../commands/commands.store.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { advance } from "./advance.ts";
import { cancelPlan, createPlan } from "./create-plan.ts";
import { planJson } from "./plan-json.ts";
import {
  type Answer,
  deployOf,
  digestOf,
  newWorld,
  planParts,
  play,
  refusal,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";
import { receiptOf } from "./receipt-json.ts";

/* Plans whose agents get the next deploy while the gate before it is open. */

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

async function newPlan(
  more: Parameters<typeof newWorld>[1] = {},
): Promise<{ world: World; planId: string }> {
  const world = await newWorld(test_.database, { services: 3, capabilities: ["after"], ...more });
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
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

/** What a new connection of this server's agent is given; the control plane has noticed what is overdue. */
async function claimedBy(serverId: string): Promise<CommandRow[]> {
  const sessionId = newId();
  await test_.database`
    update servers set session_id = ${sessionId}, status = 'online',
      last_seen_at = now() + interval '1 day' where id = ${serverId}`;
  await endOverdueCommands(test_.database);
  return claimCommands(test_.database, { serverId, sessionId });
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
  const whole = await readPlan(test_.database, planId);
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
  const deploy = (await readPlan(test_.database, planId))?.steps.find(
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
  await claimedBy(gate.serverId);
  await answer(gate, refusal("it exited"));
  await advance(test_.database, planId);
  const [held, cancel, rollback, ...more] = await openCommands(planId);
  expect(more).toEqual([]);
  expect(held?.id).toBe(ahead.id);
  expect(cancel).toMatchObject({
    body: { kind: "cancel", commandId: ahead.id },
    deadlineAt: null,
  });
  expect(rollback).toMatchObject({ kind: "rollback" });
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
  await claimedBy(gate.serverId);
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

async function disconnect(serverId: string): Promise<void> {
  await test_.database`
    update servers set session_id = null, status = 'offline' where id = ${serverId}`;
}

/** The first service is done on one server, the second is being deployed on another, which has the third. */
async function toSecondServer() {
  const { world, planId } = await newPlan({ servers: 2, serverOf: (service) => (service ? 1 : 0) });
  const [, serverId = ""] = world.serverIds;
  await play(test_.database, planId, (command) =>
    command.kind === "run" && command.serverId === serverId ? null : success(command.body),
  );
  const [deploy, ahead, ...more] = await claimedBy(serverId);
  if (!deploy || !ahead) throw new Error("nothing is open");
  expect(more).toEqual([]);
  const gate = (await readPlan(test_.database, planId))?.steps.find(({ commandId }) =>
    ahead.after.includes(commandId),
  );
  expect(gate).toMatchObject({ status: "pending", commandStatus: null });
  return { world, planId, serverId, deploy, ahead };
}

/** What an agent is given that comes back long after its plan has ended, and what becomes of that. */
async function comesBack(planId: string, serverId: string, ahead: CommandRow): Promise<void> {
  const ended = async () => {
    const whole = await readPlan(test_.database, planId);
    return { plan: whole?.plan, steps: whole && planJson(whole).steps };
  };
  const before = await ended();
  expect(before.steps?.find(({ id }) => id === ahead.stepId)).toMatchObject({
    ...{ status: "skipped", error: null },
  });
  // It may have it already, and hold it back: only the cancel ends it.
  const soon = await claimedBy(serverId);
  expect(soon).toMatchObject([
    { id: ahead.id, after: ahead.after },
    { body: { kind: "cancel", commandId: ahead.id } },
  ]);
  await test_.database`
    update commands set deadline_at = now() - interval '1 hour'
    where plan_id = ${planId} and deadline_at is not null`;
  const late = await claimedBy(serverId);
  expect(late).toMatchObject([{ body: { kind: "cancel", commandId: ahead.id } }]);
  for (const command of late) await answer(command);
  await answer(ahead, refusal("called off", "cancelled"));
  await advance(test_.database, planId);
  expect(await openCommands(planId)).toEqual([]);
  expect(await ended()).toEqual(before);
}

test("a failure goes back at once though the server that holds a deploy has vanished", async () => {
  const { world, planId, serverId, deploy, ahead } = await toSecondServer();
  await answer(deploy, refusal("It was created with --rm.", "refused"));
  await disconnect(serverId);
  const whole = await play(test_.database, planId, (command) =>
    command.serverId === serverId ? null : success(command.body),
  );
  expect(whole.plan.status).toBe("rolled_back");
  const back = whole.steps.filter(({ action }) => action === "rollback");
  expect(back).toMatchObject([{ status: "success", serverId: world.serverIds[0] }]);
  await comesBack(planId, serverId, ahead);
});

test("a cancel ends the plan though the server that holds a deploy has vanished", async () => {
  const { world, planId, serverId, deploy, ahead } = await toSecondServer();
  await cancelPlan(test_.database, system, planId);
  await advance(test_.database, planId);
  // The deploy that is under way may have changed something.
  expect((await readPlan(test_.database, planId))?.plan.status).toBe("running");
  await answer(deploy, refusal("It was created with --rm.", "refused"));
  await disconnect(serverId);
  const whole = await play(test_.database, planId, (command) =>
    command.serverId === serverId ? null : success(command.body),
  );
  expect(whole.plan.status).toBe("cancelled");
  // Other plans may touch its services again.
  const active = await test_.database`
    select 1 from plan_services where service_id = any(${world.serviceIds}::uuid[]) and active`;
  expect(active).toEqual([]);
  await comesBack(planId, serverId, ahead);
});

test("a gate that was called off before it left never leaves, and its deploy is not waited for", async () => {
  const { planId, serverId, deploy, ahead } = await toSecondServer();
  const gateId = ahead.after[0];
  await disconnect(serverId);
  await answer(deploy);
  await advance(test_.database, planId);
  expect(await openCommands(planId)).toMatchObject([
    { id: ahead.id, status: "sent" },
    { id: gateId, status: "queued" },
  ]);
  await cancelPlan(test_.database, system, planId);
  await advance(test_.database, planId);
  for (const command of await openCommands(planId)) {
    if (command.serverId !== serverId) await answer(command);
  }
  await advance(test_.database, planId);
  const whole = await readPlan(test_.database, planId);
  // All that is left is what the server that is away has kept for a rollback.
  expect(whole?.steps.filter(({ status }) => status === "running")).toEqual([]);
  expect(whole?.cleanUp).toMatchObject({ open: 1 });
  expect(whole?.steps.find(({ commandId }) => commandId === gateId)).toMatchObject({
    ...{ status: "skipped", commandSent: false },
    ...{ outcome: { ok: false, failure: { code: "cancelled" } } },
  });
  const claimed = await claimedBy(serverId);
  expect(claimed.map(({ kind }) => kind)).toEqual(["run", "cancel", "cancel", "commit"]);
  expect(claimed[0]).toMatchObject({ id: ahead.id, after: [gateId] });
});

test("a gate that leaves while the plan is cancelled is waited for, and so is its deploy", async () => {
  const { planId, serverId, deploy, ahead } = await toSecondServer();
  await disconnect(serverId);
  await answer(deploy);
  await advance(test_.database, planId);
  expect((await claimedBy(serverId)).map(({ id }) => id)).toContain(ahead.after[0]);
  await disconnect(serverId);
  await cancelPlan(test_.database, system, planId);
  await advance(test_.database, planId);
  const open = await openCommands(planId);
  expect(open.map(({ kind }) => kind)).toEqual(["run", "probe", "cancel"]);
  for (const command of open) await answer(command);
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("cancelled");
  expect(
    planJson(whole)
      .steps.map(({ status }) => status)
      .slice(-2),
  ).toEqual(["success", "skipped"]);
});
