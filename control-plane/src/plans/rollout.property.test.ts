import fc from "fast-check";
import { expect, test } from "vitest";
import { deadlineGraceMs, decide, nextLook } from "./decide.ts";
import type { SeenContainer, Snapshot, SnapshotStep } from "./plan.ts";
import {
  answerQuestion,
  anyPlan,
  bad,
  cancel,
  carryOut,
  connect,
  good,
  type ModelPlan,
  newPlan,
  openQuestions,
  type SoakWord,
  stepTime,
} from "./plan-model.fixture.ts";
import { whyNotResumed } from "./resume.ts";
import type { AskedRollout } from "./rollout.ts";
import { soakGraceMs } from "./soak.ts";
import { isEnded } from "./statuses.ts";

/*
 * Any plan as any rollout: services answer, restart and get ill; agents come and go; people pause,
 * resume, cancel and roll back; the control plane is down for a while. What must hold whatever happens.
 */

const soakMs = 60_000;

const anyRollout: fc.Arbitrary<AskedRollout> = fc.record({
  batch: fc.constantFrom(null, 1, 2, "25%", "50%"),
  maxUnavailable: fc.constantFrom(null, 1, 2),
  soakMs: fc.constantFrom(0, soakMs),
  pauseAfter: fc.constantFrom(null, 1, 2, "each" as const),
  onFailure: fc.constantFrom("rollback" as const, "pause" as const),
  analysis: fc.constantFrom(null, {
    prometheus: {
      ...{ url: "http://prometheus.test", query: "up", intervalMs: 20_000 },
      condition: { operator: "<" as const, value: 1 },
    },
  }),
});

/** Any plan, some of whose services have a health check that asks a URL. */
const anyChecked = fc
  .tuple(anyPlan, fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }))
  .map(([options, checks]) => ({
    ...options,
    services: options.services.map((service, at) => ({
      ...service,
      checksUrl: checks[at] ?? false,
    })),
  }));

const which = fc.nat({ max: 20 });
const anyEvent = fc.oneof(
  { weight: 20, arbitrary: fc.record({ kind: fc.constant("answer" as const), which }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("fail" as const), which }) },
  { weight: 8, arbitrary: fc.constant({ kind: "report" as const }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant("time" as const),
      ms: fc.constantFrom(1000, soakMs, soakMs + soakGraceMs, stepTime + deadlineGraceMs + 1),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("container" as const),
      which,
      how: fc.constantFrom("restarts", "ends", "ill", "replaced"),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("connection" as const), which, on: fc.boolean() }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("told" as const),
      which,
      word: fc.constantFrom<SoakWord[]>("well", "well", "well", "nothing", "ill"),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "pause" as const }) },
  { weight: 4, arbitrary: fc.constant({ kind: "resume" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "roll back" as const }) },
);
type Event = typeof anyEvent extends fc.Arbitrary<infer E> ? E : never;

interface Noted {
  before: Snapshot;
  step: SnapshotStep;
}

interface Run {
  plan: ModelPlan;
  starts: Noted[];
  /** soaks that were given as passed, with what was known then */
  passed: Noted[];
  pauses: number;
}

class World {
  readonly starts: Noted[] = [];
  readonly passed: Noted[] = [];
  readonly containers = new Map<number, NonNullable<SeenContainer["container"]>>();
  pauses = 0;
  now = 0;
  #made = 0;
  readonly plan: ModelPlan;

  constructor(plan: ModelPlan) {
    this.plan = plan;
    this.settle();
  }

