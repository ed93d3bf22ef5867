import type { RollbackResult, RunResult } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import { setDeployedDigest, takeBackDeployedDigest } from "../images/deployed-digest.store.ts";
import { quarantineDigest, stopAvoiding } from "../images/quarantine.store.ts";
import { lockImage } from "../images/updates.store.ts";
import { removeContainersNamed } from "../inventory/inventory.store.ts";
import { recordDeployed, recordRolledBack } from "../services/deployed.store.ts";
import type { PlanRow, PlanServiceRow, StepRow } from "./plans.store.ts";

/*
 * What a plan's progress changes outside of the plan: what a service and an image are
 * deployed at, and which digests are not to be tried again.
 */

/** A service's deploy succeeded: that digest is what it is deployed at now. */
export async function serviceDeployed(
  sql: Sql,
  plan: PlanRow,
  service: PlanServiceRow,
  step: StepRow,
  result: RunResult,
): Promise<void> {
  if (service.serviceId === null || step.body.kind !== "run") return;
  await lockImage(sql, plan.containerImageId);
  await recordDeployed(sql, service.serviceId, {
    digestId: plan.imageDigestId,
    imageTag: service.imageTag,
    spec: result.spec,
  });
}

/**
 * A service went back to what it ran before the plan. The user's settings that were carried into
 * its new container are those of the previous one. Where the plan had created the service's first
 * container, it is as before its first deploy: its description counts, not a record.
 */
export async function serviceRolledBack(
  sql: Sql,
  plan: PlanRow,
  service: PlanServiceRow,
  { outcome, containerId }: RollbackResult,
): Promise<void> {
  if (service.serviceId === null) return;
  await lockImage(sql, plan.containerImageId);
  const removed = outcome === "removed" || containerId === null;
  const wasFirst = removed && service.previousDigest === null;
  // A deploy that follows at once has to know that there is nothing to replace.
  if (removed && service.serverId !== null) {
    await removeContainersNamed(sql, service.serverId, service.containerName);
  }
  await recordRolledBack(sql, service.serviceId, {
    digestId: service.previousDigestId,
    imageTag: service.previousImageTag,
    removed,
    wasFirst,
  });
}

/** The image is deployed at the plan's digest, which proved itself: it is not avoided any longer. */
export async function imageDeployed(sql: Sql, plan: PlanRow): Promise<void> {
  if (plan.containerImageId === null || plan.imageDigestId === null) return;
  await setDeployedDigest(sql, plan.containerImageId, plan.imageDigestId);
  await stopAvoiding(sql, plan.containerImageId, plan.imageDigestId);
}

/**
 * The plan's digest is not what the image runs after all. If the image was deployed at it,
 * it is deployed at what most of its services run again.
 */
export async function imageRolledBack(sql: Sql, plan: PlanRow): Promise<void> {
  if (plan.containerImageId === null) return;
  await takeBackDeployedDigest(sql, plan.containerImageId, plan.imageDigestId, plan.id);
}

/** Auto-update leaves a digest that failed alone, until a person releases it. */
export async function quarantine(sql: Sql, plan: PlanRow, reason: string): Promise<void> {
  if (plan.containerImageId === null || plan.imageDigestId === null) return;
  const failed = { planId: plan.id, reason };
  await quarantineDigest(sql, plan.containerImageId, plan.imageDigestId, failed);
}
