import { expect, test } from "vitest";
import type { SeenContainer } from "./plan.ts";
import { answer, carryOut, newPlan, settle } from "./plan-model.fixture.ts";
import { judgeSoak, soakGraceMs } from "./soak.ts";

const soakMs = 60_000;
const well = {
  ...{ id: "new", state: "running" as const, health: "healthy" as const },
  ...{ restartCount: 2, startedAt: 5 },
};
type Container = NonNullable<SeenContainer["container"]>;

/** A plan of one service whose soak's time has begun at 0. */
function watching() {
  const plan = newPlan({ services: [{ name: "web" }], rollout: { soakMs } });
  plan.changeServices(() => ({ seen: { current: true, container: well } }));
  settle(plan);
  for (const step of ["pull one", "deploy web", "health_check web"]) {
    answer(plan, step);
    settle(plan);
  }
  const soak = () => {
    const step = plan.steps.find(({ action }) => action === "soak");
    if (!step) throw new Error("there is no soak");
    return step;
  };
  return { plan, soak };
}

function judged(now: number, container: Partial<Container> | null, current = true) {
  const { plan, soak } = watching();
  expect(soak()).toMatchObject({ status: "running", deadlineAt: soakMs });
  plan.changeServices(() => ({
    seen: { current, container: container && { ...well, ...container } },
  }));
  return judgeSoak(plan.snapshot, soak(), now);
}

test.each<[string, Partial<Container> | null]>([
  ["has restarted", { restartCount: 3 }],
  ["has restarted 2 times", { restartCount: 4 }],
  ["has been started again", { startedAt: 6 }],
  ["is unhealthy", { health: "unhealthy" }],
  ["does not run (exited)", { state: "exited" }],
  ["restarts again and again", { state: "restarting" }],
  ["no longer has the container that was deployed", { id: "another" }],
  ["no longer has the container that was deployed", null],
])("one that %s has failed at once, and also when nobody looked meanwhile", (why, container) => {
  for (const now of [1, soakMs, 100 * soakMs]) {
    expect(judged(now, container)).toMatchObject({
      kind: "failed",
      error: `web on one ${why}.`,
      // Somebody else has put another container there: nothing is said of the image.
      positions: why.startsWith("no longer") ? [] : [0],
    });
  }
});

test("one that is as it was has passed when its time is over", () => {
  expect(judged(soakMs - 1, {})).toEqual({ kind: "wait", until: soakMs });
  expect(judged(soakMs, {})).toEqual({ kind: "passed" });
});

test("one of an agent that is away is waited for a little, and then not known", () => {
  const late = soakMs + soakGraceMs;
  // What was known of it last says nothing of now.
  for (const last of [{}, { restartCount: 3 }]) {
    expect(judged(soakMs, last, false)).toEqual({ kind: "wait", until: late });
    expect(judged(late, last, false)).toEqual({
      kind: "unknown",
      why: "It is not known how web is while one is offline.",
    });
  }
});

test("one that is starting does not pass, and has failed where it stays so", () => {
  expect(judged(soakMs, { health: "starting" }).kind).toBe("wait");
  expect(judged(soakMs + soakGraceMs, { health: "starting" }).kind).toBe("failed");
});

test("its service was deleted: it is no longer watched", () => {
  const { plan, soak } = watching();
  plan.changeServices(() => ({ serviceId: null, seen: null }));
  expect(judgeSoak(plan.snapshot, soak(), soakMs)).toEqual({ kind: "passed" });
});

test("a soak that failed blames the image of the service that went wrong", () => {
  const { plan, soak } = watching();
  plan.changeServices(() => ({
    seen: { current: true, container: { ...well, restartCount: 3 } },
  }));
  carryOut(
    plan,
    { kind: "finish_step", stepId: soak().id, status: "failed", error: "x", blamed: [0] },
    1,
  );
  expect(plan.rows.steps.find(({ action }) => action === "soak")?.soakStart).toMatchObject([
    { servicePosition: 0, containerId: "new", failed: true },
  ]);
});
