import { describe, expect, it } from "vitest";
import type { PlanService, PlanStep } from "$lib/api/model.ts";
import { progress, serviceState, timeline, touchedServices } from "./progress.ts";

const service: PlanService = {
  id: "s1",
  name: "api",
  serverId: "e1",
  serverName: "edge-1",
  containerName: "api",
  level: 0,
  batch: 1,
  previousDigest: null,
  previousDigestId: null,
  previousImageTag: null,
  dependsOn: [],
  outside: [],
  target: 0,
};

function step(
  action: PlanStep["action"],
  status: PlanStep["status"],
  more: Partial<PlanStep> = {},
): PlanStep {
  const about = { id: "s1", name: "api", serverName: "edge-1" };
  return {
    id: `${action}-${status}`,
    order: 0,
    level: 0,
    batch: 1,
    target: 0,
    action,
    status,
    service: about,
    services: [about],
    server: { id: "e1", name: "edge-1" },
    targetDigest: null,
    previousDigest: null,
    startedAt: null,
    completedAt: null,
    deadlineAt: null,
    error: null,
    exitCode: null,
    logs: "",
    downtimeMs: null,
    changes: null,
    imageId: null,
    detail: null,
    job: null,
    hook: null,
    hookName: null,
    soak: null,
    ...more,
  };
}

describe("serviceState", () => {
  it.each([
    [
      "waiting",
      [step("pull", "pending"), step("deploy", "pending"), step("health_check", "pending")],
    ],
    ["pulling", [step("pull", "running"), step("deploy", "pending")]],
    ["failed", [step("pull", "failed"), step("deploy", "pending")]],
    ["deploying", [step("pull", "success"), step("deploy", "running")]],
    ["checking", [step("deploy", "success"), step("health_check", "running")]],
    ["checking", [step("deploy", "success"), step("health_check", "pending")]],
    ["done", [step("deploy", "success"), step("health_check", "success")]],
    ["done", [step("deploy", "success")]],
    ["failed", [step("deploy", "success"), step("health_check", "failed")]],
    ["skipped", [step("deploy", "skipped"), step("health_check", "skipped")]],
    ["going_back", [step("health_check", "failed"), step("rollback", "pending")]],
    ["back", [step("health_check", "failed"), step("rollback", "success")]],
    ["not_back", [step("health_check", "failed"), step("rollback", "failed")]],
  ] as const)("%s", (state, steps) => {
    expect(serviceState({ steps: [...steps] }, service)).toBe(state);
  });

  it("is not that of the soak of its batch", () => {
    const steps = [
      step("deploy", "success"),
      step("health_check", "success"),
      step("soak", "failed"),
    ];
    expect(serviceState({ steps }, service)).toBe("done");
  });

  it("tells which services have been touched and not put back", () => {
    const touched = (...steps: PlanStep[]) => touchedServices({ steps, services: [service] });
    expect(touched(step("pull", "running"), step("deploy", "pending"))).toBe(0);
    expect(touched(step("deploy", "running"))).toBe(1);
    expect(touched(step("deploy", "failed"))).toBe(1);
    expect(touched(step("deploy", "success"), step("health_check", "success"))).toBe(1);
    expect(touched(step("deploy", "success"), step("rollback", "success"))).toBe(0);
  });

  it("does not mistake the service of that name on another server", () => {
    const other = { id: "s2", name: "api", serverName: "edge-2" };
    const steps = [step("deploy", "failed", { service: other, services: [other] })];
    expect(serviceState({ steps }, service)).toBe("waiting");
  });
});

it("counts what has ended, without the way back", () => {
  const steps = [
    step("pull", "success"),
    step("deploy", "failed"),
    step("health_check", "pending"),
    step("rollback", "success"),
  ];
  expect(progress({ steps })).toEqual({ done: 2, total: 3 });
});

describe("timeline", () => {
  const bars = (steps: PlanStep[], now: number) => steps.map(timeline(steps, now));
  it("gives each step its share, and what runs the time until now", () => {
    const some = bars(
      [
        step("pull", "success", {
          startedAt: "2026-11-23T12:00:00.000Z",
          completedAt: "2026-11-23T12:00:05.000Z",
        }),
        step("deploy", "running", { startedAt: "2026-11-23T12:00:05.000Z" }),
        step("health_check", "pending"),
      ],
      Date.parse("2026-11-23T12:00:10.000Z"),
    );
    expect(some.map(({ from, to, ms }) => [from, to, ms])).toEqual([
      [0, 0.5, 5_000],
      [0.5, 1, 5_000],
      [0, 0, null],
    ]);
  });
  it("holds for a plan that never started", () => {
    expect(bars([step("pull", "pending")], 0)).toEqual([
      expect.objectContaining({ from: 0, to: 0, ms: null }),
    ]);
  });
  it("never runs backwards when the browser's clock is behind", () => {
    const [bar] = bars(
      [step("pull", "running", { startedAt: "2026-11-23T12:00:05.000Z" })],
      Date.parse("2026-11-23T12:00:00.000Z"),
    );
    expect(bar?.ms).toBe(0);
  });
});
