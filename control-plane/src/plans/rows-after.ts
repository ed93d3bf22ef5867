import { deployBehind } from "./due.ts";
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
    const row = rowAfter(whole, action, now);
    if (row === null) return null;
    changed.set(row.id, row);
    const behind = action.kind === "start_step" ? heldBackBy(whole, row) : null;
    if (behind === null || behind.commandStatus === "done") continue;
    const commandDeadlineAt = preparedDeadlineOf(whole, behind, row, now);
    changed.set(behind.id, { ...behind, commandDeadlineAt });
  }
  return { ...whole, steps: whole.steps.map((step) => changed.get(step.id) ?? step) };
}

function rowAfter(whole: WholePlan, action: Action, now: Date): StepRow | null {
  const rowOf = (stepId: string) => whole.steps.find(({ id }) => id === stepId);
  switch (action.kind) {
    case "start_step": {
      const step = rowOf(action.stepId);
      if (!step) return null;
      const deadlineAt = deadlineOf(whole, step, now);
      const isDone = step.commandStatus === "done";
      const given = { ...step, commandDeadlineAt: isDone ? step.commandDeadlineAt : deadlineAt };
      const ordered = step.commandStatus === null ? withCommand(step, deadlineAt) : given;
      return { ...ordered, status: "running", startedAt: now, deadlineAt };
    }
    case "prepare_step": {
      const step = rowOf(action.stepId);
      const gate = rowOf(action.gateId);
      return step && gate ? withCommand(step, preparedDeadlineOf(whole, step, gate, now)) : null;
    }
    case "finish_step": {
      const step = rowOf(action.stepId);
      // The end of a rollback changes its service's other steps, too.
      if (!step || step.action === "rollback") return null;
      const { status, error, note = null } = action;
      const startedAt = step.startedAt ?? now;
      return { ...step, status, error, note, startedAt, completedAt: now };
    }
    default:
      return null;
  }
}

function withCommand(step: StepRow, commandDeadlineAt: Date): StepRow {
  return { ...step, commandStatus: "queued", commandSent: false, commandDeadlineAt, outcome: null };
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
