import type { ContainerSpec } from "@bridgeport/proto";
import { blamedTargets } from "./blame.ts";
import { deadlineOf, heldBackBy, preparedDeadlineOf } from "./deadlines.ts";
import type { Effect } from "./effects.ts";
import type { Action, Approval, AskedAction } from "./plan.ts";
import { type PlanTarget, targetAt } from "./plan-targets.ts";
import type { PlanRow, PlanServiceRow, StepRow, WholePlan } from "./plans.store.ts";
import {
  type PlanStatus,
  planMaySet,
  type StepStatus,
  stepMaySet,
  unstartedStatuses,
} from "./statuses.ts";
import { toldAhead } from "./told-ahead.ts";

/*
 * What an action does to a plan. It is written here once: the program saves the difference and
 * carries out the effects (save.store.ts), and the model of the tests has the same rows.
 */

/** A plan's rows after an action, and what is to be done beside them, in this order. */
export interface Changed {
  rows: WholePlan;
  effects: Effect[];
}

/**
 * Pure. The rows that are given stay as they are, and so does each row that does not change.
 * @param rows with the whole results of ended steps, where services begin to go back
 * @param now when it happens
 * @param newId an id for a new row, each time another one
 * @throws {Error} where the action is none for these rows, which is a defect: a status that may not
 *   follow, a step that is not there, a command for a server that was deleted
 */
export function transition(
  rows: WholePlan,
  action: Action | AskedAction,
  now: Date,
  newId: () => string,
): Changed {
  switch (action.kind) {
    case "execute":
      return execute(rows, now);
    case "ask_approval":
      return askApproval(rows, action, now);
    case "approve":
      return approve(rows, action.approval);
    case "cancel":
      return cancel(rows, action.error ?? null, now);
    case "roll_back":
      return rollBackByHand(rows, action.services, now, newId);
    case "start_step":
      return startStep(rows, stepOf(rows, action.stepId), now);
    case "await_step": {
      const step = stepOf(rows, action.stepId);
      const deadlineAt = new Date(now.getTime() + step.timeoutMs);
      return { rows: withStep(rows, step, { deadlineAt, note: action.note }), effects: [] };
    }
    case "prepare_step":
      return prepareStep(rows, stepOf(rows, action.stepId), stepOf(rows, action.gateId), now);
    case "finish_step":
      return finishStep(rows, stepOf(rows, action.stepId), action, now);
    case "cancel_step":
      return cancelStep(rows, stepOf(rows, action.stepId), newId);
    case "clean_up":
      return cleanUp(rows, now, newId);
    case "begin_rollback":
      return { rows: goingBack(rows, action.services, now, newId), effects: [] };
    case "finish_plan":
      return finishPlan(rows, action, now);
  }
}

function stepOf({ plan, steps }: WholePlan, id: string): StepRow {
  const step = steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`the plan ${plan.id} has no step ${id}`);
  return step;
}

function withPlan(rows: WholePlan, to: Partial<PlanRow>): WholePlan {
  return { ...rows, plan: { ...rows.plan, ...to } };
}

function withStep(rows: WholePlan, step: StepRow, to: Partial<StepRow>): WholePlan {
  const at = rows.steps.findIndex(({ id }) => id === step.id);
  return { ...rows, steps: rows.steps.with(at, { ...stepOf(rows, step.id), ...to }) };
}

function withSteps(
  rows: WholePlan,
  which: (step: StepRow) => boolean,
  to: Partial<StepRow>,
): WholePlan {
  return { ...rows, steps: rows.steps.map((step) => (which(step) ? { ...step, ...to } : step)) };
}

/** @throws {Error} where the plan may not get this status */
function planTo({ id, status }: PlanRow, to: PlanStatus): PlanStatus {
  if (!planMaySet(status, to)) throw new Error(`the plan ${id} is ${status}: it cannot be ${to}`);
  return to;
}

/** @throws {Error} where the step may not get this status */
function stepTo({ id, status }: StepRow, to: StepStatus): StepStatus {
  if (!stepMaySet(status, to)) throw new Error(`the step ${id} is ${status}: it cannot be ${to}`);
  return to;
}

function execute(rows: WholePlan, now: Date): Changed {
  const status = planTo(rows.plan, "running");
  if (!unstartedStatuses.includes(rows.plan.status))
    throw new Error(`the plan ${rows.plan.id} has been executed`);
  return { rows: busy(withPlan(rows, { status, startedAt: now })), effects: [] };
}

/** The plan is the active one of its services. */
function busy(rows: WholePlan): WholePlan {
  const services = rows.services.map((service) =>
    service.serviceId === null ? service : { ...service, active: true },
  );
  return { ...rows, services };
}

