import type { FailureCode } from "@bridgeport/proto";
import { callsAfter } from "./hook.ts";
import type { Outcome, StepAction } from "./plan.ts";
import type { WholePlan } from "./plans.store.ts";

/*
 * Which failures say something of the digest that was to be deployed. Only those put it into
 * quarantine, where auto-update leaves it alone until a person releases it. Whatever else went
 * wrong, such as a server that was away, is no reason not to try again.
 */

/** For each failure, the steps in which it is the digest's. */
const blamed: Record<FailureCode, readonly StepAction[]> = {
  // It cannot be had whole, or does not run there.
  image_unusable: ["pull"],
  no_platform: ["pull", "deploy"],
  image_mismatch: ["pull", "deploy"],
  // It cannot be started, or does not get well.
  create_failed: ["deploy"],
  start_failed: ["deploy", "job"],
  // Of a job also where it is not known how it ended: it must not run again by itself.
  exited: ["deploy", "health_check", "job"],
  unhealthy: ["deploy", "health_check"],
  // Too slow to become healthy, or a job to end; a pull or a stop may be slow for other reasons.
  timeout: ["health_check", "job"],
  // The registry, the network, the server, another container or a person.
  pull_failed: [],
  registry_unavailable: [],
  unauthorized: [],
  disk_full: [],
  port_taken: [],
  stop_failed: [],
  not_found: [],
  image_missing: [],
  refused: [],
  cancelled: [],
  engine_unavailable: [],
  engine_error: [],
  internal: [],
};

/**
 * Whether a failed step speaks against its digest.
 * @param outcome what the agent answered; null: it never did, which says nothing of the digest
 */
export function blamesDigest(action: StepAction, outcome: Outcome | null): boolean {
  return outcome !== null && !outcome.ok && blamed[outcome.failure.code].includes(action);
}

/**
 * Which targets of an ended plan, by position, have a digest that failed or that a person took back. Of a
 * release the digests that went back only because another one failed are not among them.
 */
export function blamedTargets({
  plan,
  targets,
  services,
  steps,
}: Pick<WholePlan, "targets" | "services" | "steps"> & {
  plan: Pick<WholePlan["plan"], "rollbackStartedAt">;
}): number[] {
  const failed = steps.filter(
    (step) => step.status === "failed" && step.action !== "rollback" && !callsAfter(step),
  );
  // Where nothing failed and all the same it goes back, a person has decided so.
  if (failed.length === 0 && plan.rollbackStartedAt !== null) {
    return targets.map(({ position }) => position);
  }
  const unwell = failed.flatMap(({ soakStart }) =>
    (soakStart ?? []).flatMap(({ servicePosition, failed }) =>
      services.flatMap(({ position, targetPosition }) =>
        failed && position === servicePosition ? [targetPosition] : [],
      ),
    ),
  );
  const blamed = failed
    .filter(({ action, outcome }) => blamesDigest(action, outcome))
    .map(
      ({ targetPosition, servicePosition }) =>
        targetPosition ??
        services.find(({ position }) => position === servicePosition)?.targetPosition,
    );
  return targets
    .map(({ position }) => position)
    .filter((position) => [...blamed, ...unwell].includes(position));
}
