import type {
  Image,
  Plan,
  PlanStatus,
  Server,
  StepStatus,
  Update,
  UpdateReason,
} from "../api/model.ts";

/** How a state looks and reads: never by colour alone. */
export interface Look {
  tone: "neutral" | "accent" | "ok" | "warn" | "bad" | "info";
  text: string;
  active?: boolean;
}

const plans: Record<PlanStatus, Look> = {
  pending: { tone: "neutral", text: "Not started" },
  waiting_for_approval: { tone: "warn", text: "Waiting for approval" },
  running: { tone: "info", text: "Running", active: true },
  paused: { tone: "warn", text: "Paused" },
  completed: { tone: "ok", text: "Completed" },
  failed: { tone: "bad", text: "Failed" },
  rolled_back: { tone: "warn", text: "Rolled back" },
  cancelled: { tone: "neutral", text: "Cancelled" },
};

export function planLook(plan: Pick<Plan, "status" | "rollingBack" | "startedAt">): Look {
  if (plan.status === "running" && plan.rollingBack) {
    return { tone: "warn", text: "Rolling back", active: true };
  }
  // A preview that was not confirmed.
  if (plan.status === "cancelled" && plan.startedAt === null) {
    return { tone: "neutral", text: "Not carried out" };
  }
  return plans[plan.status];
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

export function serverLook(server: Pick<Server, "status" | "engineError" | "revokedAt">): Look {
  if (server.revokedAt !== null) return { tone: "bad", text: "Revoked" };
  if (server.status === "online" && server.engineError) {
    return { tone: "warn", text: "Engine not answering" };
  }
  return servers[server.status];
}

const services: Record<string, Look> = {
  deploying: { tone: "info", text: "Deploying", active: true },
  not_created: { tone: "neutral", text: "Not created yet" },
  missing: { tone: "warn", text: "Container gone" },
  unknown: { tone: "neutral", text: "Not known now" },
  unhealthy: { tone: "bad", text: "Unhealthy" },
  starting: { tone: "info", text: "Starting" },
  healthy: { tone: "ok", text: "Healthy" },
  running: { tone: "ok", text: "Running" },
  restarting: { tone: "bad", text: "Restarting" },
  paused: { tone: "warn", text: "Paused" },
  failed: { tone: "bad", text: "Ended with an error" },
  stopped: { tone: "neutral", text: "Stopped" },
  // what an image says of its services: the container's own state
  exited: { tone: "neutral", text: "Stopped" },
  created: { tone: "neutral", text: "Never started" },
  removing: { tone: "neutral", text: "Being removed" },
  dead: { tone: "bad", text: "Dead" },
};

/** What a service is doing, by its one-word status. */
export function serviceLook(status: string): Look {
  return services[status] ?? { tone: "neutral", text: status };
}

/** Whether a person has to look at it. */
export function needsCare(status: string): boolean {
  const { tone } = serviceLook(status);
  return tone === "bad" || tone === "warn";
}

/** Why there is an update, or none, in words. */
export const updateReasons: Record<UpdateReason, string> = {
  newer_digest: "A newer version matches the tag filter.",
  up_to_date: "The newest version that matches the tag filter is deployed.",
  undated: "It is not known when the other versions were pushed, so none counts as newer.",
  no_registry: "No registry is connected, so new versions cannot be seen.",
  nothing_deployed: "Nothing that runs is known as a digest of this image.",
  deployed_unknown: "What is deployed is not among the known digests, so no claim is made.",
  skipped: "The newer version was skipped; it is left alone.",
  quarantined: "The newer version failed or was rolled back here; it is left alone.",
};

/** An update by its kind, in a word or two. */
export function updateLook(update: Pick<Update, "kind"> | null): Look {
  switch (update?.kind) {
    case "older":
      return { tone: "neutral", text: "older version" };
    case "patch":
    case "minor":
    case "major":
      return { tone: "accent", text: `${update.kind} update` };
    case "rebuild":
      return { tone: "accent", text: "rebuild" };
    default:
      return { tone: "accent", text: "update" };
  }
}

/** What is known of an image's updates, in a few words. */
export function verdictLook({ verdict, update }: Pick<Image, "verdict" | "update">): Look {
  switch (verdict.kind) {
    case "update":
      return update?.kind === "older"
        ? { tone: "neutral", text: "A lower version was pushed later" }
        : { tone: "accent", text: `There is an update${kindText(update?.kind)}` };
    case "skipped":
      return { tone: "warn", text: "The newer version is left alone" };
    case "not_checked":
      return { tone: "warn", text: "Not known" };
    default:
      return { tone: "ok", text: "No update" };
  }
}

function kindText(kind: Update["kind"] | undefined): string {
  return kind === undefined || kind === "other" ? "" : ` (${kind})`;
}
