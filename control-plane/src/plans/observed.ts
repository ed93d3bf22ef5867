import type { ContainerReport, Observation, RollbackResult, RunResult } from "@bridgeport/proto";

/*
 * What is concluded from what agents saw of a service's container before and after they did
 * something to it. Pure, so that a plan's status and its receipt say the same.
 */

/** A container as its server reported it last. */
export function observationOf(report: ContainerReport): Observation {
  return {
    containerId: report.id,
    imageId: report.imageId,
    running: ["running", "paused", "restarting"].includes(report.state),
    health: report.health,
    name: report.name,
    exitCode: report.state === "exited" ? report.exitCode : null,
  };
}

/**
 * Why a rollback that the agent calls done did not bring back what ran before.
 * @param before what ran before the plan; null: nothing, or it is not known
 * @returns null: it did, or the agent is of an earlier version, which does not tell
 */
export function whyNotBack(before: Observation | null, result: RollbackResult): string | null {
  const after = result.after ?? null;
  if (before === null) return null;
  if (after === null) {
    return result.containerId === null ? `${before.name} is gone, and was there before.` : null;
  }
  if (after.imageId !== before.imageId) {
    return `${before.name} has the image ${after.imageId} now, and had ${before.imageId} before.`;
  }
  if (before.running && !after.running) return `${before.name} does not run, and ran before.`;
  return null;
}

/**
 * What to say of a service whose container was replaced and not started, because the one before it
 * did not run either.
 * @param before the container before it; null: it is not known
 */
export function notRunNote(
  run: Pick<RunResult, "running" | "before">,
  before: Observation | null,
): string | null {
  if (run.running) return null;
  return `Updated, not run: ${whyNotRun(run.before ?? before)}.`;
}

function whyNotRun(before: Observation | null): string {
  if (before === null || before.running) return "it did not run before";
  if (before.exitCode === null) return "it had never been started";
  // What SIGKILL and SIGTERM leave.
  if (before.exitCode === 137 || before.exitCode === 143) return "it had been stopped";
  return `it had ended with code ${before.exitCode}`;
}
