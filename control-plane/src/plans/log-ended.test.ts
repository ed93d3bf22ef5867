import { Writable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { endedBetween } from "./ended.ts";
import { logEnded } from "./log-ended.ts";
import { answer, bad, good, newPlan, settle } from "./plan-model.fixture.ts";

function logged(plan: ReturnType<typeof newPlan>, act: () => void) {
  const lines: Record<string, unknown>[] = [];
  const write = (line: Buffer, _: string, done: () => void) => {
    lines.push(JSON.parse(String(line)));
    done();
  };
  const before = plan.rows;
  act();
  logEnded(pino({}, new Writable({ write })), endedBetween(before, plan.rows));
  return lines;
}

test("what has ended is told with the ids of its plan, step, command and server", () => {
  const plan = newPlan({ services: [{ name: "a" }], autoRollback: false });
  settle(plan, 1000);
  const pulled = logged(plan, () => {
    answer(plan, "pull one", good);
    settle(plan, 2000);
  });
  const [pull] = plan.rows.steps;
  const ids = { planId: plan.rows.plan.id, stepId: pull?.id, commandId: pull?.commandId };
  expect(pulled).toEqual([
    expect.objectContaining({
      ...{ ...ids, serverId: pull?.serverId, action: "pull", status: "success", level: 30 },
    }),
  ]);

  const failed = logged(plan, () => {
    answer(plan, "deploy a", bad("full"));
    settle(plan, 3000);
  });
  expect(failed).toEqual([
    expect.objectContaining({ level: 40, action: "deploy", status: "failed", reason: "full" }),
    expect.objectContaining({ planId: ids.planId, status: "failed", msg: "a plan has ended" }),
  ]);
});