  settle(): void {
    for (let round = 0; ; round++) {
      if (round > 300) throw new Error("decide does not come to rest");
      const before = this.plan.snapshot;
      const actions = decide(before, this.now);
      if (actions.length === 0) {
        expect(nextLook(before, this.now) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(this.now);
        return;
      }
      for (const action of actions) {
        const before = this.plan.snapshot;
        if (action.kind === "pause") this.pauses++;
        if (action.kind === "start_step" || action.kind === "finish_step") {
          const step = this.plan.step(action.stepId);
          if (action.kind === "start_step") this.starts.push({ before, step });
          else if (step.soak && action.status === "success") this.passed.push({ before, step });
        }
        carryOut(this.plan, action, this.now);
      }
      this.#callOff();
    }
  }

  /** Agents that are connected give up at once what they hold back and were told to. */
  #callOff(): void {
    for (const { id, status, command, serverOnline } of this.plan.steps) {
      if (status !== "pending" || !command?.cancelSent || command.outcome || !serverOnline)
        continue;
      this.plan.record(id, bad("called off", "cancelled"));
    }
  }

  inFlight(): SnapshotStep[] {
    return this.plan.steps.filter(
      ({ status, command, serverOnline }) =>
        status === "running" && command !== null && command.outcome === null && serverOnline,
    );
  }

  answer(which: number, fails: boolean): void {
    const open = this.inFlight();
    const step = open[which % Math.max(1, open.length)];
    if (!step) return;
    this.plan.send(step.id);
    this.plan.record(step.id, fails ? failure : good);
    if (fails || step.action !== "deploy" || step.servicePosition === null) return;
    const id = `new ${++this.#made}`;
    this.plan.change(
      (row) => row.id === step.id,
      (row) =>
        row.outcome?.ok && row.outcome.body.kind === "run"
          ? { outcome: { ok: true, body: { ...row.outcome.body, containerId: id } } }
          : {},
    );
    const well = { state: "running", health: "healthy", restartCount: 0, startedAt: 1 } as const;
    this.containers.set(step.servicePosition, { id, ...well });
  }

  /** A question of a batch that is watched is answered, by an agent only where it is connected. */
  tell(which: number, word: SoakWord): boolean {
    const open = openQuestions(this.plan).filter(
      ({ of }) => of === null || this.plan.services[of]?.seen?.current,
    );
    const question = open[which % Math.max(1, open.length)];
    if (question) answerQuestion(this.plan, question, word, this.now);
    return question !== undefined;
  }

  /** Agents that are connected report their containers. */
  report(): void {
    const online = new Map(this.plan.steps.map((step) => [step.serverName, step.serverOnline]));
    this.plan.changeServices(({ position, serverName, seen }) => {
      const current = online.get(serverName) ?? false;
      const container = this.containers.get(position) ?? null;
      return { seen: current ? { current, container } : seen && { ...seen, current } };
    });
  }

  happens(event: Event): void {
    const { plan } = this;
    switch (event.kind) {
      case "answer":
      case "fail":
        this.answer(event.which, event.kind === "fail");
        return;
      case "report":
        this.report();
        return;
      case "time":
        this.now += event.ms;
        return;
      case "told":
        this.tell(event.which, event.word);
        return;
      case "container": {
        const [position, container] = [...this.containers][event.which % 8] ?? [];
        if (position === undefined || !container) return;
        const restarted = { restartCount: container.restartCount + 1 };
        const changes = {
          restarts: restarted,
          ends: { state: "exited" as const },
          ill: { health: "unhealthy" as const },
          replaced: { id: "another" },
        };
        this.containers.set(position, {
          ...container,
          ...changes[event.how as keyof typeof changes],
        });
        return;
      }
      case "connection": {
        const names = plan.services.map(({ serverName }) => serverName);
        connect(plan, names[event.which % names.length] ?? "", event.on);
        if (!event.on) this.#disconnected();
        return;
      }
      case "restart":
        // Agents are heard again from now on, and what is known of them is old until they report.
        plan.listeningSince = this.now;
        plan.changeServices(({ seen }) => ({ seen: seen && { ...seen, current: false } }));
        return;
      case "pause": {
        const { cancelRequested, rollbackStarted, rollbackRequested, status } = plan.plan;
        if (status !== "running" || cancelRequested || rollbackStarted || rollbackRequested) return;
        carryOut(plan, { kind: "pause", reason: "a person", by: "somebody" }, this.now);
        return;
      }
      case "resume":
        if (plan.plan.status !== "paused" || whyNotResumed(plan.rows) !== null) return;
        carryOut(plan, { kind: "resume" }, this.now);
        return;
      case "cancel": {
        const { status, rollbackStarted, rollbackRequested } = plan.plan;
        if (isEnded(status) || rollbackStarted || rollbackRequested) return;
        cancel(plan);
        return;
      }
      case "roll back":
        if (plan.plan.status !== "paused") return;
        carryOut(plan, { kind: "roll_back_paused" }, this.now);
        return;
    }
  }

