import type { Snapshot } from "./plan.ts";
import type { WholePlan } from "./plans.store.ts";

/** The rows of a plan as `decide` wants them. */
export function snapshotOf(
  { plan, services, steps, cleanUp }: WholePlan,
  listeningSince = 0,
): Snapshot {
  return {
    listeningSince,
    plan: {
      id: plan.id,
      status: plan.status,
      autoRollback: plan.autoRollback,
      parallelExecution: plan.parallelExecution,
      cancelRequested: plan.cancelRequestedAt !== null,
      rollbackStarted: plan.rollbackStartedAt !== null,
    },
    cleanUp: cleanUp && { open: cleanUp.open, orderedAt: cleanUp.orderedAt.getTime() },
    services: services.map(({ position, serviceName, serverName, level, dependsOn }) => ({
      position,
      name: serviceName,
      serverName,
      level,
      dependsOn,
    })),
    steps: steps.map((step) => {
      const service = services.find(({ position }) => position === step.servicePosition);
      return {
        id: step.id,
        position: step.position,
        action: step.action,
        status: step.status,
        servicePosition: step.servicePosition,
        serverName: step.serverName,
        serverOnline: step.serverOnline,
        targetExists: step.serverId !== null && (!service || service.serviceId !== null),
        error: step.error,
        deadlineAt: step.deadlineAt?.getTime() ?? null,
        command:
          step.commandStatus === null
            ? null
            : {
                sent: step.commandSent,
                outcome: step.outcome,
                cancelSent: step.cancelSent,
              },
      };
    }),
  };
}
