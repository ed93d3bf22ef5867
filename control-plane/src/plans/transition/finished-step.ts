import type { ContainerSpec } from "@bridgeport/proto";
import type { Effect } from "../effects.ts";
import type { Action } from "../plan.ts";
import { targetAt } from "../plan-targets.ts";
import type { PlanServiceRow, StepRow, WholePlan } from "../plans.store.ts";
import { withdraw } from "./orders.ts";
import { type Changed, stepTo, withStep, withSteps } from "./rows.ts";
import { withBlamed } from "./soaks.ts";

export function finishStep(
  rows: WholePlan,
  step: StepRow,
  {
    status: to,
    error,
    note = null,
    notStarted = false,
    blamed = [],
  }: Extract<Action, { kind: "finish_step" }>,
  now: Date,
): Changed {
  const status = stepTo(step, to);
  const startedAt = step.startedAt ?? (notStarted ? null : now);
  const soakStart = blamed.length === 0 ? step.soakStart : withBlamed(rows, step, blamed);
  const ended = withStep(rows, step, {
    ...{ status, error, note, startedAt, completedAt: now, soakStart },
  });
  if (step.body.kind === "hook") {
    const open = (step.hookCall?.outcome ?? null) === null;
    return { rows: ended, effects: open ? [{ kind: "call_off_hook" }] : [] };
  }
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
