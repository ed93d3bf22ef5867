import { describe, expect, it } from "vitest";
import type { PlanStep } from "$lib/api/model.ts";
import type { Look } from "$lib/wording/status.ts";
import { foldGroups, LaneFolds } from "./lane-folds.svelte.ts";
import type { Lane, LaneGroup } from "./lanes.ts";
import { stateLook } from "./looks.ts";

let made = 0;
const lane = (look: Look): Lane => {
  made += 1;
  const startedAt = look.text === "Waiting" ? null : "2026-11-23T12:00:00.000Z";
  const step = { id: `step-${made}`, startedAt } as PlanStep;
  return {
    ...{ key: `lane-${made}`, title: `service-${made}`, place: "on edge-1", look },
    ...{ steps: [step], bars: [], ms: null, telling: step, waiting: null },
  };
};
const lanes = (number: number, state: Parameters<typeof stateLook>[0]) =>
  Array.from({ length: number }, () => lane(stateLook(state)));
const group = (batch: number | null, ...own: Lane[][]): LaneGroup => {
  const all = own.flat();
  const services = batch === null ? [] : all;
  const done = services.filter(({ look }) => look.text === "Done").length;
  return { batch, lanes: all, done, total: services.length };
};
/** What is shown of it, without rows. */
const outline = (groups: readonly LaneGroup[]) =>
  foldGroups(groups).map(({ first, last, folds, done, total }) => [
    first === last ? first : `${first}-${last}`,
    folds.map(({ title, lanes: own, opens }) => `${opens ? "+" : "-"}${title} ${own.length}`),
    `${done}/${total}`,
  ]);

describe("what is folded", () => {
  it("is nothing of a small plan", () => {
    const groups = [
      group(null, lanes(2, "done")),
      group(1, lanes(20, "done"), lanes(9, "waiting")),
    ];
    expect(outline(groups)).toEqual([
      [null, ["+null 2"], "0/0"],
      [1, ["+null 29"], "20/29"],
    ]);
  });
  it("is what is over and what waits, with what failed and what is under way open above it", () => {
    const own = [
      lanes(40, "done"),
      lanes(1, "deploying"),
      lanes(2, "checking"),
      lanes(500, "waiting"),
    ];
    expect(outline([group(null), group(1, ...own, lanes(1, "failed"))])).toEqual([
      [1, ["+Failed 1", "+Under way 3", "-Done 40", "-Waiting 500"], "40/544"],
    ]);
  });
  it("is batch after batch that is alike as one, and those that are not by themselves", () => {
    const groups = [
      group(null, lanes(200, "done")),
      ...[1, 2, 3].map((batch) => group(batch, lanes(4, "done"))),
      group(4, lanes(2, "done"), lanes(2, "deploying")),
      ...[5, 6].map((batch) => group(batch, lanes(4, "waiting"))),
      group(null, lanes(1, "waiting")),
    ];
    expect(outline(groups)).toEqual([
      [null, ["-Done 200"], "0/0"],
      ["1-3", ["-Done 12"], "12/12"],
      [4, ["+Under way 2", "-Done 2"], "2/4"],
      ["5-6", ["-Waiting 8"], "0/8"],
      [null, ["-Waiting 1"], "0/0"],
    ]);
  });
  it("keeps failed batches apart, so that each is seen", () => {
    const failed = [1, 2].map((batch) => group(batch, lanes(40, "failed")));
    expect(outline(failed)).toEqual([
      [1, ["+Failed 40"], "0/40"],
      [2, ["+Failed 40"], "0/40"],
    ]);
  });
  it("has the same key while batches go over from the one to the other", () => {
    const keys = (done: number) =>
      foldGroups(
        Array.from({ length: 30 }, (_, at) =>
          group(at + 1, lanes(4, at < done ? "done" : at === done ? "deploying" : "waiting")),
        ),
      ).map(({ folds: [fold] }) => fold?.key);
    expect(keys(10)).toEqual(["Done 1", "Under way 11", "Waiting 30"]);
    expect(keys(20)).toEqual(["Done 1", "Under way 21", "Waiting 30"]);
  });
});

describe("a fold", () => {
  const [{ folds = [] } = {}] = foldGroups([
    group(1, lanes(120, "waiting"), lanes(1, "deploying")),
  ]);
  const [active, waiting] = folds;
  if (!active || !waiting) throw new Error("There are no folds.");

  it("is opened and closed, whatever it was", () => {
    const state = new LaneFolds();
    expect([state.isOpen(active, ""), state.isOpen(waiting, "")]).toEqual([true, false]);
    state.toggle(active, "");
    state.toggle(waiting, "");
    expect([state.isOpen(active, ""), state.isOpen(waiting, "")]).toEqual([false, true]);
  });
  it("shows its rows in parts", () => {
    const state = new LaneFolds();
    expect(state.rows(waiting, "")).toHaveLength(50);
    state.showMore(waiting);
    expect(state.rows(waiting, "")).toHaveLength(100);
    state.showMore(waiting);
    expect(state.rows(waiting, "")).toHaveLength(120);
  });
  it("is open as far as the step that is shown in full", () => {
    const state = new LaneFolds();
    const chosen = waiting.lanes[80]?.steps[0]?.id ?? "";
    expect(state.isOpen(waiting, chosen)).toBe(true);
    expect(state.rows(waiting, chosen)).toHaveLength(81);
    state.toggle(waiting, chosen);
    expect(state.isOpen(waiting, chosen)).toBe(false);
  });
});
