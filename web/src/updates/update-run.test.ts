import { expect, it } from "vitest";
import type { PlannedUpdate } from "./behind.ts";
import { UpdateRun } from "./update-run.svelte.ts";

const updates = ["d1", "d2"].map((digestId) => ({ digestId }) as PlannedUpdate);

it("starts one after the other, and keeps what became of each", async () => {
  const order: string[] = [];
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const run = new UpdateRun(updates, async ({ digestId }) => {
    order.push(digestId);
    if (digestId === "d1") await held;
    return digestId === "d1" ? { planId: "p1" } : { error: "No service is left." };
  });
  expect([run.begun, run.done]).toEqual([false, false]);
  const started = run.start();
  // Pressed twice, it is started once.
  await run.start();
  expect([run.running, run.begun, order]).toEqual([true, true, ["d1"]]);
  release();
  await started;
  expect(order).toEqual(["d1", "d2"]);
  expect(updates.map((update) => run.resultOf(update))).toEqual([
    { planId: "p1" },
    { error: "No service is left." },
  ]);
  expect([run.running, run.done]).toEqual([false, true]);
});
