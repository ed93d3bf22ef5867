import type { Observation } from "@bridgeport/proto";
import { grouped } from "./lookup.ts";
import type { Snapshot, SnapshotStep } from "./plan.ts";
import type { PlanTarget } from "./plan-targets.ts";
import type { PlanServiceRow, StepRow, WholePlan } from "./plans.store.ts";
import type { SoakQuestion } from "./rollout.ts";
import { judgedHealth, judgedQuery } from "./soak-questions.ts";

/** The rows of a plan as `decide` wants them. */
export function snapshotOf(
  { plan, targets, services, steps, cleanUp }: WholePlan,
  listeningSince = 0,
): Snapshot {
  const stepsOf = grouped(steps, ({ servicePosition }) => servicePosition);
  const serviceAt = new Map(services.map((service) => [service.position, service]));
  return {
    listeningSince,
    plan: {
      id: plan.id,
      status: plan.status,
      autoRollback: plan.autoRollback,
      parallelExecution: plan.parallelExecution,
      cancelRequested: plan.cancelRequestedAt !== null,
      rollbackStarted: plan.rollbackStartedAt !== null,
      rollbackRequested: plan.rollbackRequestedAt !== null,
      onFailure: plan.rollout?.onFailure ?? "rollback",
      maxUnavailable: plan.rollout?.maxUnavailable ?? null,
    },
    cleanUp: cleanUp && { open: cleanUp.open, orderedAt: cleanUp.orderedAt.getTime() },
    services: services.map((service) => ({
      position: service.position,
      name: service.serviceName,
      serverName: service.serverName,
      level: service.level,
      batch: service.batch,
      image: imageOf(targets, service.targetPosition),
      exists: service.serviceId !== null,
      checksUrl: (stepsOf.get(service.position) ?? []).some(
        ({ body }) => body.kind === "probe" && body.gate.url !== null,
      ),
      seen: service.seen,
      dependsOn: service.dependsOn,
      outside: { needs: service.outside, facts: service.outsideFacts },
      before: observedBefore(service, stepsOf.get(service.position) ?? []),
    })),
    steps: steps.map((step) => {
      const service = step.servicePosition === null ? null : serviceAt.get(step.servicePosition);
      return {
        id: step.id,
        position: step.position,
        action: step.action,
        status: step.status,
        servicePosition: step.servicePosition,
        batch: step.batch,
        soak: soakOf(step, serviceAt),
        serverName: step.serverName,
        serverOnline: step.serverOnline,
        agentHoldsBack: step.agentHoldsBack,
        targetExists:
          ["soak", "hook"].includes(step.action) ||
          (step.serverId !== null && (!service || service.serviceId !== null)),
        error: step.error,
        startedAt: step.startedAt?.getTime() ?? null,
        deadlineAt: step.deadlineAt?.getTime() ?? null,
        command:
          step.commandStatus === null
            ? null
            : {
                sent: step.commandSent,
                deadlineAt: step.commandDeadlineAt?.getTime() ?? null,
                outcome: step.outcome,
                cancelSent: step.cancelSent,
              },
        hook: hookOf(step),
      };
    }),
  };
}

/** The first target of the same image; one that was deleted is of no other. */
function imageOf(targets: readonly PlanTarget[], position: number): number {
  const image = targets.find((target) => target.position === position)?.containerImageId;
  const first = targets.find(({ containerImageId }) => image && containerImageId === image);
  return first?.position ?? position;
}

function soakOf(
  { body, soakStart: start, soakAsked, soakProbes, soakAnswer }: StepRow,
  serviceAt: ReadonlyMap<number, PlanServiceRow>,
): SnapshotStep["soak"] {
  if (body.kind !== "soak") return null;
  const questions = (soakAsked ?? []).map(({ of, id, askedAt, until }): SoakQuestion => {
    const asked = { of, askedAt, until };
    if (of === null) {
      const answer = soakAnswer?.questionId === id ? soakAnswer : null;
      const query = body.analysis?.prometheus;
      return { ...asked, answer: query ? judgedQuery(query, answer) : null };
    }
    const service = serviceAt.get(of);
    const name = `${service?.serviceName} on ${service?.serverName}`;
    const probe = (soakProbes ?? []).find((one) => one.id === id);
    return { ...asked, answer: judgedHealth(probe?.outcome ?? null, name) };
  });
  return { ...body, start, questions };
}

function hookOf({ body, hookCall }: StepRow): SnapshotStep["hook"] {
  return body.kind === "hook" ? { moment: body.moment, name: body.name, call: hookCall } : null;
}

/** A service's container before the plan touched it: as its agent saw it then, else as it was reported. */
export function observedBefore(
  { position, observed }: Pick<PlanServiceRow, "position" | "observed">,
  steps: readonly StepRow[],
): Observation | null {
  const deploy = steps.find(
    ({ action, servicePosition }) => action === "deploy" && servicePosition === position,
  );
  const outcome = deploy?.outcome;
  if (outcome && !outcome.ok) return outcome.failure.before ?? observed;
  if (outcome?.body.kind !== "run") return observed;
  if (outcome.body.before) return outcome.body.before;
  // It says itself that there was none.
  return outcome.body.previousContainerId === null ? null : observed;
}
