import { expect, test } from "vitest";
import { type PlanMessage, tellChanges } from "./plan-changes.ts";
import type { PlanJson } from "./plan-json.ts";

type Steps = Record<string, string>;
const plan = (status: string, steps: Steps, more: object = {}): PlanJson =>
  ({
    ...{ id: "p", status, error: null, ...more },
    steps: Object.entries(steps).map(([id, is]) => ({ id, status: is })),
  }) as unknown as PlanJson;

/** Takes messages; each is on its way until the next call of `arrive`. */
function slowLine() {
  const sent: PlanMessage[] = [];
  const waiting: (() => void)[] = [];
  const told = tellChanges((message) => {
    sent.push(message);
    return new Promise((resolve) => waiting.push(resolve));
  });
  return {
    sent,
    told,
    async arrive() {
      waiting.shift()?.();
      await new Promise(setImmediate);
    },
  };
}

test("the whole plan comes first, and then what has changed of it", async () => {
  const { sent, told, arrive } = slowLine();
  const first = plan("running", { a: "running", b: "pending" });
  told(first);
  await arrive();
  told(plan("running", { a: "success", b: "pending" }));
  await arrive();
  told(plan("completed", { a: "success", b: "success" }, { error: "late" }));
  await arrive();
  expect(sent).toEqual([
    { event: "plan", data: { plan: first } },
    { event: "changes", data: { plan: {}, steps: [{ id: "a", status: "success" }] } },
    {
      event: "changes",
      data: {
        plan: { status: "completed", error: "late" },
        steps: [{ id: "b", status: "success" }],
      },
    },
  ]);
});

test("a plan that is as it was is not told, and a new step is", async () => {
  const { sent, told, arrive } = slowLine();
  told(plan("running", { a: "failed" }));
  await arrive();
  told(plan("running", { a: "failed" }));
  await arrive();
  told(plan("running", { a: "failed", back: "pending" }));
  await arrive();
  expect(sent.slice(1)).toEqual([
    { event: "changes", data: { plan: {}, steps: [{ id: "back", status: "pending" }] } },
  ]);
});

test("a slow line is told the newest state, with everything that changed meanwhile", async () => {
  const { sent, told, arrive } = slowLine();
  told(plan("running", { a: "running", b: "pending", c: "pending" }));
  told(plan("running", { a: "success", b: "running", c: "pending" }));
  told(plan("running", { a: "success", b: "success", c: "pending" }));
  expect(sent).toHaveLength(1);
  await arrive();
  expect(sent.slice(1)).toMatchObject([
    {
      data: {
        steps: [
          { id: "a", status: "success" },
          { id: "b", status: "success" },
        ],
      },
    },
  ]);
});

test("the whole plan comes again when a step is gone", async () => {
  const { sent, told, arrive } = slowLine();
  told(plan("running", { a: "running", b: "pending" }));
  await arrive();
  told(plan("running", { a: "running" }));
  expect(sent.map(({ event }) => event)).toEqual(["plan", "plan"]);
});
