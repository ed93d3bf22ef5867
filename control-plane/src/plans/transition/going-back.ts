import type { ContainerSpec } from "@bridgeport/proto";
import { callsAfter } from "../hook.ts";
import { targetAt } from "../plan-targets.ts";
import type { PlanServiceRow, StepRow, WholePlan } from "../plans.store.ts";
import { withPlan } from "./rows.ts";

/** Adds a step for each of these services, in this order. */
export function goingBack(
  rows: WholePlan,
  services: number[],
  now: Date,
  newId: () => string,
): WholePlan {
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
      batch: null,
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
      soakStart: null,
      commandStatus: null,
      commandSent: false,
      commandDeadlineAt: null,
      outcome: null,
      progress: null,
      cancelSent: false,
      hookCall: null,
      ...{ soakAsked: null, soakProbes: null, soakAnswer: null },
    };
  });
  const begun = withPlan(rows, { rollbackStartedAt: now });
  return { ...begun, steps: [...rows.steps, ...added] };
}

/** A plan that a person rolls back tells its hooks after it once more: they get steps of their own. */
export function tellingAgain(rows: WholePlan, newId: () => string): WholePlan {
  const first = Math.max(-1, ...rows.steps.map(({ position }) => position)) + 1;
  const hooks = new Map<number, StepRow>();
  for (const step of rows.steps) {
    if (step.body.kind === "hook" && callsAfter(step)) hooks.set(step.body.number, step);
  }
  // Those that have not been told yet are told of this end.
  const told = [...hooks.values()].filter(({ status }) => status !== "pending");
  const added = told.map(
    (step, index): StepRow => ({
      ...step,
      ...{ id: newId(), commandId: newId(), position: first + index, status: "pending" },
      ...{ startedAt: null, completedAt: null, deadlineAt: null, error: null, note: null },
      hookCall: null,
    }),
  );
  return { ...rows, steps: [...rows.steps, ...added] };
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
