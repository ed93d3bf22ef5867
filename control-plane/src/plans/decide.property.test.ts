import fc from "fast-check";
import { expect, test } from "vitest";
import { Agents, type AliveWork, type Work } from "./agent-model.fixture.ts";
import { deadlineGraceMs, decide, nextLook } from "./decide.ts";
import { unmetOutside } from "./outside.ts";
import type { Snapshot, SnapshotStep } from "./plan.ts";
import {
  anyPlan,
  cancel,
  carryOut,
  connect,
  deleteServer,
  deleteService,
  endOverdue,
  type ModelOptions,
  type ModelPlan,
  newPlan,
  outsideIs,
  stepTime,
} from "./plan-model.fixture.ts";

/*
 * Any plan, any answers, any order: what must hold whatever happens. A run is a sequence of
 * events chosen by fast-check: agents do what they were told well or badly, say so in time or late,
 * come and go; the plan is cancelled; time passes.
 */

type Event =
  /** an agent ends a command's work and says so at once */
  | { kind: "answer"; which: number; fails: boolean }
  | { kind: "work"; which: number; fails: boolean }
  | { kind: "report"; which: number; all: boolean }
  /** a cancel arrives at an agent */
  | { kind: "hear"; which: number; goesOn: boolean }
  | { kind: "connection"; which: number; online: boolean }
  /** a server is never connected again while the plan runs; its agent may go on */
  | { kind: "vanish"; which: number }
  /** an agent of an earlier version takes over */
  | { kind: "downgrade"; which: number }
  /** what is ordered for a server does not leave from now on, though its agent is connected, or does again */
  | { kind: "stall"; which: number; on: boolean }
  /** the engine no longer has the container that an agent is at work on */
  | { kind: "forget"; which: number }
  /** an agent says once more, and otherwise, what became of a command */
  | { kind: "repeat"; which: number }
  /** a server, or a service, is deleted */
  | { kind: "lose"; which: number; server: boolean }
  /** a service outside of the plan that some of it need gets well, ill, or starts again */
  | { kind: "outside"; which: number; health: (typeof healths)[number] }
  | { kind: "cancel" }
  /** commands that are overdue then may get an outcome without their agents */
  | { kind: "time"; ms: number; overdueEnd: boolean };

const which = fc.nat({ max: 20 });
// Mostly well, or nothing would ever get far.
const fails = fc.integer({ min: 0, max: 9 }).map((n) => n === 0);
const all = fc.boolean();

const eventsThere = fc.array(
  fc.oneof(
    { weight: 24, arbitrary: fc.record({ kind: fc.constant("answer" as const), which, fails }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("work" as const), which, fails }) },
    { weight: 8, arbitrary: fc.record({ kind: fc.constant("report" as const), which, all }) },
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant("hear" as const), which, goesOn: fc.boolean() }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant("connection" as const),
        which,
        online: fc.boolean(),
      }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("vanish" as const), which }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("downgrade" as const), which }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant("stall" as const), which, on: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("forget" as const), which }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant("repeat" as const), which }) },
    { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("time" as const),
        ms: fc.constantFrom(stepTime / 2, stepTime + 1, stepTime + deadlineGraceMs + 1),
        overdueEnd: fc.boolean(),
      }),
    },
  ),
  // Long enough to see a plan through.
  { maxLength: 80, size: "medium" },
);

const loss = fc.record({ kind: fc.constant("lose" as const), which, server: fc.boolean() });
/** What happens where servers and services are deleted, too. */
const eventsWithLosses = fc
  .tuple(eventsThere, loss, fc.nat({ max: 80 }), fc.array(loss, { maxLength: 2 }))
  .map(([events, lost, at, more]) => [...events.slice(0, at), lost, ...events.slice(at), ...more]);

