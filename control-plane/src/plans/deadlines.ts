import { deployBehind } from "./due.ts";
import type { StepRow, WholePlan } from "./plans.store.ts";

/* Until when steps and their commands have time. Pure, and in the form of rows. */

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

/** The deploy that was ordered ahead, and waits for this gate; null: there is none. */
export function heldBackBy({ steps }: WholePlan, gate: StepRow): StepRow | null {
  const next = deployBehind(steps, gate);
  return next?.status === "pending" && next.commandStatus !== null ? next : null;
}

/** A new image's start period may be longer than that of the one before. */
const longerGateMs = 5 * 60_000;

/**
 * Until when the agent has for a step that it holds back: its whole time, even if the deploy before it
 * and that one's gate take all of theirs.
 */
export function preparedDeadlineOf(
  whole: WholePlan,
  step: StepRow,
  gate: StepRow,
  now: Date,
): Date {
  if (gate.deadlineAt !== null) return new Date(gate.deadlineAt.getTime() + step.timeoutMs);
  const deploy = whole.steps.find(
    ({ action, servicePosition }) =>
      action === "deploy" && servicePosition === gate.servicePosition,
  );
  const from = (deploy?.deadlineAt ?? now).getTime();
  return new Date(from + gate.timeoutMs + longerGateMs + step.timeoutMs);
}
