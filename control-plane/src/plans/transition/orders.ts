import { deadlineOf, heldBackBy, preparedDeadlineOf } from "../deadlines.ts";
import type { Effect } from "../effects.ts";
import type { Told } from "../hook.ts";
import type { StepRow, WholePlan } from "../plans.store.ts";
import { toldAhead } from "../told-ahead.ts";
import { type Changed, stepOf, stepTo, withStep } from "./rows.ts";
import { startSoak } from "./soaks.ts";

/* What agents are told. */

export function startStep(
  rows: WholePlan,
  step: StepRow,
  now: Date,
  told: Told = { status: "running", error: null },
): Changed {
  if (step.action === "soak") return startSoak(rows, step, now);
  const deadlineAt = deadlineOf(rows, step, now);
  const started = {
    status: stepTo(step, "running"),
    startedAt: now,
    deadlineAt,
    note: null,
  } satisfies Partial<StepRow>;
  if (step.body.kind === "hook") {
    const hookCall = { told, attempts: 0, outcome: null };
    return {
      rows: withStep(rows, step, { ...started, hookCall }),
      effects: [{ kind: "call_hook", stepId: step.id, told }],
    };
  }
  // A prepared step has its command already, and from now on no more time than any other.
  const { rows: given, effects } =
    step.commandStatus === null
      ? order(withStep(rows, step, started), step, deadlineAt)
      : setDeadline(withStep(rows, step, started), step, deadlineAt);
  const behind = heldBackBy(given, step);
  if (behind === null) return { rows: given, effects };
  const gate = stepOf(given, step.id);
  const longer = setDeadline(given, behind, preparedDeadlineOf(given, behind, gate, now));
  return { rows: longer.rows, effects: [...effects, ...longer.effects] };
}

/** The step stays pending for as long as it may take, while something outside of the plan is starting. */
export function awaitStep(rows: WholePlan, step: StepRow, note: string, now: Date): Changed {
  const deadlineAt = new Date(now.getTime() + step.timeoutMs);
  return { rows: withStep(rows, step, { deadlineAt, note }), effects: [] };
}

/** The step stays pending: it starts when the gate has passed. */
export function prepareStep(rows: WholePlan, step: StepRow, gate: StepRow, now: Date): Changed {
  return order(rows, step, preparedDeadlineOf(rows, step, gate, now), [gate.commandId]);
}

function order(rows: WholePlan, step: StepRow, deadlineAt: Date, after: string[] = []): Changed {
  if (step.serverId === null) throw new Error(`the step ${step.id} no longer has a server`);
  if (step.commandStatus !== null) throw new Error(`the step ${step.id} has been ordered already`);
  const { serverId, body } = step;
  if (body.kind === "hook" || body.kind === "soak")
    throw new Error(`the step ${step.id} has nothing for an agent`);
  const command = {
    id: step.commandId,
    serverId,
    planId: step.planId,
    stepId: step.id,
    body: toldAhead({ serverId, body }, rows.steps),
    registryId: step.registryId,
    after,
    deadlineAt,
  };
  const ordered = { commandStatus: "queued", commandSent: false, outcome: null } as const;
  return {
    rows: withStep(rows, step, { ...ordered, commandDeadlineAt: deadlineAt }),
    effects: [{ kind: "order", command }],
  };
}

function setDeadline(rows: WholePlan, step: StepRow, deadlineAt: Date): Changed {
  if (step.commandStatus === "done") return { rows, effects: [] };
  return {
    rows: withStep(rows, step, { commandDeadlineAt: deadlineAt }),
    effects: [{ kind: "set_deadline", commandId: step.commandId, deadlineAt }],
  };
}

/** What never left must not be done later. */
export function withdraw(step: StepRow): Effect[] {
  return step.commandStatus === "queued" ? [{ kind: "withdraw", commandId: step.commandId }] : [];
}

export function cancelStep(rows: WholePlan, step: StepRow, newId: () => string): Changed {
  const { serverId, planId, commandId } = step;
  if (serverId === null) return { rows, effects: [] };
  const command = {
    id: newId(),
    serverId,
    planId,
    stepId: step.id,
    body: { kind: "cancel" as const, commandId },
    // An agent may hold its command back until it hears this: it gets it whenever it is back.
    deadlineAt: step.status === "pending" ? null : (step.commandDeadlineAt ?? step.deadlineAt),
  };
  return {
    rows: withStep(rows, step, { cancelSent: true }),
    // Also when it was taken back in time: the row is how we know that we asked.
    effects: [...withdraw(step), { kind: "order", command }],
  };
}

/** The previous containers that were kept are no longer needed. */
export function cleanUp(rows: WholePlan, now: Date, newId: () => string): Changed {
  const effects = rows.steps.flatMap((step): Effect[] => {
    const service = rows.services.find(({ position }) => position === step.servicePosition);
    const body = step.outcome?.ok ? step.outcome.body : null;
    if (step.action !== "deploy" || body?.kind !== "run") return [];
    if (step.serverId === null || !service?.serviceId) return [];
    const commit = {
      kind: "commit" as const,
      serviceId: service.serviceId,
      containerName: service.containerName,
      runCommandIds: [step.commandId],
      currentImageId: body.imageId,
      previousImageId: body.previousImageId,
    };
    const { serverId, planId } = step;
    return [{ kind: "order", command: { id: newId(), serverId, planId, body: commit } }];
  });
  return { rows: { ...rows, cleanUp: { open: effects.length, orderedAt: now } }, effects };
}
