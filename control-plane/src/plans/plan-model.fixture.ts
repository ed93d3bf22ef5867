import type { Observation } from "@bridgeport/proto";
import fc from "fast-check";
import { reconnectMs } from "../commands/reconnect.ts";
import { deploymentLevels } from "../services/dependency-graph.ts";
import { deadlineGraceMs, decide, touched } from "./decide.ts";
import type { Action, Outcome, Snapshot, SnapshotStep } from "./plan.ts";

/*
 * A plan without a database: the same transitions that `apply` makes, so that `decide` can be
 * driven through any graph, any failures and any order of events.
 */

export interface ModelOptions {
  /** names in no particular order; `needs` refers to them */
  services: {
    name: string;
    server?: string;
    needs?: { name: string; type: "health_before" | "deploy_after" }[];
  }[];
  autoRollback?: boolean;
  parallelExecution?: boolean;
  /** servers whose agents can hold a command back */
  holdingBack?: string[];
}

export function newPlan({
  services,
  autoRollback = true,
  parallelExecution = false,
  holdingBack = [],
}: ModelOptions): Snapshot {
  const named = services.map(({ name }) => ({ id: name, name }));
  const edges = services.flatMap(({ name, needs = [] }) =>
    needs.map((need) => ({ serviceId: name, dependsOnId: need.name })),
  );
  const order = deploymentLevels(named, edges).flatMap((names, level) =>
    names.map((name) => ({ name, level })),
  );
  const serverOf = (name: string) =>
    services.find((service) => service.name === name)?.server ?? "one";
  const snapshot: Snapshot = {
    plan: {
      id: "plan",
      status: "running",
      autoRollback,
      parallelExecution,
      cancelRequested: false,
      rollbackStarted: false,
    },
    services: order.map(({ name, level }, position) => ({
      position,
      name,
      serverName: serverOf(name),
      level,
      dependsOn: (services.find((service) => service.name === name)?.needs ?? []).map((need) => ({
        position: order.findIndex((other) => other.name === need.name),
        type: need.type,
      })),
      before: running(name),
    })),
    steps: [],
    cleanUp: null,
    listeningSince: -reconnectMs,
  };
  for (const server of new Set(snapshot.services.map(({ serverName }) => serverName))) {
    addStep(snapshot, "pull", null, server, holdingBack.includes(server));
  }
  for (const { position, serverName } of snapshot.services) {
    addStep(snapshot, "deploy", position, serverName);
    addStep(snapshot, "health_check", position, serverName);
  }
  return snapshot;
}

function running(name: string): Observation {
  return {
    ...{ containerId: name, imageId: "sha256:1", name, running: true },
    ...{ health: "healthy", exitCode: null },
  };
}

function addStep(
  snapshot: Snapshot,
  action: SnapshotStep["action"],
  servicePosition: number | null,
  serverName: string,
  agentHoldsBack = false,
): void {
  const position = snapshot.steps.length;
  const sameServer = snapshot.steps.find((step) => step.serverName === serverName);
  const service = snapshot.services.find((candidate) => candidate.position === servicePosition);
  snapshot.steps.push({
    id: `${position} ${action} ${service?.name ?? serverName}`,
    position,
    action,
    status: "pending",
    servicePosition,
    serverName,
    serverOnline: sameServer?.serverOnline ?? true,
    agentHoldsBack: sameServer?.agentHoldsBack ?? agentHoldsBack,
    targetExists: true,
    error: null,
    deadlineAt: null,
    command: null,
  });
}

/** How long each step may take; longer than the grace after it, as for most real steps. */
export const stepTime = 100_000;

/** What `apply` does, on the model. */
export function carryOut(snapshot: Snapshot, action: Action, now: number): void {
  const step = (id: string) => {
    const found = snapshot.steps.find((candidate) => candidate.id === id);
    if (!found) throw new Error(`no step ${id}`);
    return found;
  };
  switch (action.kind) {
    case "start_step": {
      const started = step(action.stepId);
      started.status = "running";
      started.deadlineAt = now + stepTime;
      started.command ??= newCommand(started, started.deadlineAt);
      if (!started.command.outcome) started.command.deadlineAt = started.deadlineAt;
      const next = snapshot.steps.find(
        ({ action, position }) => action === "deploy" && position > started.position,
      );
      if (started.action === "health_check" && next?.status === "pending" && next.command) {
        next.command.deadlineAt = started.deadlineAt + stepTime;
      }
      return;
    }
    case "prepare_step": {
      const prepared = step(action.stepId);
      if (prepared.command) throw new Error(`${prepared.id} has a command`);
      const gate = step(action.gateId);
      const deploy = snapshot.steps.find(
        (one) => one.action === "deploy" && one.servicePosition === gate.servicePosition,
      );
      const gateDeadline = gate.deadlineAt ?? (deploy?.deadlineAt ?? now) + stepTime;
      prepared.command = newCommand(prepared, gateDeadline + stepTime);
      return;
    }
    case "finish_step": {
      const ended = step(action.stepId);
      ended.status = action.status;
      ended.error = action.error;
      if (action.status === "failed") withdraw(ended);
      if (ended.action !== "rollback" || action.status !== "success") return;
      for (const other of snapshot.steps) {
        const same = other.servicePosition === ended.servicePosition && other !== ended;
        if (same && other.action !== "rollback" && other.status === "success") {
          other.status = "rolled_back";
        }
      }
      return;
    }
    case "cancel_step": {
      const cancelled = step(action.stepId);
      withdraw(cancelled);
      if (cancelled.command) cancelled.command.cancelSent = true;
      return;
    }
    case "clean_up":
      snapshot.cleanUp = { open: 1, orderedAt: now };
      return;
    case "begin_rollback":
      snapshot.plan.rollbackStarted = true;
      for (const position of action.services) {
        const service = snapshot.services.find((candidate) => candidate.position === position);
        addStep(snapshot, "rollback", position, service?.serverName ?? "");
      }
      return;
    case "finish_plan":
      snapshot.plan.status = action.status;
      for (const pending of snapshot.steps) {
        if (pending.status === "pending") pending.status = "skipped";
      }
  }
}

