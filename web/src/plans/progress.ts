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

interface ServiceSteps {
  /** what the plan does to this service alone, by position */
  own: PlanStep[];
  pull: PlanStep | undefined;
}

const known = new WeakMap<readonly PlanStep[], Map<string, ServiceSteps>>();
const keyOf = ({ name, serverName }: Pick<PlanService, "name" | "serverName">) =>
  `${serverName}/${name}`;

/** A service's steps of a plan. Looked for once for all services: there may be thousands of steps. */
export function stepsOf(steps: readonly PlanStep[], service: PlanService): ServiceSteps {
  const all = known.get(steps) ?? byService(steps);
  known.set(steps, all);
  return all.get(keyOf(service)) ?? { own: [], pull: undefined };
}

/** Neither a pull, nor a job, nor a call of a hook, nor the watching of a batch. */
const isOfService = ({ action }: PlanStep): boolean =>
  action === "deploy" || action === "health_check" || action === "rollback";

function byService(steps: readonly PlanStep[]): Map<string, ServiceSteps> {
  const all = new Map<string, ServiceSteps>();
  const at = (service: Parameters<typeof keyOf>[0]): ServiceSteps => {
    const found = all.get(keyOf(service)) ?? { own: [], pull: undefined };
    all.set(keyOf(service), found);
    return found;
  };
  for (const step of steps) {
    if (step.action === "pull") for (const service of step.services) at(service).pull ??= step;
    else if (isOfService(step)) at(step.service).own.push(step);
  }
  return all;
}

/** What a plan is doing, or did, to one of its services. */
export function serviceState(plan: Pick<Plan, "steps">, service: PlanService): ServiceState {
  const { own, pull } = stepsOf(plan.steps, service);
  const of = (action: PlanStep["action"]) => own.find((step) => step.action === action);
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
  if (is(pull, "failed")) return "failed";
  return is(pull, "running") ? "pulling" : "waiting";
}

/** How many services a plan has begun to replace, and not put back. */
export function touchedServices(plan: Pick<Plan, "steps" | "services">): number {
  const untouched: ServiceState[] = ["waiting", "pulling", "skipped", "back"];
  return plan.services.filter((service) => !untouched.includes(serviceState(plan, service))).length;
}

export interface Bar {
  step: PlanStep;
  /** of the whole, 0 to 1 */
  from: number;
  to: number;
  ms: number | null;
  /** when it began and ended, in milliseconds that the plan had worked; null: it never ran */
  worked: { from: number; to: number } | null;
}

/**
 * Where the time went: gives for each step its share of the time that the plan worked.
 * @param now epoch milliseconds; what still runs ends there
 */
export function timeline(steps: readonly PlanStep[], now: number): (step: PlanStep) => Bar {
  const clock = workingTime(steps.map((step) => spanOf(step, now)));
  const whole = Math.max(1, clock(Number.POSITIVE_INFINITY));
  return (step) => {
    const span = spanOf(step, now);
    if (!span) return { step, from: 0, to: 0, ms: null, worked: null };
    const worked = { from: clock(span.start), to: clock(span.end) };
    return {
      ...{ step, worked, ms: span.end - span.start },
      from: worked.from / whole,
      to: worked.to / whole,
    };
  };
}
