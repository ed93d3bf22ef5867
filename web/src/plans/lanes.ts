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
  /** in the order of their starts */
  steps: readonly PlanStep[];
  /** the same as parts of the whole; those that never ran have no `ms`. Made when it is asked for */
  readonly bars: Bar[];
  /** worked from the first start to the last end, in milliseconds; null: nothing of it has started */
  readonly ms: number | null;
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
  /** of its services, how many have the new version and are healthy */
  done: number;
  total: number;
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
  const barOf = timeline(plan.steps, now);
  const lane = (step: PlanStep, title: string, look = stepLook(step.status)): Lane =>
    withBars(
      {
        ...{ key: step.id, title, look, steps: [step], telling: step },
        ...{ place: placeOf(step.server.name), waiting: null },
      },
      barOf,
    );
  const apart = plan.steps.filter((step) => isApart(step) && step.action !== "soak");
  const rowsOf = (some: PlanStep[]): LaneGroup => ({
    ...{ batch: null, done: 0, total: 0 },
    lanes: some.map((step) => lane(step, titleOf(step, plan.targets))),
  });
  const batches = Array.from(
    { length: plan.batches },
    (_, index): LaneGroup => ({ batch: index + 1, lanes: [], done: 0, total: 0 }),
  );
  for (const service of plan.services) {
    const group = batches[service.batch - 1];
    if (!group) continue;
    group.lanes.push(serviceLane(plan, service, barOf));
    group.total += 1;
    if (serviceState(plan, service) === "done") group.done += 1;
  }
  for (const step of plan.steps) {
    if (step.action !== "soak") continue;
    batches[(step.batch ?? 0) - 1]?.lanes.push({
      ...lane(step, step.soak?.durationMs === 0 ? "Pause" : "Soak", soakLook(step)),
      place: soakText(step, now),
    });
  }
  const after = rowsOf(apart.filter(isAtTheEnd));
  return [
    rowsOf(apart.filter((step) => !isAtTheEnd(step))),
    ...batches,
    ...(after.lanes.length > 0 ? [after] : []),
  ];
}

const isAtTheEnd = (step: PlanStep): boolean => step.hook?.when === "after";

function serviceLane(
  plan: Pick<Plan, "steps">,
  service: PlanService,
  barOf: (step: PlanStep) => Bar,
): Lane {
  const { own } = stepsOf(plan.steps, service);
  return withBars(
    {
      key: `${service.serverName}/${service.name}`,
      title: service.name,
      place: placeOf(service.serverName),
      look: stateLook(serviceState(plan, service)),
      steps: own,
      telling: tellingStep(own),
      waiting: own.find(({ status }) => status === "pending")?.detail ?? null,
    },
    barOf,
  );
}

/** Of a thousand rows few are in sight, so the bars of the others are not made. */
function withBars(lane: Omit<Lane, "bars" | "ms">, barOf: (step: PlanStep) => Bar): Lane {
  return {
    ...lane,
    get bars() {
      return lane.steps.map(barOf);
    },
    get ms() {
      return span(lane.steps.map(barOf));
    },
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