const healths = ["healthy", "unhealthy", "starting"] as const;
const outsiders = ["outside0", "outside1"] as const;
/** What happens where services outside of the plan are needed, too. */
const eventsOutside = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: eventsThere },
      {
        weight: 1,
        arbitrary: fc
          .record({
            kind: fc.constant("outside" as const),
            which,
            health: fc.constantFrom(...healths),
          })
          .map((event) => [event]),
      },
    ),
    { maxLength: 6 },
  )
  .map((events): Event[] => events.flat());

/** Some way all goes well, so that everything else happens there, too. */
const afterAWhile = (events: fc.Arbitrary<Event[]>) =>
  fc
    .tuple(fc.nat({ max: 8 }), events)
    .map(([well, events]): Event[] => [
      ...Array.from({ length: well }, () => ({ kind: "answer" as const, which: 0, fails: false })),
      ...events,
    ]);
const anyEvents = afterAWhile(eventsThere);

interface Run {
  snapshot: ModelPlan;
  agents: Agents;
  /** the state before each step that was started */
  starts: { step: SnapshotStep; before: Snapshot }[];
  /** the state before each step that was prepared */
  preparations: { step: SnapshotStep; before: Snapshot }[];
  /** what agents were doing, and had done, when they began with a command */
  beginnings: { work: Work; alive: AliveWork[]; done: string[] }[];
  /** what the plan could wait for, each time it was winding down and had nothing to do */
  waits: unknown[][];
  /** the plan when it had stopped waiting for what goes forwards */
  woundDown: Snapshot;
  /** what agents were doing, and what the plan said, when it ended */
  atEnd: { alive: AliveWork[]; snapshot: Snapshot };
}

