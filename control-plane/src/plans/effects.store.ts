import type { RollbackResult, RunResult } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";
import { quarantineDigest, stopAvoiding } from "../images/quarantine.store.ts";
import { removeContainersNamed } from "../inventory/inventory.store.ts";
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
  await lockImage(sql, plan);
  await sql`
    update services set
      deployed_digest_id = ${plan.imageDigestId}, image_tag = ${service.imageTag},
      recorded_spec = coalesce(${result.spec ? json(sql, result.spec) : null}::jsonb, recorded_spec),
      ever_found = true, last_deployed_at = now(), updated_at = now()
    where id = ${service.serviceId}`;
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
  await lockImage(sql, plan);
  const removed = outcome === "removed" || containerId === null;
  const wasFirst = removed && service.previousDigest === null;
  // A deploy that follows at once has to know that there is nothing to replace.
  if (removed && service.serverId !== null) {
    await removeContainersNamed(sql, service.serverId, service.containerName);
  }
  await sql`
    update services set
      deployed_digest_id = ${service.previousDigestId}, image_tag = ${service.previousImageTag},
      recorded_spec = case when ${wasFirst} then null else recorded_spec end,
      running_digest = case when ${removed} then null else running_digest end,
      discovery_status = case when ${removed} then 'missing' else discovery_status end,
      ever_found = ever_found and not ${wasFirst}::boolean,
      updated_at = now()
    where id = ${service.serviceId}`;
}

/** Whatever locks an image and its services locks the image first. */
async function lockImage(sql: Sql, { containerImageId }: PlanRow): Promise<void> {
  await sql`select from container_images where id = ${containerImageId} for no key update`;
}

/** The image is deployed at the plan's digest, which proved itself: it is not avoided any longer. */
export async function imageDeployed(sql: Sql, plan: PlanRow): Promise<void> {
  if (plan.containerImageId === null || plan.imageDigestId === null) return;
  await sql`
    update container_images set deployed_digest_id = ${plan.imageDigestId}, updated_at = now()
    where id = ${plan.containerImageId}`;
  await stopAvoiding(sql, plan.containerImageId, plan.imageDigestId);
}

/**
 * The plan's digest is not what the image runs after all. If the image was deployed at it,
 * it is deployed at what most of its services run again.
 */
export async function imageRolledBack(sql: Sql, plan: PlanRow): Promise<void> {
  if (plan.containerImageId === null) return;
  await sql`
    update container_images set updated_at = now(), deployed_digest_id = (
      select previous_digest_id from plan_services
      join image_digests on image_digests.id = previous_digest_id
        and image_digests.container_image_id = ${plan.containerImageId}
      where plan_id = ${plan.id}
      group by previous_digest_id order by count(*) desc, max(position) limit 1)
    where id = ${plan.containerImageId} and deployed_digest_id = ${plan.imageDigestId}`;
}

/** Auto-update leaves a digest that failed alone, until a person releases it. */
export async function quarantine(sql: Sql, plan: PlanRow, reason: string): Promise<void> {
  if (plan.containerImageId === null || plan.imageDigestId === null) return;
  const failed = { planId: plan.id, reason };
  await quarantineDigest(sql, plan.containerImageId, plan.imageDigestId, failed);
}
