import type { Plan, PlanService, PlanStep, StepStatus } from "$lib/api/model.ts";
import { spanOf, workingTime } from "./working-time.ts";

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
    step.action !== "job" &&
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
    ({ action, services }) =>
      action === "pull" &&
      services.some(
        ({ name, serverName }) => name === service.name && serverName === service.serverName,
      ),
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
 * Where the time went: each step's share of the time that the plan worked.
 * @param now epoch milliseconds; what still runs ends there
 */
export function timeline(steps: readonly PlanStep[], now: number): Bar[] {
  const spans = steps.map((step) => spanOf(step, now));
  const clock = workingTime(spans);
  const whole = Math.max(1, clock(Number.POSITIVE_INFINITY));
  return steps.map((step, index) => {
    const span = spans[index];
    if (!span) return { step, from: 0, to: 0, ms: null };
    return {
      step,
      from: clock(span.start) / whole,
      to: clock(span.end) / whole,
      ms: span.end - span.start,
    };
  });
}
