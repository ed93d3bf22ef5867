import type { ContainerState, HealthState } from "@bridgeport/proto";

export const serviceStatuses = [
  "deploying",
  "healthy",
  "running",
  "starting",
  "unhealthy",
  "restarting",
  "paused",
  "stopped",
  "failed",
  "missing",
  "not_created",
  "unknown",
] as const;

/**
 * A service in one word, the first that holds:
 * - `deploying`: a plan is at work on it
 * - `not_created`: no container of its name has been seen yet
 * - `missing`: its container is gone
 * - `unknown`: its server's agent is not connected, so what is known may be old
 * - `unhealthy`, `starting`, `healthy`: it runs, and its health check says so
 * - `running`: it runs and has no health check
 * - `restarting`, `paused`: as its engine says
 * - `failed`: it ended by itself with an exit code other than 0
 * - `stopped`: it does not run
 */
export type ServiceStatus = (typeof serviceStatuses)[number];

export interface StatusFacts {
  inActivePlan: boolean;
  everFound: boolean;
  discoveryStatus: "found" | "missing";
  serverOnline: boolean;
  /** null: no container */
  container: { state: ContainerState; health: HealthState; exitCode: number } | null;
}

export function serviceStatus(facts: StatusFacts): ServiceStatus {
  if (facts.inActivePlan) return "deploying";
  if (!facts.everFound) return "not_created";
  if (facts.discoveryStatus === "missing" || facts.container === null) return "missing";
  if (!facts.serverOnline) return "unknown";
  const { state, health, exitCode } = facts.container;
  switch (state) {
    case "running":
      return health === "healthy" || health === "starting" || health === "unhealthy"
        ? health
        : "running";
    case "restarting":
    case "paused":
      return state;
    case "exited":
      return endedByItself(exitCode) ? "failed" : "stopped";
    case "dead":
      return "failed";
    case "created":
    case "removing":
      return "stopped";
    case "unknown":
      return "unknown";
  }
}

// 137 and 143 are what SIGKILL and SIGTERM leave: it was stopped by hand.
function endedByItself(exitCode: number): boolean {
  return exitCode !== 0 && exitCode !== 137 && exitCode !== 143;
}
