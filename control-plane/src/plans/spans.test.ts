import { expect, test } from "vitest";
import type { CommandTimes } from "../commands/commands.store.ts";
import { endedBetween } from "./ended.ts";
import { answer, bad, good, type ModelPlan, newPlan, settle } from "./plan-model.fixture.ts";
import { spansOf } from "./spans.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const traceParent = `00-${traceId}-b7ad6b7169203331-01`;

function traced(parent: string | null = traceParent): ModelPlan {
  const plan = newPlan({ services: [{ name: "a" }], autoRollback: false });
  Object.assign(plan.rows.plan, { traceParent: parent });
  return plan;
}

/** What becomes of a plan between two looks, with what its commands' agents told. */
function spans(plan: ModelPlan, act: () => void, commands: CommandTimes[] = []) {
  const before = plan.rows;
  act();
  const byId = new Map(commands.map((command) => [command.id, command]));
  return spansOf(endedBetween(before, plan.rows), byId);
}

function commandOf(
  plan: ModelPlan,
  action: string,
  more: Partial<CommandTimes> = {},
): CommandTimes {
  const step = plan.rows.steps.find((candidate) => candidate.action === action);
  return {
    ...{ id: step?.commandId ?? "", kind: "pull", failure: null },
    ...{ createdAt: new Date(1000), sentAt: new Date(1100), doneAt: new Date(2000) },
    work: {
      ...{ startedAt: 1200, finishedAt: 1900 },
      phases: [{ name: "pull", startedAt: 1300, finishedAt: 1800 }],
    },
    ...more,
  };
}

test("request, plan, step, command and the agent's work are below each other", () => {
  const plan = traced();
  settle(plan, 1000);
  const act = () => {
    answer(plan, "pull one", bad("full"));
    settle(plan, 2500);
  };
  const [step, command, phase, whole] = spans(plan, act, [
    commandOf(plan, "pull", { failure: "full" }),
  ]);
  expect(step).toMatchObject({ name: "step pull", startedAt: 1000, endedAt: 2500, error: "full" });
  expect(command).toMatchObject({ name: "command pull", startedAt: 1000, endedAt: 2000 });
  expect(command?.attributes["bridgeport.command.waited_ms"]).toBe(100);
  expect(phase).toMatchObject({ name: "agent pull", startedAt: 1300, endedAt: 1800, error: null });
  expect(whole).toMatchObject({ name: "plan", endedAt: 2500, error: expect.any(String) });
  const all = [step, command, phase, whole];
  expect(all.map((span) => span?.traceId)).toEqual(all.map(() => traceId));
  expect(all.map((span) => span?.parent)).toEqual([
    { spanId: whole?.spanId, sampled: true },
    { spanId: step?.spanId, sampled: true },
    { spanId: command?.spanId, sampled: true },
    { spanId: "b7ad6b7169203331", sampled: true },
  ]);
});

test("every process makes the same ids, and each span has its own", () => {
  const plan = traced(null);
  settle(plan, 1000);
  const before = plan.rows;
  answer(plan, "pull one", good);
  settle(plan, 2000);
  const commands = new Map([commandOf(plan, "pull")].map((command) => [command.id, command]));
  const ended = endedBetween(before, plan.rows);
  const told = spansOf(ended, commands);
  expect(spansOf(structuredClone(ended), commands)).toEqual(told);
  expect(new Set(told.map(({ spanId }) => spanId)).size).toBe(3);
  for (const { spanId, parent } of told) {
    expect(spanId).toMatch(/^[0-9a-f]{16}$/);
    // The reader of the plan decides whether its trace is kept.
    expect(parent?.sampled).toBeNull();
  }
  expect(told[0]?.traceId).toMatch(/^[0-9a-f]{32}$/);
  expect(endedBetween(plan.rows, plan.rows)).toMatchObject({ over: false, steps: [] });
});

test("a plan that a person rolls back after its end is another span", () => {
  const plan = traced();
  settle(plan, 1000);
  const [first] = spans(plan, () => {
    answer(plan, "pull one", bad("full"));
    settle(plan, 2000);
  }).slice(-1);
  const ended = { plan: plan.rows.plan, over: true, steps: [] };
  const again = { ...plan.rows.plan, traceBegan: new Date(5000), completedAt: new Date(6000) };
  const [second] = spansOf({ ...ended, plan: again }, new Map());
  expect(second).toMatchObject({ name: "plan rollback", startedAt: 5000, endedAt: 6000 });
  expect(second?.spanId).not.toBe(first?.spanId);
});

test("an agent whose clock is wrong has worked until its answer came", () => {
  const plan = traced();
  settle(plan, 1000);
  const work = {
    ...{ startedAt: 901_200, finishedAt: 901_900 },
    phases: [{ name: "pull" as const, startedAt: 901_300, finishedAt: 901_800 }],
  };
  const act = () => {
    answer(plan, "pull one", good);
    settle(plan, 2000);
  };
  const told = spans(plan, act, [commandOf(plan, "pull", { work })]);
  expect(told[2]).toMatchObject({ name: "agent pull", startedAt: 1400, endedAt: 1900 });
});

test("a command that nobody has answered, or an agent of an earlier version, has no parts", () => {
  for (const work of [null, { startedAt: 1200, finishedAt: 1900, phases: [] }]) {
    const plan = traced();
    settle(plan, 1000);
    const act = () => {
      answer(plan, "pull one", good);
      settle(plan, 2000);
    };
    const told = spans(plan, act, [commandOf(plan, "pull", { work })]);
    expect(told.map(({ name }) => name)).toEqual(["step pull", "command pull"]);
  }
});
