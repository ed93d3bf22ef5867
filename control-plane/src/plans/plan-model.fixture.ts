import type { CommandBody, HealthState, Observation, ResultBody } from "@bridgeport/proto";
import fc from "fast-check";
import { reconnectMs } from "../commands/reconnect.ts";
import { deploymentLevels } from "../services/dependency-graph.ts";
import { deadlineGraceMs, decide, touched } from "./decide.ts";
import type { HookBody } from "./hook.ts";
import type { Action, AskedAction, Outcome, Snapshot, SnapshotStep } from "./plan.ts";
import { type PlanTarget, targetAt } from "./plan-targets.ts";
import type { PlanServiceRow, StepRow, WholePlan } from "./plans.store.ts";
import { type AskedRollout, batchesOf, rolloutOf, soakAfter } from "./rollout.ts";
import { snapshotOf } from "./snapshot.ts";
import { transition } from "./transition.ts";

/*
 * A plan without a database: its rows, of which `transition` says what becomes of them, so that
 * `decide` can be driven through any graph, any failures and any order of events. Only what is beside
 * the rows is a model: what leaves for agents, and what they say.
 */

export interface ModelOptions {
  /** names in no particular order; `needs` refers to them */
  services: {
    name: string;
    server?: string;
    /** what it is a container of; each image of them is a target. Default: `app` */
    image?: string;
    needs?: { name: string; type: "health_before" | "deploy_after" }[];
    /** a service that the plan does not touch and that has to be healthy */
    outside?: string;
    /** its health check asks a URL */
    checksUrl?: boolean;
  }[];
  autoRollback?: boolean;
  parallelExecution?: boolean;
  /** servers whose agents can hold a command back */
  holdingBack?: string[];
  /** servers that run a job each, in this order; they have services */
  jobs?: string[];
  rollout?: AskedRollout;
  /** how many are called before and after */
  hooks?: { before: number; after: number };
}

/** A plan that reads as what decides what is due in it, and is changed by what this class has for that. */
export class ModelPlan implements Snapshot {
  #rows: WholePlan;
  #seen: Snapshot | null = null;
  #listeningSince = -reconnectMs;
  #made = 0;
  /** servers for which nothing leaves at present */
  readonly stalled = new Set<string>();

  constructor(rows: WholePlan) {
    this.#rows = rows;
  }

  get rows(): WholePlan {
    return this.#rows;
  }
  set rows(rows: WholePlan) {
    this.#rows = rows;
    this.#seen = null;
  }
  get listeningSince(): number {
    return this.#listeningSince;
  }
  set listeningSince(since: number) {
    this.#listeningSince = since;
    this.#seen = null;
  }
  /** as it is now; another object after each change */
  get snapshot(): Snapshot {
    this.#seen ??= snapshotOf(this.#rows, this.#listeningSince);
    return this.#seen;
  }
  get plan() {
    return this.snapshot.plan;
  }
  get services() {
    return this.snapshot.services;
  }
  get steps() {
    return this.snapshot.steps;
  }
  get cleanUp() {
    return this.snapshot.cleanUp;
  }
  toJSON(): Snapshot {
    return this.snapshot;
  }

  newId(): string {
    return `new ${++this.#made}`;
  }

  step(id: string): SnapshotStep {
    const found = this.steps.find((step) => step.id === id);
    if (!found) throw new Error(`no step ${id}`);
    return found;
  }

  /** Changes the rows of steps, as agents, servers and the gateway do. */
  change(which: (row: StepRow) => boolean, to: (row: StepRow) => Partial<StepRow>): void {
    const steps = this.rows.steps.map((row) => (which(row) ? { ...row, ...to(row) } : row));
    this.rows = { ...this.rows, steps };
  }

  changeServices(to: (row: PlanServiceRow) => Partial<PlanServiceRow>): void {
    this.rows = {
      ...this.rows,
      services: this.rows.services.map((row) => ({ ...row, ...to(row) })),
    };
  }

  /** Records what became of a step's command; the first outcome of each stays. */
  record(stepId: string, outcome: Outcome): void {
    this.change(
      (row) => row.id === stepId && row.commandStatus !== null && row.commandStatus !== "done",
      (row) => ({ commandStatus: "done", outcome: outcome === good ? wellDone(row) : outcome }),
    );
  }

  send(stepId: string): void {
    this.change(
      (row) => row.id === stepId && row.commandStatus === "queued",
      () => ({ commandStatus: "sent", commandSent: true }),
    );
  }