function askApproval(
  rows: WholePlan,
  { by, byId, required }: Extract<AskedAction, { kind: "ask_approval" }>,
  now: Date,
): Changed {
  const asked = { askedBy: by, askedById: byId, approvalsRequired: required, waitingSince: now };
  const status = planTo(rows.plan, "waiting_for_approval");
  return { rows: withPlan(rows, { ...asked, status }), effects: [] };
}

function approve(rows: WholePlan, approval: Approval): Changed {
  const { id, status, approvals } = rows.plan;
  if (status !== "waiting_for_approval") throw new Error(`the plan ${id} waits for no approval`);
  return { rows: withPlan(rows, { approvals: [...approvals, approval] }), effects: [] };
}

function cancel(rows: WholePlan, error: string | null, now: Date): Changed {
  const { plan } = rows;
  const cancelRequestedAt = plan.cancelRequestedAt ?? now;
  if (plan.status === "running") {
    return { rows: withPlan(rows, { cancelRequestedAt }), effects: [] };
  }
  if (plan.status === "paused") {
    const status = planTo(plan, "running");
    return { rows: withPlan(rows, { status, cancelRequestedAt }), effects: [] };
  }
  const status = planTo(plan, "cancelled");
  const over = withPlan(rows, { status, error, cancelRequestedAt, completedAt: now });
  return { rows: withoutPending(over), effects: [] };
}

function rollBackByHand(
  rows: WholePlan,
  services: number[],
  now: Date,
  newId: () => string,
): Changed {
  const status = planTo(rows.plan, "running");
  const begun = withPlan(rows, { status, completedAt: null, cancelRequestedAt: null });
  return { rows: goingBack(busy(begun), services, now, newId), effects: [] };
}

