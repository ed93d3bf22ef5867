import type { Plan, PlanStep } from "$lib/api/model.ts";
import { period, timeLeft } from "$lib/wording/relative-time.ts";
import { count } from "$lib/wording/wording.ts";
import { conditionOf } from "./rollout-text.ts";

/** The step that watches a batch now. */
export function runningSoak({ steps }: Pick<Plan, "steps">): PlanStep | undefined {
  return steps.find(({ action, status }) => action === "soak" && status === "running");
}

/**
 * How long a batch is still watched, in milliseconds; null: its time has not begun, or it is not watched now.
 * @param now epoch milliseconds
 */
export function soakLeft({ status, soak }: PlanStep, now: number): number | null {
  if (status !== "running" || !soak?.endsAt) return null;
  return Math.max(0, Date.parse(soak.endsAt) - now);
}

/** What the watching of a batch is about: "2 services, for 10 min", or "2 services, 4 min 10 s left". */
export function soakText(step: PlanStep, now: number): string {
  const services = count(step.services.length, "service");
  const left = soakLeft(step, now);
  if (left !== null) return `${services}, ${timeLeft(left)} left`;
  const ms = step.soak?.durationMs ?? 0;
  return ms === 0 ? services : `${services}, for ${period(ms)}`;
}

/** What is watched, and what comes after it. */
export function soakFact({ soak }: PlanStep): string {
  if (soak === null) return "";
  const { durationMs, pauses, analysis } = soak;
  const watched =
    durationMs === 0
      ? null
      : `watched for ${period(durationMs)}, in which nothing may become unhealthy or restart`;
  const measured = analysis ? `${conditionOf(analysis.prometheus)} meanwhile` : null;
  return [watched, measured, pauses ? "the plan is paused after it" : null]
    .filter((text) => text !== null)
    .join("; ");
}

/** What the query of a soak gave last: "The query gave 0.003"; null: nothing is measured, or not yet. */
export function measuredText({ soak }: Pick<PlanStep, "soak">): string | null {
  const last = soak?.analysis?.last;
  if (!last) return null;
  return last.problem ?? `The query gave ${last.value}.`;
}