  /** What was kept for a rollback is removed. */
  cleanedUp(): void {
    const { cleanUp } = this.rows;
    if (cleanUp) this.rows = { ...this.rows, cleanUp: { ...cleanUp, open: 0 } };
  }
}

export function newPlan({
  services,
  autoRollback = true,
  parallelExecution = false,
  holdingBack = [],
  jobs = [],
  rollout: asked,
  hooks = { before: 0, after: 0 },
}: ModelOptions): ModelPlan {
  const rollout = rolloutOf(asked);
  const named = services.map(({ name }) => ({ id: name, name }));
  const edges = services.flatMap(({ name, needs = [] }) =>
    needs.map((need) => ({ serviceId: name, dependsOnId: need.name })),
  );
  const leveled = deploymentLevels(named, edges).flatMap((names, level) =>
    names.map((name) => ({ name, level })),
  );
  const batches = batchesOf(
    leveled.map(({ name: id }) => {
      const { image = "app", needs = [] } = services.find(({ name }) => name === id) ?? {};
      return { id, imageId: image, needs: needs.map((need) => need.name) };
    }),
    rollout?.batch ?? null,
  );
  const order = leveled
    .map((one) => ({ ...one, batch: batches.get(one.name) ?? 1 }))
    .sort((a, b) => a.batch - b.batch);
  const lastBatch = order.at(-1)?.batch ?? 1;
  const images = [...new Set(services.map(({ image = "app" }) => image))];
  const targets = images.map((image, position): PlanTarget => ({ position, ...targetOf(image) }));
  const rows = order.map(({ name, level, batch }, position): PlanServiceRow => {
    const {
      server = "one",
      image = "app",
      needs = [],
      outside,
    } = services.find((one) => one.name === name) ?? {};
    return {
      ...{ planId: "plan", position, serviceId: name, serviceName: name, level },
      batch,
      targetPosition: images.indexOf(image),
      ...(outside === undefined
        ? { outside: [], outsideFacts: [] }
        : outsideOf(outside, "healthy")),
      ...{ serverId: server, serverName: server, containerName: name, imageTag: "v2" },
      dependsOn: needs.map((need) => ({
        position: order.findIndex((other) => other.name === need.name),
        type: need.type,
      })),
      ...{ previousDigestId: "old", previousDigest: "sha256:1", previousImageTag: "v1" },
      knownPreviousId: "old",
      rollbackBody: {
        ...{ kind: "rollback", serviceId: name, containerName: name, runCommandId: name },
        ...{ reference: null, spec: null, order: "stop-first", gate, credentials: null },
      },
      ...{ observed: running(name), active: true, seen: null },
    };
  });
  const called = (moment: "before" | "after") =>
    Array.from({ length: hooks[moment] }, (_, at) => ({
      ...{ action: "hook" as const, server: moment, service: null, target: null, soak: null },
      hook: { moment, number: moment === "before" ? at : hooks.before + at },
    }));
  const steps = [
    ...called("before"),
    ...targets.flatMap((target) => {
      const of = rows.filter(({ targetPosition }) => targetPosition === target.position);
      const servers = [...new Set(of.map(({ serverName }) => serverName))];
      return servers.map((server) => ({
        ...{ action: "pull" as const, server, service: null, target, soak: null },
      }));
    }),
    ...jobs
      .filter((server) => rows.some(({ serverName }) => serverName === server))
      .map((server) => ({
        ...{ action: "job" as const, server, service: null, target: targets[0] ?? null },
        soak: null,
      })),
    ...rows.flatMap((service, at) => {
      const own = (["deploy", "health_check"] as const).map((action) => {
        return { action, server: service.serverName, service, target: null, soak: null };
      });
      const ends = rollout && rows[at + 1]?.batch !== service.batch;
      const soak = ends ? soakAfter(rollout, service.batch, lastBatch) : null;
      if (soak === null) return own;
      const watching = { action: "soak" as const, server: "", service: null, target: null };
      return [...own, { ...watching, soak: { ...soak, batch: service.batch } }];
    }),
    ...called("after"),
  ].map((step, position): StepRow => {
    const { action, server, service, target, soak } = step;
    const pull = target && images.length > 1 ? `${target.imageName} ${server}` : server;
    const name = `${position} ${action} ${service?.serviceName ?? pull}`;
    const { checksUrl = false } = services.find((one) => one.name === service?.serviceName) ?? {};
    const body =
      "hook" in step
        ? hookBody(step.hook)
        : (soak ?? bodyOf(action, service?.serviceName ?? "", checksUrl));
    const moves = targetAt(targets, target?.position ?? service?.targetPosition ?? 0);
    return {
      ...{ id: name, planId: "plan", position, level: service?.level ?? 0, action },
      ...{ status: "pending", servicePosition: service?.position ?? null },
      targetPosition: target?.position ?? null,
      ...{ serverId: soak ? null : server, serverName: server, serverOnline: true },
      agentHoldsBack: holdingBack.includes(server),
      ...{ targetDigest: moves.imageDigest, previousDigest: "sha256:1", timeoutMs: stepTime },
      ...{ deadlineAt: null, startedAt: null, completedAt: null, error: null, note: null },
      ...{ commandId: name, body, registryId: null },
      ...{ commandStatus: null, commandSent: false, commandDeadlineAt: null, outcome: null },
      ...{ progress: null, cancelSent: false, soakStart: null, hookCall: null },
      ...{ soakAsked: null, soakProbes: null, soakAnswer: null },
      batch: soak?.batch ?? service?.batch ?? null,
    };
  });
  return new ModelPlan({
    plan: {
      ...{ id: "plan", environmentId: "env", ...targetOf(images[0] ?? "app"), status: "running" },
      ...{ triggerType: "manual", triggeredBy: "somebody", triggeredById: null },
      ...{ autoRollback, parallelExecution, leftOut: [], error: null },
      ...{ rollout, blamesDigest: false, cancelRequestedAt: null, rollbackStartedAt: null },
      ...{ pausedAt: null, pausedReason: null, pausedBy: null, rollbackRequestedAt: null },
      ...{ askedBy: null, askedById: null, waitingSince: null },
      ...{ traceParent: null, traceBegan: null },
      ...{ approvalsRequired: 0, approvals: [] },
      ...{ createdAt: new Date(0), startedAt: new Date(0), completedAt: null },
    },
    ...{ targets, services: rows, steps, cleanUp: null },
  });
}