function startStep(rows: WholePlan, step: StepRow, now: Date): Changed {
  const deadlineAt = deadlineOf(rows, step, now);
  const started = {
    status: stepTo(step, "running"),
    startedAt: now,
    deadlineAt,
    note: null,
  } satisfies Partial<StepRow>;
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

/** The step stays pending: it starts when the gate has passed. */
function prepareStep(rows: WholePlan, step: StepRow, gate: StepRow, now: Date): Changed {
  return order(rows, step, preparedDeadlineOf(rows, step, gate, now), [gate.commandId]);
}

function order(rows: WholePlan, step: StepRow, deadlineAt: Date, after: string[] = []): Changed {
  if (step.serverId === null) throw new Error(`the step ${step.id} no longer has a server`);
  if (step.commandStatus !== null) throw new Error(`the step ${step.id} has been ordered already`);
  const command = {
    id: step.commandId,
    serverId: step.serverId,
    planId: step.planId,
    stepId: step.id,
    body: toldAhead(step, rows.steps),
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
function withdraw(step: StepRow): Effect[] {
  return step.commandStatus === "queued" ? [{ kind: "withdraw", commandId: step.commandId }] : [];
}

function finishStep(
  rows: WholePlan,
  step: StepRow,
  { status: to, error, note = null, notStarted = false }: Extract<Action, { kind: "finish_step" }>,
  now: Date,
): Changed {
  const status = stepTo(step, to);
  const startedAt = step.startedAt ?? (notStarted ? null : now);
  const ended = withStep(rows, step, { status, error, note, startedAt, completedAt: now });
  if (status === "failed") return { rows: ended, effects: withdraw(step) };
  const service = rows.services.find(({ position }) => position === step.servicePosition);
  const body = step.outcome?.ok ? step.outcome.body : null;
  if (status !== "success" || !service || !body) return { rows: ended, effects: [] };
  if (step.action === "deploy" && body.kind === "run") {
    return { rows: ended, effects: deployed(rows, service, body.spec) };
  }
  if (step.action !== "rollback" || body.kind !== "rollback") return { rows: ended, effects: [] };
  const isBack = ({ action, status, servicePosition }: StepRow) =>
    servicePosition === service.position &&
    (action === "deploy" || action === "health_check") &&
    status === "success";
  const isGone = body.outcome === "removed" || body.containerId === null;
  return {
    rows: withSteps(ended, isBack, { status: "rolled_back" }),
    effects: rolledBack(rows, service, isGone),
  };
}

function deployed(
  { targets }: WholePlan,
  { serviceId, targetPosition, imageTag }: PlanServiceRow,
  spec: ContainerSpec | null,
): Effect[] {
  if (serviceId === null) return [];
  const { containerImageId: imageId, imageDigestId: digestId } = targetAt(targets, targetPosition);
  return [{ kind: "service_deployed", imageId, serviceId, digestId, imageTag, spec }];
}

/**
 * The user's settings that were carried into a service's new container are those of the previous one. Where
 * the plan had created its first container, it is as before its first deploy: its description counts, not a
 * record. A deploy that follows at once has to know that there is nothing to replace.
 */
function rolledBack({ targets }: WholePlan, service: PlanServiceRow, isGone: boolean): Effect[] {
  const { serviceId, serverId, containerName } = service;
  if (serviceId === null) return [];
  return [
    {
      kind: "service_rolled_back",
      imageId: targetAt(targets, service.targetPosition).containerImageId,
      serviceId,
      digestId: service.previousDigestId,
      imageTag: service.previousImageTag,
      removed: isGone ? { serverId, containerName } : null,
      wasFirst: isGone && service.previousDigest === null,
    },
  ];
}

function cancelStep(rows: WholePlan, step: StepRow, newId: () => string): Changed {
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
function cleanUp(rows: WholePlan, now: Date, newId: () => string): Changed {
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

/** Adds a step for each of these services, in this order. */
function goingBack(rows: WholePlan, services: number[], now: Date, newId: () => string): WholePlan {
  const first = Math.max(-1, ...rows.steps.map(({ position }) => position)) + 1;
  const added = services.map((position, index): StepRow => {
    const service = rows.services.find((candidate) => candidate.position === position);
    const deploy = rows.steps.find(
      ({ action, servicePosition }) => action === "deploy" && servicePosition === position,
    );
    if (!service || !deploy) {
      throw new Error(`the plan ${rows.plan.id} deploys no service ${position}`);
    }
    return {
      id: newId(),
      planId: rows.plan.id,
      position: first + index,
      level: service.level,
      action: "rollback",
      status: "pending",
      servicePosition: position,
      targetPosition: null,
      // null once the server is gone: `decide` ends such a step at once
      serverId: service.serverId,
      serverName: service.serverName,
      serverOnline: deploy.serverOnline,
      agentHoldsBack: deploy.agentHoldsBack,
      targetDigest: service.previousDigest,
      previousDigest: targetAt(rows.targets, service.targetPosition).imageDigest,
      timeoutMs: deploy.timeoutMs,
      deadlineAt: null,
      startedAt: null,
      completedAt: null,
      error: null,
      note: null,
      commandId: newId(),
      body: {
        ...service.rollbackBody,
        spec: carriedSpec(service, deploy) ?? service.rollbackBody.spec,
      },
      registryId: deploy.registryId,
      commandStatus: null,
      commandSent: false,
      commandDeadlineAt: null,
      outcome: null,
      progress: null,
      cancelSent: false,
    };
  });
  const begun = withPlan(rows, { rollbackStartedAt: now });
  return { ...begun, steps: [...rows.steps, ...added] };
}

/**
 * The user's settings of the container that the plan replaced, as they were carried into the new one. That
 * is what to make the previous container from again, unless another agent has enrolled since:
 * forget_recorded_specs() marks that.
 */
function carriedSpec({ rollbackBody }: PlanServiceRow, deploy: StepRow): ContainerSpec | null {
  const body = deploy.outcome?.ok ? deploy.outcome.body : null;
  return body?.kind === "run" && !("forgetsRecord" in rollbackBody) ? body.spec : null;
}

function finishPlan(
  rows: WholePlan,
  end: Extract<Action, { kind: "finish_plan" }>,
  now: Date,
): Changed {
  const blamed = blamedTargets(rows);
  const status = planTo(rows.plan, end.status);
  const over = withPlan(rows, {
    ...{ status, error: end.error, completedAt: now, blamesDigest: blamed.length > 0 },
  });
  const services = rows.services.map((service) => ({ ...service, active: false }));
  return {
    rows: withoutPending({ ...over, services }),
    effects: ofImages(rows, end, blamed),
  };
}

/** What has not begun never will. */
function withoutPending(rows: WholePlan): WholePlan {
  return withSteps(rows, ({ status }) => status === "pending", { status: "skipped" });
}

/** @param blamed positions of the targets whose digests are not to be tried again */
function ofImages(
  { targets }: WholePlan,
  end: Extract<Action, { kind: "finish_plan" }>,
  blamed: readonly number[],
): Effect[] {
  const effects = targets.flatMap((target) =>
    ofTarget(target, end, blamed.includes(target.position)),
  );
  // However it ended, some of their services may be deployed at something else.
  const images = new Set(targets.flatMap(({ containerImageId }) => containerImageId ?? []));
  return [
    ...effects,
    ...[...images].sort().map((imageId): Effect => ({ kind: "refresh_updates", imageId })),
  ];
}

function ofTarget(
  { containerImageId: imageId, imageDigestId: digestId }: PlanTarget,
  { status, error }: Extract<Action, { kind: "finish_plan" }>,
  isBlamed: boolean,
): Effect[] {
  if (imageId === null) return [];
  const effects: Effect[] = [];
  if (status === "completed" && digestId !== null) {
    effects.push({ kind: "image_deployed", imageId, digestId });
  }
  if (status === "rolled_back") effects.push({ kind: "image_rolled_back", imageId, digestId });
  if (isBlamed && digestId !== null) {
    const reason = error ?? "It was rolled back by hand.";
    effects.push({ kind: "quarantine", imageId, digestId, reason });
  }
  return effects;
}
