import { callsAfter } from "./hook.ts";
import { whyNotBack } from "./observed.ts";
import type { StepAction } from "./plan.ts";
import type { StepRow, WholePlan } from "./plans.store.ts";
import { observedBefore } from "./snapshot.ts";

/* What a paused plan does when it is resumed. Pure, and in the form of rows. */

/** Whether it tries again what has failed; otherwise it ends with that, as it would have unpaused. */
function triesAgain({ plan }: WholePlan): boolean {
  return plan.rollout?.onFailure === "pause";
}

function failedSteps({ steps }: WholePlan): StepRow[] {
  return steps.filter(
    (step) => step.status === "failed" && step.action !== "rollback" && !callsAfter(step),
  );
}

/** The steps that are done again, with new commands: what failed, and what was called off because of it. */
export function toldAgain(whole: WholePlan): StepRow[] {
  if (!triesAgain(whole) || failedSteps(whole).length === 0) return [];
  // A gate that had nothing to look at was never started.
  const calledOff = ({ status, startedAt, action }: StepRow) =>
    status === "skipped" && startedAt !== null && action !== "rollback";
  return [...failedSteps(whole), ...whole.steps.filter(calledOff)];
}

/** Soaks whose time is over or never began, as something was not known of their containers. */
export function watchedAgain({ steps }: WholePlan, now: Date): StepRow[] {
  return steps.filter(
    ({ action, status, deadlineAt }) =>
      action === "soak" && status === "running" && (deadlineAt === null || deadlineAt <= now),
  );
}

/**
 * Why a plan cannot be resumed: a deploy can only be tried again where its agent says that the
 * container is as it was before. null: it can
 */
export function whyNotResumed(whole: WholePlan): string | null {
  const stuck = toldAgain(whole).find((step) => !isUntouched(whole, step));
  if (stuck === undefined) return null;
  const name = whole.services.find(
    ({ position }) => position === stuck.servicePosition,
  )?.serviceName;
  return `The deploy of ${name} on ${stuck.serverName} cannot be tried again, as its container is not known to be as it was before: roll the plan back, or cancel it.`;
}

function isUntouched({ services }: WholePlan, step: StepRow): boolean {
  if (step.action !== "deploy" || step.commandStatus === null || !step.commandSent) return true;
  const { outcome } = step;
  if (outcome === null || outcome.ok) return false;
  const { code, before = null, after = null } = outcome.failure;
  if (code === "refused") return true;
  const service = services.find(({ position }) => position === step.servicePosition);
  if (service === undefined) return false;
  if (before === null || after === null) return false;
  const seen = observedBefore(service, [step]) ?? before;
  return (
    whyNotBack(seen, {
      ...{ kind: "rollback", containerId: after.containerId, imageId: after.imageId, after },
      ...{ outcome: "unchanged", downtimeMs: null },
    }) === null
  );
}

const words: Record<StepAction, string> = {
  hook: "the hook",
  pull: "the pull",
  job: "the job",
  deploy: "the deploy",
  health_check: "the health check",
  soak: "the soak",
  rollback: "the rollback",
};

/** A sentence; null: the plan is not paused */
export function resumeDoes(whole: WholePlan): string | null {
  const { plan, services, steps } = whole;
  if (plan.status !== "paused") return null;
  const failed = failedSteps(whole);
  if (failed.length > 0 && !triesAgain(whole)) {
    return plan.autoRollback
      ? "It puts back what it touched, as something failed."
      : "It ends, as something failed.";
  }
  if (failed.length > 0) {
    const again = failed.map((step) => {
      const service = services.find(({ position }) => position === step.servicePosition);
      const of = service ? ` of ${service.serviceName} on ${step.serverName}` : whereOf(step);
      return `${words[step.action]}${of}`;
    });
    return whyNotResumed(whole) ?? `It tries ${again.join(", ")} again, and goes on.`;
  }
  const soak = steps.find(({ action, status }) => action === "soak" && status === "running");
  if (soak) return `It goes on once the soak${whereOf(soak)} has passed.`;
  const next = steps.find(({ action, status }) => action === "deploy" && status === "pending");
  return next?.batch ? `It goes on with batch ${next.batch}.` : "It goes on.";
}

function whereOf({ action, batch, serverName, body }: StepRow): string {
  if (body.kind === "hook") return ` ${body.name}`;
  return action === "soak" ? ` of batch ${batch}` : ` on ${serverName}`;
}