function targetOf(image: string): Omit<PlanTarget, "position"> {
  const more = image === "app" ? "" : ` of ${image}`;
  return {
    ...{ containerImageId: `image${more}`, imageName: image, imageTag: "v2" },
    ...{ imageDigest: "sha256:2", imageDigestId: `new${more}`, signature: null },
  };
}

function running(name: string): Observation {
  return {
    ...{ containerId: name, imageId: "sha256:1", name, running: true },
    ...{ health: "healthy", exitCode: null },
  };
}

const gate = { url: null, waitMs: null, retries: 3, intervalMs: 5000, probe: "eager" as const };

function hookBody(which: Pick<HookBody, "moment" | "number">): HookBody {
  return {
    ...{ kind: "hook", ...which, name: `${which.moment} ${which.number}`, method: "POST" },
    ...{ url: "https://hooks.test/", timeoutMs: stepTime },
  };
}

/** What a hook answers that is being called. @returns whether one is */
export function answerHook(plan: ModelPlan, ok: boolean): boolean {
  const isCalled = ({ status, hookCall }: StepRow) =>
    status === "running" && hookCall !== null && hookCall.outcome === null;
  const called = plan.rows.steps.some(isCalled);
  const error = ok ? null : "It answered 500.";
  plan.change(isCalled, ({ hookCall }) => ({
    hookCall: hookCall && {
      ...hookCall,
      outcome: { ok, status: ok ? 200 : 500, text: "", ms: 1, error },
    },
  }));
  return called;
}

function bodyOf(action: StepRow["action"], name: string, checksUrl: boolean): CommandBody {
  switch (action) {
    case "soak":
    case "rollback":
      throw new Error(`a plan is not made with the body of a ${action}`);
    case "pull":
      return {
        ...{ kind: "pull", reference: "app@sha256:2", platform: null, credentials: null },
        ...{ sizeBytes: null, platforms: [], containers: [] },
      };
    case "job":
      return {
        ...{ kind: "job", serviceId: "s", containerName: "s", reference: "app@sha256:2" },
        ...{ command: ["migrate"], timeoutMs: stepTime, spec: null, expectedImageIds: [] },
      };
    case "deploy":
      return {
        ...{ kind: "run", serviceId: name, containerName: name, reference: "app@sha256:2" },
        ...{ order: "stop-first", spec: null, gate, allowAutoRemove: false, dryRun: false },
        ...{ imageConfig: null, expectedImageIds: [] },
      };
    case "health_check":
      return {
        ...{ kind: "probe", serviceId: name, containerName: name, once: false },
        gate: checksUrl ? { ...gate, url: "http://127.0.0.1/health" } : gate,
      };
    default:
      throw new Error(`a plan is built without a ${action}`);
  }
}

