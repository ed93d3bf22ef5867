import type { Plan, PlanService, PlanStep } from "$lib/api/model.ts";
import type { Look } from "$lib/wording/status.ts";
import { stepLook } from "$lib/wording/status.ts";
import { stateLook } from "./looks.ts";
import { type Bar, serviceState, stepsOf, timeline } from "./progress.ts";

/** One row of the time line: a hook, a pull, a job, or everything that a plan does to one service. */
export interface Lane {
  key: string;
  title: string;
  /** the server's name; null: the control plane does it */
  server: string | null;
  look: Look;
  /** its steps in the order of their starts; those that never ran have no `ms` */
  bars: Bar[];
  /** worked from the first start to the last end, in milliseconds; null: nothing of it has started */
  ms: number | null;
  /** the step to open when the user asks what happened here */
  telling: PlanStep | undefined;
  /** what it waits for outside of the plan, in a sentence; null: nothing */
  waiting: string | null;
}

/** Whether a step is what a plan does to a service, so neither a pull nor a job nor a hook. */
export const belongsTo = (step: PlanStep, { name, serverName }: PlanService): boolean =>
  !isApart(step) && step.service.name === name && step.service.serverName === serverName;

/** A step with a row of its own. */
const isApart = ({ action }: PlanStep): boolean =>
  action === "pull" || action === "job" || action === "hook";

/** The step of a service that says most: the failed one, the running one, or the last that ran. */
export function tellingStep(steps: readonly PlanStep[]): PlanStep | undefined {
  return (
    steps.find(({ status }) => status === "failed") ??
    steps.find(({ status }) => status === "running") ??
    steps.findLast(({ startedAt }) => startedAt !== null) ??
    steps[0]
  );
}

/**
 * The rows of a plan's time line: hooks before it, pulls and jobs, then the services in the order of the
 * plan, and the hooks after it.
 * @param now epoch milliseconds; what still runs ends there
 */
export function lanes(plan: Pick<Plan, "steps" | "services" | "targets">, now: number): Lane[] {
  const several = plan.targets.length > 1;
  const titleOf = ({ job, hookName, target }: PlanStep): string => {
    if (hookName) return `Hook: ${hookName}`;
    if (job !== null) return `Job ${job.command.join(" ")}`;
    return several ? `Pull ${targetName(plan.targets[target])}` : "Pull";
  };
  const bars = timeline(plan.steps, now);
  const barOf = new Map(bars.map((bar) => [bar.step, bar]));
  const apart = bars.filter(({ step }) => isApart(step));
  const laneOf = (bar: Bar): Lane => ({
    key: bar.step.id,
    title: titleOf(bar.step),
    server: bar.step.server.name || null,
    look: stepLook(bar.step.status),
    bars: [bar],
    ms: bar.ms,
    telling: bar.step,
    waiting: null,
  });
  const isAtTheEnd = ({ step }: Bar) => step.hook?.when === "after";
  return [
    ...apart.filter((bar) => !isAtTheEnd(bar)).map(laneOf),
    ...plan.services.map((service) => {
      const own = stepsOf(plan.steps, service).own.flatMap((step) => barOf.get(step) ?? []);
      return {
        key: `${service.serverName}/${service.name}`,
        title: service.name,
        server: service.serverName,
        look: stateLook(serviceState(plan, service)),
        bars: own,
        ms: span(own),
        telling: tellingStep(own.map(({ step }) => step)),
        waiting: own.find(({ step }) => step.status === "pending")?.step.detail ?? null,
      };
    }),
    ...apart.filter(isAtTheEnd).map(laneOf),
  ];
}

/** The last part of its image's name: what people call it. */
function targetName(target: Plan["targets"][number] | undefined): string {
  return target?.imageName.replace(/^.*\//, "") ?? "";
}

/** The milliseconds that were worked from the first start to the last end, whatever lay between. */
function span(bars: readonly Bar[]): number | null {
  const worked = bars.flatMap((bar) => bar.worked ?? []);
  if (worked.length === 0) return null;
  return Math.max(...worked.map(({ to }) => to)) - Math.min(...worked.map(({ from }) => from));
}
