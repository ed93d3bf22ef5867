import { describe, expect, it } from "vitest";
import type { Plan } from "$lib/api/model.ts";
import { ownPlanRefusal, PlanState } from "./plan-state.svelte.ts";

const plan = (more: Partial<Plan>): Plan =>
  ({
    status: "running",
    startedAt: "2026-01-01T00:00:00Z",
    rollingBack: false,
    cancelRequested: false,
    steps: [],
    ...more,
  }) as unknown as Plan;
const state = (of: Plan | undefined, refusal: string | null = null, toStart = refusal) =>
  new PlanState(
    () => of,
    () => refusal,
    () => toStart,
  );
const acts = (more: Partial<Plan>) => state(plan(more)).offers.map(({ act }) => act);

describe("what can be done with a plan", () => {
  it("follows from its status", () => {
    expect(acts({ status: "pending", startedAt: null })).toEqual(["start", "cancel"]);
    expect(acts({})).toEqual(["pause", "cancel"]);
    expect(acts({ status: "paused" })).toEqual(["resume", "rollBack", "cancel"]);
    const waiting = { status: "waiting_for_approval", approvals: [] as Plan["approvals"] } as const;
    expect(acts({ ...waiting, approvalsRequired: 1 })).toEqual(["cancel"]);
    expect(acts({ ...waiting, approvalsRequired: 0 })).toEqual(["start", "cancel"]);
    expect(acts({ status: "failed" })).toEqual(["rollBack"]);
    expect(acts({ status: "completed" })).toEqual(["rollBack"]);
    expect(acts({ status: "rolled_back" })).toEqual([]);
    // It was called off before anything began.
    expect(acts({ status: "cancelled", startedAt: null })).toEqual([]);
    expect(state(undefined).offers).toEqual([]);
  });
  it("is refused with a reason", () => {
    const [pause, cancel] = state(plan({ rollingBack: true })).offers;
    expect(pause?.refusal).toContain("It is rolling back");
    expect(cancel?.refusal).toContain("It is rolling back");
    expect(state(plan({ cancelRequested: true })).offers[0]?.refusal).toContain("being cancelled");
    expect(state(plan({ status: "pending" }), "Your role is viewer.").offers).toEqual([
      { act: "start", refusal: "Your role is viewer." },
      { act: "cancel", refusal: "Your role is viewer." },
    ]);
    expect(state(plan({ status: "pending" }), null, "It is frozen.").offers).toEqual([
      { act: "start", refusal: "It is frozen." },
      { act: "cancel", refusal: null },
    ]);
  });
});

it("finds what does not run, and how long something was down", () => {
  const steps = [
    { action: "deploy", status: "success", detail: null, downtimeMs: 1200 },
    { action: "deploy", status: "success", detail: "It was stopped.", downtimeMs: null },
    { action: "gate", status: "success", detail: "healthy", downtimeMs: null },
  ] as unknown as Plan["steps"];
  const shown = state(plan({ steps }));
  expect(shown.notRun).toEqual([steps[1]]);
  expect(shown.downtime).toBe(1200);
  expect(state(plan({})).downtime).toBe(0);
});

it("lets nobody decide on a plan of their own", () => {
  const made = { triggeredBy: "ann@bp.test", askedBy: "bob@bp.test" };
  expect(ownPlanRefusal(made, "ann@bp.test")).toContain("somebody else");
  expect(ownPlanRefusal(made, "bob@bp.test")).toContain("somebody else");
  expect(ownPlanRefusal(made, "eve@bp.test")).toBeNull();
  expect(ownPlanRefusal({ ...made, askedBy: null }, undefined)).toBeNull();
});
