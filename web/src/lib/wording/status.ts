import type { Plan, PlanStatus, Server, Service, StepStatus } from "../api/model.ts";

/** How a state looks and reads: never by colour alone. */
export interface Look {
  tone: "neutral" | "accent" | "ok" | "warn" | "bad" | "info";
  text: string;
  active?: boolean;
}

const plans: Record<PlanStatus, Look> = {
  pending: { tone: "neutral", text: "Not started" },
  running: { tone: "info", text: "Running", active: true },
  completed: { tone: "ok", text: "Completed" },
  failed: { tone: "bad", text: "Failed" },
  rolled_back: { tone: "warn", text: "Rolled back" },
  cancelled: { tone: "neutral", text: "Cancelled" },
};

export function planLook(plan: Pick<Plan, "status"> & { steps?: Plan["steps"] }): Look {
  const look = plans[plan.status];
  const goingBack = plan.steps?.some((step) => step.action === "rollback");
  return plan.status === "running" && goingBack
    ? { tone: "warn", text: "Rolling back", active: true }
    : look;
}

const steps: Record<StepStatus, Look> = {
  pending: { tone: "neutral", text: "Waiting" },
  running: { tone: "info", text: "Running", active: true },
  success: { tone: "ok", text: "Done" },
  failed: { tone: "bad", text: "Failed" },
  skipped: { tone: "neutral", text: "Skipped" },
  rolled_back: { tone: "warn", text: "Rolled back" },
};

export function stepLook(status: StepStatus): Look {
  return steps[status];
}

const servers: Record<Server["status"], Look> = {
  pending: { tone: "neutral", text: "Waiting for its agent" },
  online: { tone: "ok", text: "Online" },
  offline: { tone: "bad", text: "Offline" },
};

export function serverLook(server: Pick<Server, "status" | "engineError">): Look {
  if (server.status === "online" && server.engineError) {
    return { tone: "warn", text: "Engine not answering" };
  }
  return servers[server.status];
}

type ServiceState = Pick<Service, "containerStatus" | "healthStatus" | "discoveryStatus">;

/** What a service is doing, as one word of the container's state and its health. */
export function serviceLook(service: ServiceState): Look {
  if (service.discoveryStatus === "missing") return { tone: "warn", text: "No container" };
  switch (service.containerStatus) {
    case "running":
      if (service.healthStatus === "unhealthy") return { tone: "bad", text: "Unhealthy" };
      if (service.healthStatus === "starting") return { tone: "info", text: "Starting" };
      if (service.healthStatus === "healthy") return { tone: "ok", text: "Healthy" };
      return { tone: "ok", text: "Running" };
    case "restarting":
      return { tone: "bad", text: "Restarting" };
    case "paused":
      return { tone: "warn", text: "Paused" };
    case "exited":
      return { tone: "neutral", text: "Stopped" };
    case "created":
      return { tone: "neutral", text: "Never started" };
    case "dead":
      return { tone: "bad", text: "Dead" };
    default:
      return { tone: "neutral", text: "Unknown" };
  }
}

/** Whether a person has to look at it. */
export function needsCare(service: ServiceState): boolean {
  return ["bad", "warn"].includes(serviceLook(service).tone);
}