function newCommand({ serverOnline }: SnapshotStep, deadlineAt: number | null) {
  return { sent: serverOnline, deadlineAt, outcome: null, cancelSent: false };
}

/** What was not delivered never will be. */
function withdraw({ command }: SnapshotStep): void {
  if (command && !command.sent) command.outcome ??= bad("called off", "cancelled");
}

/** What the gateway does with commands whose time is over. */
export function endOverdue({ steps }: Snapshot, now: number): void {
  for (const { command } of steps) {
    const over = (command?.deadlineAt ?? now) + (command?.sent ? deadlineGraceMs : 0);
    if (command && over < now) command.outcome ??= bad("no answer came", "timeout");
  }
}

export const good: Outcome = {
  ok: true,
  body: { kind: "lifecycle", state: "running" },
};

export function bad(
  message: string,
  code: "unhealthy" | "cancelled" | "refused" | "timeout" = "unhealthy",
): Outcome {
  return { ok: false, failure: { code, message, logLines: [], exitCode: null } };
}

/** Lets the plan do everything that is due, and returns what it started, by name. */
export function settle(snapshot: Snapshot, now = 0): string[] {
  const started: string[] = [];
  for (let round = 0; round < 100; round++) {
    const actions = decide(snapshot, now);
    if (actions.length === 0) return started;
    for (const action of actions) {
      if (action.kind === "start_step") started.push(action.stepId.replace(/^\d+ /, ""));
      carryOut(snapshot, action, now);
    }
  }
  throw new Error("decide does not come to rest");
}

/** Answers a step that is running or prepared. */
export function answer(snapshot: Snapshot, name: string, outcome = good): void {
  const step = snapshot.steps.find(
    ({ id, status, command }) =>
      id.endsWith(` ${name}`) && command !== null && (status === "running" || status === "pending"),
  );
  if (!step?.command) throw new Error(`${name} is not in flight`);
  step.command.outcome = outcome;
}

export function disconnect(snapshot: Snapshot, server: string): void {
  for (const step of snapshot.steps) if (step.serverName === server) step.serverOnline = false;
}

/** A person's rollback of an ended plan. */
export function rollBackByHand(snapshot: Snapshot): void {
  const services = touched(snapshot);
  snapshot.plan.status = "running";
  snapshot.plan.cancelRequested = false;
  carryOut(snapshot, { kind: "begin_rollback", services }, 0);
}

/** Any acyclic plan of up to eight services on up to three servers. */
export const anyPlan = fc
  .record({
    count: fc.integer({ min: 1, max: 8 }),
    servers: fc.array(fc.nat({ max: 2 }), { minLength: 8, maxLength: 8 }),
    serverCount: fc.integer({ min: 1, max: 3 }),
    edges: fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 }), fc.boolean()), {
      maxLength: 12,
    }),
    autoRollback: fc.boolean(),
    parallelExecution: fc.boolean(),
    holdingBack: fc.subarray(["server0", "server1", "server2"]),
  })
  .map(
    ({ count, servers, serverCount, edges, ...options }): ModelOptions => ({
      ...options,
      services: Array.from({ length: count }, (_, index) => ({
        name: `s${index}`,
        server: `server${(servers[index] ?? 0) % serverCount}`,
        // Only on earlier ones: no circles.
        needs: edges
          .filter(([from, to]) => from === index && to < index)
          .filter(([, to], at, all) => all.findIndex((other) => other[1] === to) === at)
          .map(([, to, healthy]) => ({
            name: `s${to}`,
            type: healthy ? ("health_before" as const) : ("deploy_after" as const),
          })),
      })),
    }),
  );
