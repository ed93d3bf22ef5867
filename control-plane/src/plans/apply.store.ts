import { insertCommand, setDeadline, withdraw } from "../commands/commands.store.ts";
import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { refreshUpdateAvailable } from "../images/updates.store.ts";
import { blamesDigest } from "./blame.ts";
import type { BuiltStep } from "./build-plan.ts";
import {
  imageDeployed,
  imageRolledBack,
  quarantine,
  serviceDeployed,
  serviceRolledBack,
} from "./effects.store.ts";
import type { Action } from "./plan.ts";
import {
  carriedSpecs,
  insertSteps,
  type PlanServiceRow,
  type StepRow,
  type WholePlan,
} from "./plans.store.ts";
import { deadlineOf, heldBackBy, preparedDeadlineOf } from "./rows-after.ts";
import { toldAhead } from "./told-ahead.ts";

/**
 * Carries out one action, inside the transaction that holds the plan's lock. Commands are rows:
 * they go out when this commits, and not at all when it does not.
 */
export async function apply(sql: Sql, whole: WholePlan, action: Action, now: Date): Promise<void> {
  switch (action.kind) {
    case "start_step":
      return startStep(sql, whole, stepOf(whole, action.stepId), now);
    case "prepare_step":
      return prepareStep(
        sql,
        whole,
        stepOf(whole, action.stepId),
        stepOf(whole, action.gateId),
        now,
      );
    case "finish_step":
      return finishStep(sql, whole, stepOf(whole, action.stepId), action, now);
    case "cancel_step":
      return cancelStep(sql, stepOf(whole, action.stepId));
    case "clean_up":
      return cleanUp(sql, whole);
    case "begin_rollback":
      return beginRollback(sql, whole, action.services, now);
    case "finish_plan":
      return finishPlan(sql, whole, action, now);
  }
}

function stepOf(whole: WholePlan, id: string): StepRow {
  const step = whole.steps.find((candidate) => candidate.id === id);
  if (!step) throw new Error(`the plan ${whole.plan.id} has no step ${id}`);
  return step;
}

function serviceOf(whole: WholePlan, step: StepRow): PlanServiceRow | undefined {
  return whole.services.find(({ position }) => position === step.servicePosition);
}

async function startStep(sql: Sql, whole: WholePlan, step: StepRow, now: Date): Promise<void> {
  const deadlineAt = deadlineOf(whole, step, now);
  if (step.commandStatus === null) await order(sql, whole, step, deadlineAt);
  // A prepared step has its command already, and from now on no more time than any other.
  else await setDeadline(sql, step.commandId, deadlineAt);
  const behind = heldBackBy(whole, step);
  if (behind !== null) {
    const gate = { ...step, deadlineAt };
    await setDeadline(sql, behind.commandId, preparedDeadlineOf(whole, behind, gate, now));
  }
  await sql`
    update plan_steps set status = 'running', started_at = ${now}, deadline_at = ${deadlineAt}
    where id = ${step.id}`;
}

/** The step stays pending: it starts when the gate has passed. */
async function prepareStep(
  sql: Sql,
  whole: WholePlan,
  step: StepRow,
  gate: StepRow,
  now: Date,
): Promise<void> {
  await order(sql, whole, step, preparedDeadlineOf(whole, step, gate, now), [gate.commandId]);
}

async function order(
  sql: Sql,
  whole: WholePlan,
  step: StepRow,
  deadlineAt: Date,
  after: string[] = [],
): Promise<void> {
  if (step.serverId === null) throw new Error(`step ${step.id} no longer has a server`);
  await insertCommand(sql, {
    id: step.commandId,
    serverId: step.serverId,
    planId: step.planId,
    stepId: step.id,
    body: toldAhead(step, whole.steps),
    registryId: step.registryId,
    after,
    deadlineAt,
  });
}

async function finishStep(
  sql: Sql,
  whole: WholePlan,
  step: StepRow,
  end: Extract<Action, { kind: "finish_step" }>,
  now: Date,
): Promise<void> {
  await sql`
    update plan_steps set status = ${end.status}, error = ${end.error},
      note = ${end.note ?? null}, completed_at = ${now},
      started_at = coalesce(started_at, ${now})
    where id = ${step.id}`;
  // What never left must not be done later.
  if (end.status === "failed") await withdraw(sql, [step.commandId]);
  const service = serviceOf(whole, step);
  if (end.status !== "success" || !service) return;
  const body = step.outcome?.ok ? step.outcome.body : null;
  if (step.action === "deploy" && body?.kind === "run") {
    await serviceDeployed(sql, whole.plan, service, step, body);
  }
  if (step.action === "rollback" && body?.kind === "rollback") {
    await serviceRolledBack(sql, whole.plan, service, body);
    await sql`
      update plan_steps set status = 'rolled_back'
      where plan_id = ${whole.plan.id} and service_position = ${service.position}
        and action in ('deploy', 'health_check') and status = 'success'`;
  }
}

