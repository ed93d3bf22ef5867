import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { deadlineGraceMs, decide, nextLook } from "./decide.ts";
import type { Snapshot, SnapshotStep } from "./plan.ts";
import { anyPlan, bad, carryOut, good, newPlan, stepTime } from "./plan-model.fixture.ts";

/*
 * Any plan, any answers, any order: what must hold whatever happens. A run is a sequence of
 * events chosen by fast-check: answer some running step well or badly, cancel, let time pass.
 */

vi.setConfig({ testTimeout: 60_000 });

type Event =
  | { kind: "answer"; which: number; fails: boolean }
  | { kind: "cancel" }
  | { kind: "time" };

const anyEvents = fc.array(
  fc.oneof(
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constant("answer" as const),
        which: fc.nat({ max: 20 }),
        // Mostly well, or nothing would ever get far.
        fails: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "time" as const }) },
  ),
  { maxLength: 80 },
);

interface Run {
  snapshot: Snapshot;
  /** the state before each step that was started */
  starts: { step: SnapshotStep; before: Snapshot }[];
}

function run(snapshot: Snapshot, events: Event[]): Run {
  const starts: Run["starts"] = [];
  let now = 0;

  function settle(): void {
    for (let round = 0; ; round++) {
      if (round > 200) throw new Error("decide does not come to rest");
      const frozen = JSON.stringify(snapshot);
      const actions = decide(snapshot, now);
      // The same snapshot gives the same actions, and looking changes nothing.
      const again = decide(snapshot, now);
      if (JSON.stringify(again) !== JSON.stringify(actions)) expect(again).toEqual(actions);
      if (JSON.stringify(snapshot) !== frozen) expect(snapshot).toEqual(JSON.parse(frozen));
      if (actions.length === 0) {
        // Whoever has nothing to do now is not told to look again now.
        expect(nextLook(snapshot) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
        return;
      }
      for (const action of actions) {
        const before = action.kind === "start_step" ? structuredClone(snapshot) : null;
        carryOut(snapshot, action, now);
        if (action.kind !== "start_step" || !before) continue;
        const step = before.steps.find(({ id }) => id === action.stepId);
        if (step) starts.push({ step, before });
      }
    }
  }

  function answer(which: number, fails: boolean): void {
    const running = snapshot.steps.filter(({ status }) => status === "running");
    const step = running[which % Math.max(1, running.length)];
    if (!step?.command) return;
    const called = step.command.cancelSent ? bad("called off", "cancelled") : bad("it exited");
    step.command.outcome = fails ? called : good;
  }

  settle();
  for (const event of events) {
    if (event.kind === "answer") answer(event.which, event.fails);
    else if (event.kind === "cancel" && snapshot.plan.status === "running") {
      if (!snapshot.plan.rollbackStarted) snapshot.plan.cancelRequested = true;
    } else if (event.kind === "time") now += stepTime + deadlineGraceMs;
    settle();
  }
  // In the end every agent answers, or its time is up.
  for (let rest = 0; snapshot.plan.status === "running"; rest++) {
    if (rest > 200) throw new Error("the plan does not end");
    if (snapshot.cleanUp && rest % 3 === 0) snapshot.cleanUp.open = 0;
    if (rest % 2 === 0) answer(rest, false);
    else now += stepTime + deadlineGraceMs;
    settle();
  }
  return { snapshot, starts };
}

function check(holds: (run: Run) => void): void {
  fc.assert(
    fc.property(anyPlan, anyEvents, (options, events) => holds(run(newPlan(options), events))),
    { numRuns: 200 },
  );
}

const failed = ({ steps }: Snapshot) => steps.some(({ status }) => status === "failed");

test("every plan ends, and then nothing is due or running", () => {
  check(({ snapshot }) => {
    expect(["completed", "failed", "rolled_back", "cancelled"]).toContain(snapshot.plan.status);
    expect(decide(snapshot, Number.MAX_SAFE_INTEGER)).toEqual([]);
    expect(snapshot.steps.every(({ status }) => status !== "running")).toBe(true);
    expect(snapshot.steps.every(({ status }) => status !== "pending")).toBe(true);
  });
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

test("sequential plans have one service in flight", () => {
  check(({ starts }) => {
    for (const { step, before } of starts) {
      if (before.plan.parallelExecution || step.action === "pull") continue;
      const others = before.steps.filter(
        ({ status, action }) => status === "running" && action !== "pull",
      );
      expect(others).toEqual([]);
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
  check(({ snapshot }) => {
    const started = snapshot.steps.filter(
      ({ action, command }) => action === "deploy" && command !== null,
    );
    const rollbacks = snapshot.steps.filter(({ action }) => action === "rollback");
    if (!snapshot.plan.autoRollback || snapshot.plan.status === "cancelled" || !failed(snapshot)) {
      expect(rollbacks).toEqual([]);
      return;
    }
    expect(rollbacks.map(({ servicePosition }) => servicePosition).toSorted()).toEqual(
      started.map(({ servicePosition }) => servicePosition).toSorted(),
    );
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