/** What comes of a question of a batch that is watched. */
export type SoakWord = "well" | "ill" | "nothing";

/** The questions of batches that are watched which have no answer. */
export function openQuestions({ steps }: Snapshot): { stepId: string; of: number | null }[] {
  return steps.flatMap(({ id, soak, status }) =>
    status === "running"
      ? (soak?.questions ?? []).flatMap(({ of, answer }) => (answer ? [] : [{ stepId: id, of }]))
      : [],
  );
}

/** An agent says how the health of a service is, or Prometheus what a query gives, which has to be < 1. */
export function answerQuestion(
  plan: ModelPlan,
  { stepId, of }: { stepId: string; of: number | null },
  word: SoakWord,
  at = 0,
): void {
  plan.change(
    ({ id }) => id === stepId,
    ({ soakAsked, soakProbes }) => {
      const id = soakAsked?.find((question) => question.of === of)?.id ?? "";
      if (of === null) {
        const measured =
          word === "nothing"
            ? { value: null, problem: "The query gave nothing." }
            : { value: word === "well" ? 0 : 1, problem: null };
        return { soakAnswer: { questionId: id, at, ...measured } };
      }
      const outcomes = { well, ill: bad("it answered 500"), nothing: bad("no answer", "timeout") };
      return { soakProbes: [...(soakProbes ?? []), { id, outcome: outcomes[word] }] };
    },
  );
}

const well: Outcome = {
  ok: true,
  body: {
    ...{ kind: "probe", method: "url", detail: "healthy", durationMs: 1, attempts: 1 },
    ...{ health: "healthy", state: "running" },
  },
};

/** What an agent answers that has done a step well. */
function wellDone({ action }: StepRow): Outcome {
  const bodies: Record<StepRow["action"], ResultBody> = {
    pull: {
      ...{ kind: "pull", imageId: "sha256:2", repoDigests: [], alreadyPresent: false },
      ...{ durationMs: 1, platform: "linux/amd64" },
    },
    job: { kind: "job", durationMs: 1, logLines: [] },
    // No agent has to do with it.
    hook: { kind: "lifecycle", state: "running" },
    deploy: {
      ...{ kind: "run", containerId: "new", imageId: "sha256:2", previousContainerId: "old" },
      ...{ previousImageId: "sha256:1", downtimeMs: 1, spec: {}, changes: [], running: true },
      ...{ recreatedDependents: [], gateTimeoutMs: null },
    },
    health_check: {
      ...{ kind: "probe", method: "exec", detail: "healthy", durationMs: 1, attempts: 1 },
      ...{ health: "healthy", state: "running" },
    },
    soak: { kind: "cancel", cancelled: false },
    rollback: {
      ...{ kind: "rollback", containerId: "old", imageId: "sha256:1", outcome: "restored" },
      downtimeMs: 1,
    },
  };
  return { ok: true, body: bodies[action] };
}

/** How long each step may take; longer than the grace after it, as for most real steps. */
export const stepTime = 100_000;

/** Carries out an action: its rows, and what of its effects concerns agents. */
export function carryOut(plan: ModelPlan, action: Action | AskedAction, now: number): void {
  const changed = transition(plan.rows, action, new Date(now), () => plan.newId());
  const nameOf = ({ servicePosition }: StepRow) =>
    plan.services.find(({ position }) => position === servicePosition)?.name;
  const steps = changed.rows.steps.map((row) =>
    row.id.startsWith("new ")
      ? { ...row, id: `${row.position} ${row.action} ${nameOf(row)}`, commandId: `${row.position}` }
      : row,
  );
  plan.rows = { ...changed.rows, steps };
  for (const effect of changed.effects) {
    if (effect.kind === "withdraw") withdraw(plan, effect.commandId);
    if (effect.kind !== "order" || effect.command.body.kind === "cancel") continue;
    const { stepId } = effect.command;
    const step = stepId ? plan.step(stepId) : null;
    if (step?.serverOnline && !plan.stalled.has(step.serverName)) plan.send(step.id);
  }
}

/** What a service needs outside of the plan, and how that is. */
function outsideOf(
  name: string,
  health: HealthState,
): Pick<PlanServiceRow, "outside" | "outsideFacts"> {
  return {
    outside: [{ serviceId: name, serviceName: name, serverName: "else", type: "health_before" }],
    outsideFacts: [{ serviceId: name, serverOnline: true, state: "running", health }],
  };
}

