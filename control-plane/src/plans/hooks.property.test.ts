import fc from "fast-check";
import { expect, test } from "vitest";
import { cleanUpPatienceMs, deadlineGraceMs, decide, nextLook, touched } from "./decide.ts";
import type { Snapshot, SnapshotStep } from "./plan.ts";
import {
  answerHook,
  anyPlan,
  bad,
  cancel,
  carryOut,
  good,
  type ModelPlan,
  newPlan,
  rollBackByHand,
  stepTime,
} from "./plan-model.fixture.ts";

/*
 * Any plan with hooks, whatever they and the agents answer, or never do, while the plan is cancelled and the
 * control plane starts again.
 */

type Event =
  /** the agents' commands that are in flight are over */
  | { kind: "agents"; well: boolean }
  | { kind: "hook"; well: boolean }
  | { kind: "time"; ms: number }
  /** the control plane was away: what calls hooks has lost what it was doing */
  | { kind: "restart" }
  | { kind: "cancel" };

const everythingIsLate = 10 * (stepTime + deadlineGraceMs);
// Mostly well, or nothing would ever get far.
const well = fc.integer({ min: 0, max: 7 }).map((n) => n !== 0);
const events = fc.array(
  fc.oneof(
    { weight: 10, arbitrary: fc.record({ kind: fc.constant("agents" as const), well }) },
    { weight: 10, arbitrary: fc.record({ kind: fc.constant("hook" as const), well }) },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant("time" as const),
        ms: fc.constantFrom(cleanUpPatienceMs + 1, everythingIsLate),
      }),
    },
    { weight: 1, arbitrary: fc.constant({ kind: "restart" as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: "cancel" as const }) },
  ),
  { maxLength: 60, size: "medium" },
);
const plans = fc.tuple(
  anyPlan,
  fc.record({ before: fc.nat({ max: 3 }), after: fc.nat({ max: 3 }) }),
);

interface Run {
  plan: ModelPlan;
  /** the state before each step that was started */
  starts: { step: SnapshotStep; before: Snapshot; told: string | null }[];
}

function run(plan: ModelPlan, happening: readonly Event[], starts: Run["starts"] = []): Run {
  let now = 0;
  function settle(): void {
    for (let round = 0; ; round++) {
      if (round > 300) throw new Error("decide does not come to rest");
      const actions = decide(plan.snapshot, now);
      if (actions.length === 0) {
        // Whoever has nothing to do now is not told to look again now.
        expect(nextLook(plan.snapshot) ?? Number.POSITIVE_INFINITY).toBeGreaterThan(now);
        return;
      }
      for (const action of actions) {
        const before = plan.snapshot;
        carryOut(plan, action, now);
        if (action.kind !== "start_step") continue;
        const step = before.steps.find(({ id }) => id === action.stepId);
        const told = plan.step(action.stepId).hook?.call?.told.status ?? null;
        if (step) starts.push({ step, before, told });
      }
    }
  }
  const agents = (isWell: boolean) => {
    for (const { id, command } of plan.steps) {
      if (command?.outcome === null) plan.record(id, isWell ? good : bad("it is ill"));
    }
  };
  settle();
  for (const event of happening) {
    if (event.kind === "agents") agents(event.well);
    else if (event.kind === "hook") answerHook(plan, event.well);
    else if (event.kind === "time") now += event.ms;
    else if (event.kind === "restart") plan.listeningSince = now;
    else if (plan.plan.status === "running" && !plan.plan.rollbackStarted) cancel(plan);
    plan.cleanedUp();
    settle();
  }
  // In the end everybody answers, or the time is up.
  for (let rest = 0; plan.plan.status === "running"; rest++) {
    if (rest > 200) throw new Error("the plan does not end");
    if (rest % 3 === 0) now += everythingIsLate;
    else agents(true);
    plan.cleanedUp();
    settle();
  }
  return { plan, starts };
}

function check(holds: (run: Run) => void): void {
  const property = fc.property(plans, events, ([options, hooks], happening) =>
    holds(run(newPlan({ ...options, hooks }), happening)),
  );
  fc.assert(property, { numRuns: Number(process.env.BRIDGEPORT_TEST_PLANS ?? 200) });
}
const before = ({ hook }: SnapshotStep) => hook?.moment === "before";
const after = ({ hook }: SnapshotStep) => hook?.moment === "after";

test("nothing is touched before every hook has said yes, and a no touches nothing", () => {
  check(({ plan, starts }) => {
    for (const { step, before: then } of starts) {
      if (step.hook !== null) continue;
      expect(then.steps.filter(before).every(({ status }) => status === "success")).toBe(true);
    }
    if (!plan.steps.some((step) => before(step) && step.status === "failed")) return;
    expect(starts.filter(({ step }) => step.hook === null)).toEqual([]);
    expect(["failed", "cancelled"]).toContain(plan.plan.status);
  });
});

test("hooks are called once each, one at a time, in their order", () => {
  check(({ plan, starts }) => {
    const called = starts.filter(({ step }) => step.hook !== null);
    const positions = called.map(({ step }) => step.position);
    expect(positions).toEqual(positions.toSorted((a, b) => a - b));
    expect(new Set(positions).size).toBe(positions.length);
    for (const { before: then } of called) {
      expect(then.steps.filter(({ hook, status }) => hook && status === "running")).toEqual([]);
    }
    expect(plan.steps.filter(({ status }) => ["pending", "running"].includes(status))).toEqual([]);
  });
});

test("every plan that has begun tells how it ends when all else is over, and ends so", () => {
  const seen = new Set<string>();
  check(({ plan, starts }) => {
    const told = starts.filter(({ step }) => after(step));
    for (const { told: status, before: then } of told) {
      seen.add(plan.plan.status);
      expect(status).toBe(plan.plan.status);
      expect(then.steps.filter(({ status }) => status === "running")).toEqual([]);
    }
    const all = plan.steps.filter(after);
    if (all.length > 0) expect(told.length).toBeGreaterThan(0);
    // Only who cancels while they are told keeps some from being told.
    if (all.length > told.length) {
      expect(all.slice(told.length).every(({ error }) => error === "Called off")).toBe(true);
    }
  });
  expect([...seen].toSorted()).toEqual(["cancelled", "completed", "failed", "rolled_back"]);
});

test("a rollback by hand is told once more", () => {
  let back = 0;
  check(({ plan }) => {
    const isOver = ["completed", "failed", "cancelled"].includes(plan.plan.status);
    if (!isOver || touched(plan.snapshot).length === 0) return;
    back += 1;
    const first = plan.steps.filter(after).length;
    rollBackByHand(plan);
    const { starts } = run(plan, []);
    const told = starts.filter(({ step }) => after(step));
    expect(told).toHaveLength(first);
    for (const { told: status } of told) expect(status).toBe(plan.plan.status);
  });
  expect(back).toBeGreaterThan(0);
});
