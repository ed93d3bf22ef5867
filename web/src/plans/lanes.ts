import type { Plan, PlanService, PlanStep } from "$lib/api/model.ts";
import type { Look } from "$lib/wording/status.ts";
import { stepLook } from "$lib/wording/status.ts";
import { soakLook, stateLook } from "./looks.ts";
import { type Bar, serviceState, stepsOf, timeline } from "./progress.ts";
import { soakText } from "./soak.ts";

/**
 * One row of the time line: a hook, a pull, a job, all that a plan does to one service, or the watching of a
 * batch.
 */
export interface Lane {
  key: string;
  title: string;
  /** where it is done, "on edge-1"; empty: the control plane does it */
  place: string;
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

/** Rows that belong together: what comes before every batch, one batch, or what comes after them. */
export interface LaneGroup {
  /** from 1; null: before every batch, or after all of them */
  batch: number | null;
  lanes: Lane[];
}

/** Whether a step is what a plan does to a service, so no hook, pull, job or soak. */
export const belongsTo = (step: PlanStep, { name, serverName }: PlanService): boolean =>
  !isApart(step) && step.service.name === name && step.service.serverName === serverName;

/** A step with a row of its own. */
const isApart = ({ action }: PlanStep): boolean =>
  action === "pull" || action === "job" || action === "hook" || action === "soak";

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
 * The rows of a plan's time line: hooks before it, pulls and jobs, then batch by batch the services in the
 * order of the plan and how each batch is watched, and the hooks after it.
 * @param now epoch milliseconds; what still runs ends there
 */
export function laneGroups(
  plan: Pick<Plan, "steps" | "services" | "targets" | "batches">,
  now: number,
): LaneGroup[] {
  const bars = timeline(plan.steps, now);
  const barOf = new Map(bars.map((bar) => [bar.step, bar]));
  const lane = (bar: Bar, title: string, look = stepLook(bar.step.status)): Lane => ({
    ...{ key: bar.step.id, title, look, bars: [bar], ms: bar.ms, telling: bar.step },
    ...{ place: placeOf(bar.step.server.name), waiting: null },
  });
  const isAtTheEnd = ({ step }: Bar) => step.hook?.when === "after";
  const apart = bars.filter(({ step }) => isApart(step) && step.action !== "soak");
  const rowsOf = (some: Bar[]) => some.map((bar) => lane(bar, titleOf(bar.step, plan.targets)));
  const batches = Array.from({ length: plan.batches }, (_, index): LaneGroup => {
    const batch = index + 1;
    const services = plan.services.filter((service) => service.batch === batch);
    const soaks = bars.filter(({ step }) => step.action === "soak" && step.batch === batch);
    return {
      batch,
      lanes: [
        ...services.map((service) => serviceLane(plan, service, barOf)),
        ...soaks.map((bar) => ({
          ...lane(bar, bar.step.soak?.durationMs === 0 ? "Pause" : "Soak", soakLook(bar.step)),
          place: soakText(bar.step, now),
        })),
      ],
    };
  });
  const after = rowsOf(apart.filter(isAtTheEnd));
  return [
    { batch: null, lanes: rowsOf(apart.filter((bar) => !isAtTheEnd(bar))) },
    ...batches,
    ...(after.length > 0 ? [{ batch: null, lanes: after }] : []),
  ];
}

/** How many services of a batch have the new version and are healthy. */
export function batchProgress(
  plan: Pick<Plan, "steps" | "services">,
  batch: number,
): { done: number; total: number } {
  const services = plan.services.filter((service) => service.batch === batch);
  const done = services.filter((service) => serviceState(plan, service) === "done").length;
  return { done, total: services.length };
}

function serviceLane(
  plan: Pick<Plan, "steps">,
  service: PlanService,
  barOf: ReadonlyMap<PlanStep, Bar>,
): Lane {
  const own = stepsOf(plan.steps, service).own.flatMap((step) => barOf.get(step) ?? []);
  return {
    key: `${service.serverName}/${service.name}`,
    title: service.name,
    place: placeOf(service.serverName),
    look: stateLook(serviceState(plan, service)),
    bars: own,
    ms: span(own),
    telling: tellingStep(own.map(({ step }) => step)),
    waiting: own.find(({ step }) => step.status === "pending")?.step.detail ?? null,
  };
}

const placeOf = (server: string): string => (server === "" ? "" : `on ${server}`);

function titleOf({ job, hookName, target }: PlanStep, targets: Plan["targets"]): string {
  if (hookName) return `Hook: ${hookName}`;
  if (job !== null) return `Job ${job.command.join(" ")}`;
  return targets.length > 1 ? `Pull ${targetName(targets[target])}` : "Pull";
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
