import type { Plan, PlanService, PlanStep, StepStatus } from "../api/model.ts";

/** How far a plan has come: steps that have ended, of those it began with. */
export function progress(plan: Pick<Plan, "steps">): { done: number; total: number } {
  const steps = plan.steps.filter(({ action }) => action !== "rollback");
  const done = steps.filter(({ status }) => status !== "pending" && status !== "running").length;
  return { done, total: steps.length };
}

export type ServiceState =
  | "waiting"
  | "pulling"
  | "deploying"
  | "checking"
  | "done"
  | "failed"
  | "going_back"
  | "back"
  | "not_back"
  | "skipped";

/** What a plan is doing, or did, to one of its services. */
export function serviceState(plan: Pick<Plan, "steps">, service: PlanService): ServiceState {
  const own = (step: PlanStep) =>
    step.action !== "pull" &&
    step.service.name === service.name &&
    step.service.serverName === service.serverName;
  const of = (action: PlanStep["action"]) =>
    plan.steps.find((step) => step.action === action && own(step));
  const is = (step: PlanStep | undefined, ...statuses: StepStatus[]) =>
    step !== undefined && statuses.includes(step.status);

  const rollback = of("rollback");
  if (is(rollback, "success")) return "back";
  if (is(rollback, "failed")) return "not_back";
  if (is(rollback, "running", "pending")) return "going_back";
  const deploy = of("deploy");
  const check = of("health_check");
  if (is(deploy, "failed") || is(check, "failed")) return "failed";
  if (is(deploy, "rolled_back") || is(check, "rolled_back")) return "back";
  if (is(check, "running")) return "checking";
  if (is(deploy, "running")) return "deploying";
  if (is(check, "success") || (check === undefined && is(deploy, "success"))) return "done";
  if (is(deploy, "success")) return is(check, "skipped") ? "done" : "checking";
  if (is(deploy, "skipped")) return "skipped";
  const pull = plan.steps.find(
    ({ action, server }) => action === "pull" && server.name === service.serverName,
  );
  if (is(pull, "failed")) return "failed";
  return is(pull, "running") ? "pulling" : "waiting";
}

export interface Bar {
  step: PlanStep;
  /** of the whole, 0 to 1 */
  from: number;
  to: number;
  ms: number | null;
}

/**
 * Where the time went: each step's share of the time from the first start to the last end.
 * @param now epoch milliseconds; what still runs ends there
 */
export function timeline(steps: readonly PlanStep[], now: number): Bar[] {
  const spans = steps.map((step) => ({
    step,
    start: step.startedAt === null ? null : Date.parse(step.startedAt),
    end:
      step.completedAt !== null
        ? Date.parse(step.completedAt)
        : step.status === "running"
          ? now
          : null,
  }));
  const starts = spans.flatMap(({ start }) => (start === null ? [] : [start]));
  const ends = spans.flatMap(({ end, start }) => (end === null || start === null ? [] : [end]));
  const first = Math.min(...starts);
  const whole = Math.max(1, Math.max(...ends) - first);
  return spans.map(({ step, start, end }) => {
    if (start === null || end === null) return { step, from: 0, to: 0, ms: null };
    const from = Math.min(1, Math.max(0, (start - first) / whole));
    return {
      step,
      from,
      to: Math.min(1, Math.max(from, (end - first) / whole)),
      ms: Math.max(0, end - start),
    };
  });
}

/** How long a plan took, or has taken so far, in milliseconds; null if it never started. */
export function elapsed(plan: Pick<Plan, "startedAt" | "completedAt">, now: number): number | null {
  if (plan.startedAt === null) return null;
  const end = plan.completedAt === null ? now : Date.parse(plan.completedAt);
  return Math.max(0, end - Date.parse(plan.startedAt));
}