function run(snapshot: ModelPlan, events: Event[]): Run {
  const starts: Run["starts"] = [];
  const preparations: Run["preparations"] = [];
  const beginnings: Run["beginnings"] = [];
  const waits: Run["waits"] = [];
  let woundDown: Snapshot | null = null;
  let atEnd: Run["atEnd"] | null = null;
  const vanished = new Set<string>();
  let now = 0;
  const agents = new Agents(snapshot, (work) => {
    const done = agents.works.filter(({ outcome }) => outcome?.ok).map(({ step }) => step.id);
    beginnings.push({ work: { ...work }, alive: agents.aliveNow, done });
  });

  function settle(): void {
    for (let round = 0; ; round++) {
      if (round > 200) throw new Error("decide does not come to rest");
      const before = snapshot.snapshot;
      const frozen = JSON.stringify(before);
      const actions = decide(before, now);
      // The same snapshot gives the same actions, and looking changes nothing.
      const again = decide(before, now);
      if (JSON.stringify(again) !== JSON.stringify(actions)) expect(again).toEqual(actions);
      if (JSON.stringify(before) !== frozen) expect(before).toEqual(JSON.parse(frozen));
      if (actions.length === 0) {
        // Whoever has nothing to do now is not told to look again now.
        expect(nextLook(before) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
        if (isWindingDown(before)) waits.push(waitedFor(before, agents));
        break;
      }
      for (const action of actions) {
        const noted = { start_step: starts, prepare_step: preparations }[action.kind as string];
        const before = snapshot.snapshot;
        carryOut(snapshot, action, now);
        agents.carriedOut(action);
        if (!noted || !("stepId" in action)) continue;
        const step = before.steps.find(({ id }) => id === action.stepId);
        if (step) noted.push({ step, before });
      }
    }
    const { status, rollbackStarted } = snapshot.plan;
    if (status !== "running" || rollbackStarted) woundDown ??= snapshot.snapshot;
    if (status !== "running") atEnd ??= { alive: agents.aliveNow, snapshot: snapshot.snapshot };
    agents.deliver(now);
  }

  function passTime(ms: number): void {
    now += ms;
    agents.passTime(now);
  }

  function reportAll(): void {
    while (agents.report(0));
  }

  function happens(event: Event): void {
    const servers = [...new Set(snapshot.steps.map(({ serverName }) => serverName))];
    const serverAt = (which: number) => servers[which % servers.length] ?? "";
    switch (event.kind) {
      case "answer": {
        const work = agents.work(event.which, event.fails);
        if (work) agents.report(agents.unreported.indexOf(work));
        break;
      }
      case "work":
        agents.work(event.which, event.fails);
        break;
      case "report":
        if (event.all) reportAll();
        else agents.report(event.which);
        break;
      case "hear":
        agents.hear(event.which, event.goesOn);
        break;
      case "connection":
        if (vanished.has(serverAt(event.which))) break;
        connect(snapshot, serverAt(event.which), event.online);
        break;
      case "vanish":
        vanished.add(serverAt(event.which));
        connect(snapshot, serverAt(event.which), false);
        break;
      case "downgrade":
        snapshot.change(
          ({ serverName }) => serverName === serverAt(event.which),
          () => ({ agentHoldsBack: false }),
        );
        break;
      case "stall":
        if (event.on) snapshot.stalled.add(serverAt(event.which));
        else snapshot.stalled.delete(serverAt(event.which));
        break;
      case "forget":
        agents.forget(event.which);
        break;
      case "repeat":
        agents.repeat(event.which);
        break;
      case "lose":
        if (event.server) {
          agents.leave(serverAt(event.which));
          deleteServer(snapshot, serverAt(event.which));
        } else {
          const { services } = snapshot;
          deleteService(snapshot, services[event.which % services.length]?.name ?? "");
        }
        break;
      case "outside": {
        const name = outsiders[event.which % outsiders.length] ?? outsiders[0];
        outsideIs(snapshot, name, event.health);
        break;
      }
      case "time":
        passTime(event.ms);
        if (event.overdueEnd) endOverdue(snapshot, now);
        break;
      case "cancel":
        if (snapshot.plan.status === "running" && !snapshot.plan.rollbackStarted) {
          cancel(snapshot);
        }
    }
  }

  settle();
  for (const event of events) {
    happens(event);
    agents.deliver(now);
    settle();
  }
  snapshot.stalled.clear();
  // In the end every agent answers, or its time is up.
  for (let rest = 0; snapshot.plan.status === "running"; rest++) {
    if (rest > 200) throw new Error("the plan does not end");
    if (rest % 3 === 0) snapshot.cleanedUp();
    agents.work(rest, false);
    if (agents.unreported.length > 0) reportAll();
    else passTime(stepTime + deadlineGraceMs);
    settle();
  }
  // Afterwards every agent is back, hears what it has missed, and says what became of everything.
  snapshot.change(
    () => true,
    () => ({ serverOnline: true }),
  );
  agents.deliver(now);
  agents.hearAll();
  reportAll();
  settle();
  if (woundDown === null || atEnd === null) throw new Error("the plan did not end");
  return { snapshot, agents, starts, preparations, beginnings, waits, woundDown, atEnd };
}

const isWindingDown = ({ plan, steps }: Snapshot) =>
  plan.status === "running" &&
  !plan.rollbackStarted &&
  (plan.cancelRequested || steps.some(({ status }) => status === "failed"));

/** What a plan that winds down has to wait for, as far as it can know. */
function waitedFor({ steps, cleanUp }: Snapshot, agents: Agents): unknown[] {
  const mayPass = (gate: SnapshotStep | null): boolean => {
    const { command = null } = gate ?? {};
    if (command === null) return false;
    if (command.outcome === null || command.outcome.ok) return true;
    return command.sent && command.outcome.failure.code === "timeout";
  };
  const inFlight = steps.filter((step) => {
    if (step.status === "running") return true;
    const isHeld = step.status === "pending" && step.command?.outcome === null;
    return isHeld && mayPass(agents.gateOf(step));
  });
  return [...inFlight, ...(cleanUp?.open ? [cleanUp] : [])];
}

/** Plans of which most agents hold back what they can. */
const heldBack = anyPlan.map((options) => ({
  ...options,
  parallelExecution: false,
  holdingBack: ["server0", "server1", "server2"],
}));

/** How many plans each property is tried on; set BRIDGEPORT_TEST_PLANS for another number. */
const plansEach = Number(
  process.env.BRIDGEPORT_TEST_PLANS ?? (process.env.BRIDGEPORT_TEST_LONG ? 10_000 : 100),
);

function check(
  holds: (run: Run) => void,
  events = anyEvents,
  plans: fc.Arbitrary<ModelOptions> = fc.oneof(anyPlan, heldBack),
): void {
  fc.assert(
    fc.property(plans, events, (options, happening) => holds(run(newPlan(options), happening))),
    { numRuns: plansEach },
  );
}

const failed = ({ steps }: Snapshot) => steps.some(({ status }) => status === "failed");

test("every plan ends, and then nothing is due or running, and nothing changes", () => {
  check(({ snapshot, atEnd }) => {
    expect(["completed", "failed", "rolled_back", "cancelled"]).toContain(snapshot.plan.status);
    expect(decide(snapshot, Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(snapshot.steps.every(({ status }) => status !== "running")).toBe(true);
    expect(snapshot.steps.every(({ status }) => status !== "pending")).toBe(true);
    const said = ({ plan, steps }: Snapshot) => ({
      plan,
      steps: steps.map((s) => [s.id, s.status]),
    });
    expect(said(snapshot)).toEqual(said(atEnd.snapshot));
  });
});

test("a plan that loses servers and services ends, true of what is left, and starts nothing there", () => {
  check(({ snapshot, starts }) => {
    expect(["completed", "failed", "rolled_back", "cancelled"]).toContain(snapshot.plan.status);
    expect(decide(snapshot, Number.MAX_SAFE_INTEGER)).toEqual([]);
    const open = snapshot.steps.filter(({ status }) => ["pending", "running"].includes(status));
    expect(open).toEqual([]);
    for (const { step } of starts) expect(step.targetExists || step.command !== null).toBe(true);
    const back = snapshot.steps.filter(({ action }) => action === "rollback");
    if (snapshot.plan.status === "completed") expect(failed(snapshot)).toBe(false);
    if (snapshot.plan.status !== "rolled_back") return;
    expect(back.map(({ status }) => status)).toEqual(back.map(() => "success"));
  }, afterAWhile(eventsWithLosses));
});

test("no step starts before what it depends on", () => {
  check(({ starts }) => {
    for (const { step, before } of starts) {
      if (step.action !== "deploy" && step.action !== "health_check") continue;
      const done = (position: number | null, action: string) =>
        before.steps.some(
          (other) =>
            other.servicePosition === position &&
            other.action === action &&
            other.status === "success",
        );
      const pulls = before.steps.filter(({ action }) => action === "pull");
      expect(pulls.every(({ status }) => status === "success")).toBe(true);
      if (step.action === "health_check") expect(done(step.servicePosition, "deploy")).toBe(true);
      const own = before.services.find(({ position }) => position === step.servicePosition);
      for (const { position, type } of own?.dependsOn ?? []) {
        expect(done(position, "deploy")).toBe(true);
        if (type === "health_before") expect(done(position, "health_check")).toBe(true);
      }
    }
  });
});

test("no deploy begins while what it needs outside of the plan is ill, and one that did not is not touched", () => {
  const plans = fc
    .tuple(
      fc.oneof(anyPlan, heldBack),
      fc.array(fc.option(fc.constantFrom(...outsiders)), { minLength: 8, maxLength: 8 }),
    )
    .map(([options, needed]) => ({
      ...options,
      services: options.services.map((service, at) => {
        const outside = needed[at];
        return outside ? { ...service, outside } : service;
      }),
    }));
  check(
    ({ starts, preparations, snapshot }) => {
      for (const { step, before } of starts) {
        const own = before.services.find(({ position }) => position === step.servicePosition);
        if (step.action !== "deploy" || !own) continue;
        expect(unmetOutside(own, own.outside.needs, own.outside.facts)).toBeNull();
      }
      const needing = ({ servicePosition }: SnapshotStep) =>
        snapshot.services.some(
          ({ position, outside }) => position === servicePosition && outside.needs.length > 0,
        );
      expect(preparations.filter(({ step }) => needing(step))).toEqual([]);
      const refused = snapshot.steps.filter(({ error }) => error?.startsWith("Not touched: "));
      for (const { startedAt, command, servicePosition } of refused) {
        expect({ startedAt, command }).toEqual({ startedAt: null, command: null });
        expect(
          snapshot.steps.filter(
            (step) => step.action === "rollback" && step.servicePosition === servicePosition,
          ),
        ).toEqual([]);
      }
    },
    afterAWhile(eventsOutside),
    plans,
  );
});

test("sequential plans have one service in flight", () => {
  check(({ starts }) => {
    for (const { step, before } of starts) {
      if (before.plan.parallelExecution || step.action === "pull") continue;
      const others = before.steps.filter(
        ({ status, action }) => status === "running" && action !== "pull",
      );
      // The rollback of one whose server is away keeps no other waiting.
      const isAway = ({ action, command, serverOnline }: SnapshotStep) =>
        action === "rollback" && command?.sent === false && !serverOnline;
      expect(others.filter((other) => !isAway(other))).toEqual([]);
    }
  });
});

test("nothing but a rollback starts after a failure or a cancel", () => {
  check(({ starts }) => {
    for (const { step, before } of starts) {
      if (step.action === "rollback") expect(before.plan.rollbackStarted).toBe(true);
      else expect(failed(before) || before.plan.cancelRequested).toBe(false);
    }
  });
});

test("with autoRollback everything that was touched goes back, once each", () => {
  check(({ snapshot, beginnings, agents }) => {
    const rollbacks = snapshot.steps.filter(({ action }) => action === "rollback");
    if (!snapshot.plan.autoRollback || snapshot.plan.status === "cancelled" || !failed(snapshot)) {
      expect(rollbacks).toEqual([]);
      return;
    }
    const back = rollbacks.map(({ servicePosition }) => servicePosition);
    expect(new Set(back).size).toBe(back.length);
    const deploys = snapshot.steps.filter(({ action }) => action === "deploy");
    // What an agent has changed goes back, unless it has undone that itself because it was called off.
    const changed = beginnings.flatMap(({ work }) =>
      work.step.action === "deploy" ? [agents.stepOf(work)] : [],
    );
    for (const deploy of changed) {
      const outcome = agents.of(deploy)?.outcome;
      const undone = deploy.status === "skipped" && outcome?.ok === false;
      if (!undone) expect(back).toContain(deploy.servicePosition);
    }
    // What no agent ever got does not.
    const sent = deploys.filter(({ command }) => command?.sent);
    expect(sent.map(({ servicePosition }) => servicePosition)).toEqual(
      expect.arrayContaining(back),
    );
  });
});

test("nothing is prepared but one deploy, behind the one that is under way on its server", () => {
  let seen = 0;
  check(({ preparations }) => {
    seen += preparations.length;
    for (const { step, before } of preparations) {
      const { cancelRequested, rollbackStarted, parallelExecution } = before.plan;
      expect({ cancelRequested, rollbackStarted, parallelExecution }).toEqual({
        ...{ cancelRequested: false, rollbackStarted: false, parallelExecution: false },
      });
      expect(failed(before)).toBe(false);
      const running = before.steps.filter(({ status }) => status === "running");
      const [underWay, ...more] = running;
      expect(more).toEqual([]);
      expect(["deploy", "health_check"]).toContain(underWay?.action);
      const ahead = underWay?.action === "deploy" ? 2 : 1;
      expect(underWay).toMatchObject({
        position: step.position - ahead,
        serverName: step.serverName,
      });
      const { action, status, command, serverOnline, agentHoldsBack } = step;
      expect({ action, status, command }).toEqual({
        ...{ action: "deploy", status: "pending", command: null },
      });
      expect({ serverOnline, agentHoldsBack }).toEqual({
        serverOnline: true,
        agentHoldsBack: true,
      });
      expect(before.steps.filter((other) => other.status === "pending" && other.command)).toEqual(
        [],
      );
    }
  });
  expect(seen).toBeGreaterThan(0);
});

const isForward = ({ step, state }: Work) =>
  state === "working" && (step.action === "deploy" || step.action === "health_check");

test("agents are never at work on two services of a sequential plan", () => {
  check(({ snapshot, beginnings }) => {
    if (snapshot.plan.parallelExecution) return;
    for (const { work, alive, done } of beginnings) {
      const atWork = alive.filter(isForward).map(({ step }) => step.servicePosition);
      expect(new Set(atWork).size).toBeLessThanOrEqual(1);
      if (work.step.action !== "deploy") continue;
      const before = snapshot.steps.filter(
        ({ action, position }) => action !== "rollback" && position < work.step.position,
      );
      // All pulls, all earlier deploys and their gates have succeeded on their servers.
      expect(done).toEqual(expect.arrayContaining(before.map(({ id }) => id)));
    }
  });
});

/** What keeps others from going back, and the plan from ending: all that may still change a container. */
const isOpen = ({ calledOff, mayBegin, givenUp }: AliveWork) =>
  !givenUp && (!calledOff || mayBegin);

test("nothing goes back while an agent may begin or continue to deploy another service", () => {
  check(({ beginnings }) => {
    for (const { work, alive } of beginnings) {
      if (work.step.action !== "rollback") continue;
      expect(alive.filter(({ step }) => step.action === "deploy").filter(isOpen)).toEqual([]);
    }
  });
});

test("what agents do, and may begin, has ended when the plan has, and its steps are true of it", () => {
  let leftHeld = 0;
  check(({ snapshot, agents, woundDown, atEnd, beginnings }) => {
    const alive = atEnd.alive.filter(
      ({ step }) => step.action === "deploy" || step.action === "rollback",
    );
    expect(alive.filter(isOpen)).toEqual([]);
    leftHeld += woundDown.steps.filter(({ action, status, command }) => {
      const isHeld = action === "deploy" && (status === "pending" || status === "skipped");
      return isHeld && command?.outcome === null;
    }).length;
    for (const step of snapshot.steps) {
      if (step.action !== "deploy") continue;
      const outcome = agents.of(step)?.outcome ?? null;
      if (step.status === "success" || step.status === "rolled_back")
        expect(outcome?.ok).toBe(true);
      if (step.status !== "skipped" || outcome === null) continue;
      const begun = beginnings.some(({ work }) => work.step.id === step.id);
      const heard = woundDown.steps.find(({ id }) => id === step.id)?.command?.outcome;
      expect(outcome.ok).toBe(false);
      // One that was not waited for never began, whatever its agent says of it later.
      if (begun || heard) expect(outcome).toMatchObject({ failure: { code: "cancelled" } });
    }
    expect(agents.alive.filter(({ step }) => step.action === "deploy")).toEqual([]);
  });
  expect(leftHeld).toBeGreaterThan(0);
});

test("a plan that winds down waits for nothing that cannot begin", () => {
  check(({ waits }) => {
    for (const open of waits) expect(open).not.toEqual([]);
  });
});

test("a rollback is never rolled back, and never starts twice", () => {
  check(({ starts }) => {
    const ids = starts.map(({ step }) => step.id);
    expect(new Set(ids).size).toBe(ids.length);
  });
});

test("the status is true of the steps", () => {
  check(({ snapshot }) => {
    const of = (action: string) => snapshot.steps.filter((step) => step.action === action);
    const all = (action: string, status: string) =>
      of(action).every((step) => step.status === status);
    switch (snapshot.plan.status) {
      case "completed":
        expect(snapshot.steps.every(({ status }) => status === "success")).toBe(true);
        break;
      case "rolled_back":
        expect(of("rollback").length).toBeGreaterThan(0);
        expect(all("rollback", "success")).toBe(true);
        expect(of("deploy").some(({ status }) => status === "success")).toBe(false);
        break;
      case "failed":
        expect(failed(snapshot)).toBe(true);
        break;
      default:
        expect(snapshot.plan.cancelRequested).toBe(true);
    }
  });
});