async function cancelStep(sql: Sql, step: StepRow): Promise<void> {
  if (step.serverId === null) return;
  await withdraw(sql, [step.commandId]);
  // Also when it was taken back in time: the row is how we know that we asked.
  await insertCommand(sql, {
    serverId: step.serverId,
    planId: step.planId,
    stepId: step.id,
    body: { kind: "cancel", commandId: step.commandId },
    // An agent may hold its command back until it hears this: it gets it whenever it is back.
    deadlineAt: step.status === "pending" ? null : (step.commandDeadlineAt ?? step.deadlineAt),
  });
}

async function beginRollback(
  sql: Sql,
  whole: WholePlan,
  positions: number[],
  now: Date,
): Promise<void> {
  await addRollbackSteps(sql, whole, positions);
  await sql`
    update deployment_plans set rollback_started_at = ${now} where id = ${whole.plan.id}`;
}

/** Adds a rollback step for each of these services, in this order. */
export async function addRollbackSteps(
  sql: Sql,
  whole: WholePlan,
  positions: number[],
): Promise<void> {
  const carried = await carriedSpecs(sql, whole.plan.id);
  const first = Math.max(-1, ...whole.steps.map(({ position }) => position)) + 1;
  const steps = positions.flatMap((position, index): BuiltStep[] => {
    const service = whole.services.find((candidate) => candidate.position === position);
    const deploy = whole.steps.find(
      ({ action, servicePosition }) => action === "deploy" && servicePosition === position,
    );
    if (!service || !deploy) return [];
    return [
      {
        id: newId(),
        position: first + index,
        level: service.level,
        action: "rollback",
        servicePosition: position,
        // null once the server is gone; decide ends such a step at once
        serverId: service.serverId as string,
        serverName: service.serverName,
        targetDigest: service.previousDigest as string,
        previousDigest: whole.plan.imageDigest,
        timeoutMs: deploy.timeoutMs,
        commandId: newId(),
        body: {
          ...service.rollbackBody,
          spec: carried.get(position) ?? service.rollbackBody.spec,
        },
        registryId: deploy.registryId,
      },
    ];
  });
  if (steps.length > 0) await insertSteps(sql, whole.plan.id, steps);
}

async function finishPlan(
  sql: Sql,
  whole: WholePlan,
  end: Extract<Action, { kind: "finish_plan" }>,
  now: Date,
): Promise<void> {
  const { plan } = whole;
  const failed = whole.steps.filter(
    ({ action, status }) => status === "failed" && action !== "rollback",
  );
  // Where nothing failed and all the same it goes back, a person has decided so.
  const byHand = failed.length === 0 && plan.rollbackStartedAt !== null;
  const blames = byHand || failed.some(({ action, outcome }) => blamesDigest(action, outcome));
  await sql`
    update plan_steps set status = 'skipped'
    where plan_id = ${plan.id} and status = 'pending'`;
  await sql`
    update deployment_plans set status = ${end.status}, error = ${end.error}, completed_at = ${now},
      blames_digest = ${blames}
    where id = ${plan.id}`;
  await sql`update plan_services set active = false where plan_id = ${plan.id} and active`;
  if (end.status === "completed") await imageDeployed(sql, plan);
  if (end.status === "rolled_back") await imageRolledBack(sql, plan);
  if (blames) await quarantine(sql, plan, end.error ?? "It was rolled back by hand.");
  // However it ended, some of its services may be deployed at something else.
  if (plan.containerImageId !== null) await refreshUpdateAvailable(sql, plan.containerImageId);
}

/** The kept previous containers are no longer needed. */
async function cleanUp(sql: Sql, whole: WholePlan): Promise<void> {
  for (const step of whole.steps) {
    const service = serviceOf(whole, step);
    const body = step.outcome?.ok ? step.outcome.body : null;
    if (step.action !== "deploy" || body?.kind !== "run" || !service?.serverId) continue;
    if (step.serverId === null || service.serviceId === null) continue;
    await insertCommand(sql, {
      serverId: step.serverId,
      planId: whole.plan.id,
      body: {
        kind: "commit",
        serviceId: service.serviceId,
        containerName: service.containerName,
        runCommandIds: [step.commandId],
        currentImageId: body.imageId,
        previousImageId: body.previousImageId,
      },
    });
  }
}