/** How a service outside of the plan is from now on. */
export function outsideIs(plan: ModelPlan, name: string, health: HealthState): void {
  plan.changeServices(({ outside }) =>
    outside[0]?.serviceId === name ? outsideOf(name, health) : {},
  );
}

/** What was not delivered never will be. */
function withdraw(plan: ModelPlan, commandId: string): void {
  const row = plan.rows.steps.find((step) => step.commandId === commandId);
  if (row?.commandStatus === "queued") plan.record(row.id, bad("called off", "cancelled"));
}

/** What the gateway does with commands whose time is over. */
export function endOverdue(plan: ModelPlan, now: number): void {
  for (const { id, command } of plan.steps) {
    const over = (command?.deadlineAt ?? now) + (command?.sent ? deadlineGraceMs : 0);
    if (command && over < now) plan.record(id, bad("no answer came", "timeout"));
  }
}

/** Done well, whatever it was; each step is answered in its own words. */
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
export function settle(plan: ModelPlan, now = 0): string[] {
  const started: string[] = [];
  for (let round = 0; round < 100; round++) {
    const actions = decide(plan.snapshot, now);
    if (actions.length === 0) return started;
    for (const action of actions) {
      if (action.kind === "start_step") started.push(action.stepId.replace(/^\d+ /, ""));
      carryOut(plan, action, now);
    }
  }
  throw new Error("decide does not come to rest");
}

/** Answers a step that is running or prepared. */
export function answer(plan: ModelPlan, name: string, outcome = good): void {
  const step = plan.steps.find(
    ({ id, status, command }) =>
      id.endsWith(` ${name}`) && command !== null && (status === "running" || status === "pending"),
  );
  if (!step) throw new Error(`${name} is not in flight`);
  plan.record(step.id, outcome);
}

/** A server's agent comes, or goes. */
export function connect(plan: ModelPlan, server: string, serverOnline = true): void {
  plan.change(
    ({ serverName }) => serverName === server,
    () => ({ serverOnline }),
  );
}

export function disconnect(plan: ModelPlan, server: string): void {
  connect(plan, server, false);
}

/** A server is deleted, with its services and the commands for it. */
export function deleteServer(plan: ModelPlan, server: string): void {
  plan.change(
    ({ serverName }) => serverName === server,
    () => ({
      ...{ serverId: null, serverOnline: false, agentHoldsBack: false, cancelSent: false },
      ...{ commandStatus: null, commandSent: false, commandDeadlineAt: null, outcome: null },
    }),
  );
  plan.changeServices((row) =>
    row.serverName === server ? { serverId: null, serviceId: null } : {},
  );
}

/** A service is deleted; its steps' commands are not. */
export function deleteService(plan: ModelPlan, name: string): void {
  plan.changeServices((row) => (row.serviceName === name ? { serviceId: null } : {}));
}

/** A person cancels the plan. */
export function cancel(plan: ModelPlan): void {
  carryOut(plan, { kind: "cancel" }, 0);
}

/** A person's rollback of an ended plan. */
export function rollBackByHand(plan: ModelPlan): void {
  carryOut(plan, { kind: "roll_back", services: touched(plan.snapshot) }, 0);
}

/** Any acyclic plan of up to eight services of up to three images on up to three servers. */
export const anyPlan = fc
  .record({
    count: fc.integer({ min: 1, max: 8 }),
    servers: fc.array(fc.nat({ max: 2 }), { minLength: 8, maxLength: 8 }),
    serverCount: fc.integer({ min: 1, max: 3 }),
    edges: fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 7 }), fc.boolean()), {
      maxLength: 12,
    }),
    images: fc.array(fc.nat({ max: 2 }), { minLength: 8, maxLength: 8 }),
    imageCount: fc.integer({ min: 1, max: 3 }),
    autoRollback: fc.boolean(),
    parallelExecution: fc.boolean(),
    holdingBack: fc.subarray(["server0", "server1", "server2"]),
    jobs: fc.subarray(["server0", "server1"]),
  })
  .map(
    ({ count, servers, serverCount, images, imageCount, edges, ...options }): ModelOptions => ({
      ...options,
      services: Array.from({ length: count }, (_, index) => ({
        name: `s${index}`,
        server: `server${(servers[index] ?? 0) % serverCount}`,
        image: `image${(images[index] ?? 0) % imageCount}`,
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
