import type { CommandTimes } from "../commands/commands.store.ts";
import { derivedId, type ParentSpan, readParent, type Span } from "../traces.ts";
import type { Ended } from "./ended.ts";
import type { PlanRow, StepRow } from "./plans.store.ts";

/*
 * What has ended of a plan, as spans. Their ids follow from the rows, so that a step that ends before its
 * plan names the plan's span, whichever process tells of either.
 *
 *   request ──> plan ──> step ──> command ──> part of the agent's work
 */

/**
 * Pure.
 * @param commands by id, those that the ended steps have given
 */
export function spansOf(
  { plan, over, steps }: Ended,
  commands: ReadonlyMap<string, CommandTimes>,
): Span[] {
  const parent = plan.traceParent === null ? null : readParent(plan.traceParent);
  const traceId = parent?.traceId ?? derivedId.trace(plan.id);
  const below = (spanId: string): ParentSpan => ({ spanId, sampled: parent?.sampled ?? null });
  const planId = planSpanId(plan);
  const spans = steps.flatMap((step) => {
    const stepId = derivedId.span(`step ${step.id} ${step.commandId}`);
    const command = commands.get(step.commandId);
    return [
      { ...stepSpan(plan, step), traceId, spanId: stepId, parent: below(planId) },
      ...(command ? commandSpans(command, traceId, below(stepId)) : []),
    ];
  });
  if (!over) return spans;
  const whole = { ...planSpan(plan), traceId, spanId: planId };
  return [...spans, { ...whole, parent: parent && below(parent.spanId) }];
}

/** A plan that is rolled back once it has ended ends a second time, as another span. */
function planSpanId({ id, traceBegan }: PlanRow): string {
  return derivedId.span(`plan ${id} ${traceBegan?.toISOString() ?? ""}`);
}

type Told = Omit<Span, "traceId" | "spanId" | "parent">;

function planSpan(plan: PlanRow): Told {
  const { status, triggerType, imageName, imageDigest } = plan;
  return {
    name: plan.traceBegan === null ? "plan" : "plan rollback",
    startedAt: timeOf(plan.traceBegan ?? plan.startedAt),
    endedAt: timeOf(plan.completedAt),
    attributes: {
      "bridgeport.plan.id": plan.id,
      "bridgeport.plan.status": status,
      "bridgeport.plan.trigger": triggerType,
      "bridgeport.environment.id": plan.environmentId,
      "container.image.name": imageName,
      "container.image.digest": imageDigest,
    },
    error: status === "completed" ? null : (plan.error ?? status),
  };
}

function stepSpan(plan: PlanRow, step: StepRow): Told {
  const { action, status, error, serverId, serverName } = step;
  return {
    name: `step ${action}`,
    startedAt: timeOf(step.startedAt),
    endedAt: timeOf(step.completedAt),
    attributes: {
      "bridgeport.plan.id": plan.id,
      "bridgeport.step.id": step.id,
      "bridgeport.step.action": action,
      "bridgeport.step.status": status,
      ...(serverId !== null && { "bridgeport.server.id": serverId }),
      "bridgeport.server.name": serverName,
    },
    error: status === "failed" ? (error ?? "failed") : null,
  };
}

function commandSpans(command: CommandTimes, traceId: string, parent: ParentSpan): Span[] {
  const { id, kind, createdAt, sentAt, doneAt, failure } = command;
  if (doneAt === null) return [];
  const spanId = derivedId.span(`command ${id}`);
  const waitedMs = sentAt === null ? null : sentAt.getTime() - createdAt.getTime();
  return [
    {
      ...{ name: `command ${kind}`, traceId, spanId, parent, error: failure },
      ...{ startedAt: createdAt.getTime(), endedAt: doneAt.getTime() },
      attributes: {
        "bridgeport.command.id": id,
        "bridgeport.command.kind": kind,
        ...(waitedMs !== null && { "bridgeport.command.waited_ms": waitedMs }),
      },
    },
    ...phasesOf(command).map(({ name, startedAt, finishedAt }, index) => ({
      name: `agent ${name}`,
      traceId,
      spanId: derivedId.span(`command ${id} ${index}`),
      parent: { ...parent, spanId },
      ...{ startedAt, endedAt: finishedAt, error: null },
      attributes: { "bridgeport.command.id": id },
    })),
  ];
}

/**
 * By our clock: where the agent's has another time, so that its work ended when its result came. What is
 * delivered and what is answered bounds what may be.
 */
function phasesOf({ work, sentAt, doneAt }: CommandTimes) {
  if (work === null || sentAt === null || doneAt === null) return [];
  const fits = work.startedAt >= sentAt.getTime() && work.finishedAt <= doneAt.getTime();
  const shift = fits ? 0 : doneAt.getTime() - work.finishedAt;
  return work.phases.map(({ name, startedAt, finishedAt }) => ({
    ...{ name, startedAt: startedAt + shift, finishedAt: finishedAt + shift },
  }));
}

function timeOf(date: Date | null): number {
  return date?.getTime() ?? 0;
}
