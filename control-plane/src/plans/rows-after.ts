import type { Action } from "./plan.ts";
import type { StepRow, WholePlan } from "./plans.store.ts";

/**
 * A plan's rows after `apply` has carried out these actions, where they are known without reading:
 * one step ends and the next one starts, all the time.
 * @returns null where the rows have to be read again
 */
export function rowsAfter(
  whole: WholePlan,
  actions: readonly Action[],
  now: Date,
): WholePlan | null {
  const changed = new Map<string, StepRow>();
  for (const action of actions) {
    if (action.kind !== "start_step" && action.kind !== "finish_step") return null;
    const step = whole.steps.find(({ id }) => id === action.stepId);
    // The end of a rollback changes its service's other steps, too.
    if (!step || (action.kind === "finish_step" && step.action === "rollback")) return null;
    changed.set(
      step.id,
      action.kind === "start_step"
        ? {
            ...step,
            status: "running",
            startedAt: now,
            deadlineAt: deadlineOf(whole, step, now),
            commandStatus: "queued",
            commandSent: false,
            outcome: null,
          }
        : {
            ...step,
            status: action.status,
            error: action.error,
            note: action.note ?? null,
            startedAt: step.startedAt ?? now,
            completedAt: now,
          },
    );
  }
  return { ...whole, steps: whole.steps.map((step) => changed.get(step.id) ?? step) };
}

/**
 * When a step that starts now has to be over. A container's own start period may be longer than
 * its service's settings: the agent says so.
 */
export function deadlineOf(whole: WholePlan, step: StepRow, now: Date): Date {
  const deploy =
    step.action === "health_check"
      ? whole.steps.find(
          ({ action, servicePosition }) =>
            action === "deploy" && servicePosition === step.servicePosition,
        )
      : undefined;
  const body = deploy?.outcome?.ok ? deploy.outcome.body : null;
  const asked = body?.kind === "run" ? (body.gateTimeoutMs ?? 0) + 30_000 : 0;
  return new Date(now.getTime() + Math.max(step.timeoutMs, asked));
}