  #disconnected(): void {
    const online = new Map(this.plan.steps.map((step) => [step.serverName, step.serverOnline]));
    this.plan.changeServices(({ serverName, seen }) => ({
      seen: seen && { ...seen, current: seen.current && (online.get(serverName) ?? false) },
    }));
  }

  /** Agents are there, answer and report; a paused plan is told what to do. */
  seeThrough(how: "resume" | "cancel" | "roll back"): void {
    for (const { serverName } of this.plan.services) connect(this.plan, serverName);
    let resumed = 0;
    for (let rest = 0; !isEnded(this.plan.plan.status); rest++) {
      if (rest > 500) throw new Error(`the plan does not end: ${JSON.stringify(this.plan.plan)}`);
      if (this.plan.plan.status === "paused") {
        // Where what has failed cannot be tried again, or fails each time, a person gives up.
        const gives = whyNotResumed(this.plan.rows) !== null || ++resumed > 20;
        this.happens({ kind: how === "resume" && gives ? "cancel" : how });
      }
      this.plan.cleanedUp();
      this.report();
      if (this.inFlight().length > 0) this.answer(0, false);
      else if (!this.tell(0, "well")) {
        const next = nextLook(this.plan.snapshot, this.now);
        this.now = Math.max(this.now + 1, next ?? this.now + 1000);
      }
      this.settle();
    }
  }
}

/** The agent has undone what it had begun. */
const before = {
  ...{ containerId: "old", imageId: "sha256:1", name: "x", running: true },
  ...{ health: "healthy" as const, exitCode: null },
};
const failure = {
  ok: false as const,
  failure: {
    ...{ code: "unhealthy" as const, message: "it exited", logLines: [], exitCode: null },
    ...{ before, after: before },
  },
};

const plansEach = Number(
  process.env.BRIDGEPORT_TEST_PLANS ?? (process.env.BRIDGEPORT_TEST_LONG ? 10_000 : 200),
);

function check(holds: (run: Run) => void): void {
  fc.assert(
    fc.property(
      anyChecked,
      anyRollout,
      fc.array(anyEvent, { maxLength: 80, size: "medium" }),
      fc.constantFrom("resume" as const, "cancel" as const, "roll back" as const),
      (options, rollout, events, how) => {
        const world = new World(newPlan({ ...options, rollout }));
        for (const event of events) {
          world.happens(event);
          world.settle();
        }
        world.seeThrough(how);
        holds(world);
      },
    ),
    { numRuns: plansEach },
  );
}

const forward = ({ action }: SnapshotStep) => action !== "rollback";
const isReplaced = (snapshot: Snapshot, position: number) => {
  const own = snapshot.steps.filter(({ servicePosition }) => servicePosition === position);
  const step = (action: string) => own.find((one) => one.action === action);
  const [deploy, gate] = [step("deploy"), step("health_check")];
  if (!deploy || deploy.status === "pending" || deploy.status === "skipped") return false;
  return deploy.status !== "success" || gate?.status !== "success";
};

test("every plan ends, and then no step is open", () => {
  let pauses = 0;
  check(({ plan, pauses: own }) => {
    pauses += own;
    expect(isEnded(plan.plan.status)).toBe(true);
    expect(plan.steps.filter(({ status }) => ["pending", "running"].includes(status))).toEqual([]);
  });
  expect(pauses).toBeGreaterThan(0);
});

