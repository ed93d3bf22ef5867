import { expect, test } from "vitest";
import { nextLook } from "./decide.ts";
import {
  answer,
  answerQuestion,
  carryOut,
  connect,
  newPlan,
  openQuestions,
  type SoakWord,
  settle,
} from "./plan-model.fixture.ts";
import { soakGraceMs } from "./soak.ts";
import { checkEveryMs } from "./soak-questions.ts";

const soakMs = 100_000;
const intervalMs = 20_000;
const everyMs = checkEveryMs(soakMs);
const well = {
  ...{ id: "new", state: "running" as const, health: "none" as const },
  ...{ restartCount: 0, startedAt: 5 },
};
const analysis = {
  prometheus: {
    ...{ url: "http://prometheus.test", query: "errors", intervalMs },
    condition: { operator: "<" as const, value: 1 },
  },
};

/** A plan of one service whose soak's time has begun at 0. */
function watching(
  asked: { query?: boolean; url?: boolean },
  onFailure: "rollback" | "pause" = "rollback",
) {
  const plan = newPlan({
    services: [{ name: "web", checksUrl: asked.url ?? false }],
    rollout: { soakMs, onFailure, analysis: asked.query ? analysis : null },
  });
  plan.changeServices(() => ({ seen: { current: true, container: well } }));
  settle(plan);
  for (const step of ["pull one", "deploy web", "health_check web"]) {
    answer(plan, step);
    settle(plan);
  }
  const soak = () => plan.steps.find(({ action }) => action === "soak") ?? plan.steps[0];
  /** At this moment; then the open questions are answered. */
  const at = (now: number, word?: SoakWord) => {
    settle(plan, now);
    const open = openQuestions(plan);
    if (word) for (const question of open) answerQuestion(plan, question, word, now);
    if (word) settle(plan, now);
    return open.length;
  };
  return { plan, soak, at };
}

test.each([
  ["the query", { query: true }, intervalMs],
  ["a health check by URL", { url: true }, everyMs],
])("%s is asked at each interval, at the end, and then it has passed", (_, asked, interval) => {
  const { plan, soak, at } = watching(asked);
  expect(at(interval - 1)).toBe(0);
  expect(nextLook(plan.snapshot, interval - 1)).toBe(interval);
  for (let now = interval; now < soakMs; now += interval) expect(at(now, "well")).toBe(1);
  expect(soak()?.status).toBe("running");
  // What was good before says nothing of the end.
  expect(at(soakMs)).toBe(1);
  expect(soak()?.status).toBe("running");
  at(soakMs, "well");
  expect(soak()?.status).toBe("success");
});

test("what is not watched is not asked", () => {
  const { soak, at } = watching({});
  at(soakMs);
  expect(soak()?.status).toBe("success");
});

test.each([
  ["web on one failed its health check: it answered 500.", { url: true }],
  ["The query gave 1, and has to be < 1.", { query: true }],
])("one bad answer ends it at once: %s", (error, asked) => {
  const { plan, soak, at } = watching(asked);
  at(everyMs, "ill");
  expect(soak()).toMatchObject({ status: "failed", error });
  expect(plan.plan.rollbackStarted).toBe(true);
  // So its digest is not tried again by itself.
  const row = plan.rows.steps.find(({ action }) => action === "soak");
  expect(row?.soakStart).toMatchObject([{ servicePosition: 0, failed: true }]);
});

test("a bad answer pauses a plan that is to pause at failures", () => {
  const { plan, at } = watching({ query: true }, "pause");
  at(everyMs, "ill");
  expect(plan.rows.plan).toMatchObject({
    status: "paused",
    pausedReason: "Batch 1 did not stay healthy: The query gave 1, and has to be < 1.",
  });
});

test.each([
  ["The query gave nothing.", { query: true }],
  ["The health check of web on one was not answered: no answer.", { url: true }],
])("an answer that says nothing is asked for again, and pauses in the end: %s", (why, asked) => {
  const { plan, soak, at } = watching(asked);
  at(everyMs, "nothing");
  expect(soak()?.status).toBe("running");
  let tried = 0;
  for (let now = soakMs; plan.plan.status === "running"; now += 1000) tried += at(now, "nothing");
  expect(tried).toBe(6);
  const reason = `Batch 1 could not be watched: ${why}`;
  expect(plan.rows.plan).toMatchObject({ status: "paused", pausedReason: reason });
  // Resumed, it is watched again, and what was answered before no longer counts.
  carryOut(plan, { kind: "resume" }, 10 * soakMs);
  expect(at(10 * soakMs)).toBe(0);
  at(11 * soakMs, "well");
  expect(soak()?.status).toBe("success");
});

test("an answer that comes late still counts", () => {
  const { soak, at } = watching({ query: true });
  at(soakMs, "nothing");
  at(soakMs + 5000, "well");
  expect(soak()?.status).toBe("success");
});

test("one that is never answered is asked again, and pauses in the end", () => {
  const { plan, at } = watching({ query: true });
  at(intervalMs);
  expect(openQuestions(plan)).toHaveLength(1);
  for (let now = intervalMs; plan.plan.status === "running"; ) {
    now = nextLook(plan.snapshot, now) ?? 0;
    expect(now).toBeLessThan(10 * soakMs);
    at(now);
  }
  expect(plan.rows.plan.pausedReason).toBe(
    "Batch 1 could not be watched: The query was not answered in time.",
  );
});

test("a control plane that was away asks when it is back, however late that is", () => {
  const { plan, soak, at } = watching({ query: true, url: true });
  const back = 100 * soakMs;
  plan.listeningSince = back;
  expect(at(back)).toBe(2);
  at(back, "well");
  expect(soak()?.status).toBe("success");
});

test("an agent that is away is not asked, and what it does not say is not good", () => {
  const { plan, at } = watching({ url: true });
  connect(plan, "one", false);
  plan.changeServices(() => ({ seen: { current: false, container: well } }));
  expect(at(soakMs)).toBe(0);
  at(soakMs + soakGraceMs);
  expect(plan.rows.plan.pausedReason).toContain("while one is offline");
});

test("a paused plan is asked and judged, and one that is cancelled is not", () => {
  const paused = watching({ query: true });
  carryOut(paused.plan, { kind: "pause", reason: "lunch", by: "ann" }, 1);
  paused.at(soakMs, "well");
  expect(paused.soak()?.status).toBe("success");
  const cancelled = watching({ query: true });
  carryOut(cancelled.plan, { kind: "cancel" }, 1);
  expect(cancelled.at(soakMs)).toBe(0);
});

test("a long soak is asked seldom, a short one every half a minute", () => {
  expect([1000, 60_000, 3_600_000, 86_400_000].map(checkEveryMs)).toEqual([
    ...[30_000, 30_000, 36_000, 300_000],
  ]);
});
