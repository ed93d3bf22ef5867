import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { carryingOut, currentIds, currentPhases, timed } from "./current-command.ts";

test("each command knows its own ids and the parts of its own work", async () => {
  const work = (commandId: string, planId: string | null) =>
    carryingOut({ commandId, planId }, async () => {
      await timed("create", () => setImmediate());
      await timed("start", () => setImmediate());
      return { ids: currentIds(), phases: currentPhases() };
    });
  const [one, two] = await Promise.all([work("1", "p"), work("2", null)]);
  expect(one?.ids).toEqual({ commandId: "1", planId: "p" });
  expect(two?.ids).toEqual({ commandId: "2" });
  for (const { phases = [] } of [one, two].map((each) => each ?? { phases: [] })) {
    expect(phases.map(({ name }) => name)).toEqual(["create", "start"]);
    for (const { startedAt, finishedAt } of phases) {
      expect(finishedAt).toBeGreaterThanOrEqual(startedAt);
    }
  }
  expect(currentIds()).toEqual({});
});

test("what fails has taken its time too", async () => {
  const phases = await carryingOut({ commandId: "1" }, async () => {
    const failing = timed("stop", () => Promise.reject(new Error("it hangs")));
    await expect(failing).rejects.toThrow("it hangs");
    return currentPhases();
  });
  expect(phases).toMatchObject([{ name: "stop" }]);
});

test("without a command the work is only done", async () => {
  expect(await timed("pull", async () => 3)).toBe(3);
  expect(currentPhases()).toEqual([]);
});