test("nothing of a batch begins before those before it are done and were watched", () => {
  check(({ starts }) => {
    for (const { before, step } of starts.filter(({ step }) => forward(step))) {
      if (step.batch === null) continue;
      const own = step.batch;
      const earlier = before.steps.filter(({ batch }) => batch !== null && batch < own);
      expect(earlier.filter(({ status }) => status !== "success")).toEqual([]);
    }
  });
});

test("no more services of an image are replaced at once than may be", () => {
  check(({ starts }) => {
    for (const { before, step } of starts) {
      const most = before.plan.maxUnavailable;
      if (most === null || step.action !== "deploy") continue;
      const own = before.services.find(({ position }) => position === step.servicePosition);
      const replaced = before.services.filter(
        ({ position, image }) => image === own?.image && isReplaced(before, position),
      );
      expect(replaced.length).toBeLessThan(most);
    }
  });
});

test("a paused plan starts nothing", () => {
  check(({ starts }) => {
    expect(starts.filter(({ before }) => before.plan.status !== "running")).toEqual([]);
  });
});

test("a soak passes only where each container is known, and is as it was when its time began", () => {
  let seen = 0;
  check(({ passed }) => {
    for (const { before, step } of passed) {
      if (step.soak?.durationMs === 0) continue;
      seen++;
      expect(step.deadlineAt).not.toBeNull();
      for (const service of before.services.filter(({ batch }) => batch === step.batch)) {
        const start = step.soak?.start?.find((one) => one.servicePosition === service.position);
        expect(service.seen).toEqual({
          current: true,
          container: {
            ...{ id: start?.containerId, restartCount: start?.restartCount, startedAt: 1 },
            ...{ state: "running", health: "healthy" },
          },
        });
      }
    }
  });
  expect(seen).toBeGreaterThan(0);
});

test("a soak passes only where each of its questions was asked after its time and answered well", () => {
  let asked = 0;
  check(({ passed }) => {
    for (const { before, step } of passed) {
      const { soak, deadlineAt } = step;
      if (!soak || soak.durationMs === 0) continue;
      const own = before.services.filter((service) => service.batch === step.batch);
      const kinds = [
        ...own.filter(({ checksUrl }) => checksUrl).map(({ position }) => position),
        ...(soak.analysis ? [null] : []),
      ];
      for (const of of kinds) {
        asked++;
        const question = soak.questions.find((one) => one.of === of);
        expect(question?.answer).toEqual({ kind: "good" });
        expect(question?.askedAt).toBeGreaterThanOrEqual(deadlineAt ?? Number.POSITIVE_INFINITY);
      }
    }
  });
  expect(asked).toBeGreaterThan(0);
});

test("a failure of any batch takes all batches back, unless the plan is paused at it", () => {
  check(({ plan }) => {
    const { autoRollback, onFailure, cancelRequested, rollbackRequested } = plan.plan;
    const failed = plan.steps.some((step) => step.status === "failed" && forward(step));
    if (!failed || cancelRequested || rollbackRequested || !autoRollback) return;
    if (onFailure === "pause") return;
    const back = plan.steps.filter(({ action }) => action === "rollback");
    if (back.some(({ status }) => status !== "success")) return;
    expect(
      plan.steps.filter(({ action, status }) => action === "deploy" && status === "success"),
    ).toEqual([]);
  });
});

test("what is done again has another command, and going back undoes that one", () => {
  let again = 0;
  check(({ plan }) => {
    for (const { id, servicePosition, commandId, action } of plan.rows.steps) {
      // As the model makes it, a step and its first command have one id.
      if (action !== "deploy" || commandId === id) continue;
      again++;
      const own = plan.rows.services.find(({ position }) => position === servicePosition);
      expect(own?.rollbackBody.runCommandId).toBe(commandId);
    }
  });
  expect(again).toBeGreaterThan(0);
});
