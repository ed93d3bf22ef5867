import type { ContainerSpec } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";

/*
 * What services are deployed at, and which image they are of. Whoever changes that for an image's services
 * has locked the image, and decides on its updates again afterwards.
 */

/** What a service is deployed at since its deploy succeeded. */
export interface Deployed {
  serviceId: string;
  digestId: string | null;
  imageTag: string | null;
  /** null: that of its last deploy stays */
  spec: ContainerSpec | null;
}

/** The deploys of services succeeded: these digests are what they are deployed at now. */
export async function recordDeployed(sql: Sql, deployed: readonly Deployed[]): Promise<void> {
  if (deployed.length === 0) return;
  const rows = deployed.map(({ serviceId, digestId, imageTag, spec }) => ({
    ...{ serviceId, digestId, imageTag, spec },
  }));
  await sql`
    update services set
      deployed_digest_id = deployed."digestId", image_tag = deployed."imageTag",
      recorded_spec = coalesce(deployed.spec, recorded_spec),
      ever_found = true, last_deployed_at = now(), updated_at = now()
    from jsonb_to_recordset(${json(sql, rows)}) as deployed("serviceId" uuid, "digestId" uuid,
      "imageTag" text, spec jsonb)
    where id = deployed."serviceId"`;
}

/**
 * A service went back to what it was deployed at before.
 * @param back.removed nothing runs any longer
 * @param back.wasFirst it had no container before: its description counts, not a record
 */
export async function recordRolledBack(
  sql: Sql,
  serviceId: string,
  back: {
    digestId: string | null;
    imageTag: string | null;
    removed: boolean;
    wasFirst: boolean;
  },
): Promise<void> {
  await sql`
    update services set
      deployed_digest_id = ${back.digestId}, image_tag = ${back.imageTag},
      recorded_spec = case when ${back.wasFirst} then null else recorded_spec end,
      running_digest = case when ${back.removed} then null else running_digest end,
      discovery_status = case when ${back.removed} then 'missing' else discovery_status end,
      ever_found = ever_found and not ${back.wasFirst}::boolean,
      updated_at = now()
    where id = ${serviceId}`;
}

/**
 * Whether a row of `services` was never deployed by us and runs what its row of `image_digests`, called
 * `digest`, is of. One that a plan is about to deploy waits for that.
 */
export const isAdoptable = (sql: Sql) => sql`
  (digest.container_image_id = services.container_image_id
    and digest.manifest_digest = services.running_digest
    and services.deployed_digest_id is null and services.discovery_status = 'found'
    and not exists (select from plan_services where service_id = services.id and active))`;

/**
 * Of an image's services, those that were never deployed by us count as deployed at what they run, where
 * that is known as a digest of the image.
 * @returns whether there were any
 */
export async function adoptRunningDigests(sql: Sql, imageId: string): Promise<boolean> {
  const adopted = await sql<{ id: string }[]>`
    update services set deployed_digest_id = digest.id, updated_at = now()
    from image_digests as digest
    where services.container_image_id = ${imageId} and ${isAdoptable(sql)}
    returning services.id`;
  return adopted.length > 0;
}

/**
 * Makes a service one of this image. What was deployed of another image no longer counts.
 * @param imageTag null: it keeps its own
 */
export async function moveToImage(
  sql: Sql,
  serviceId: string,
  imageId: string,
  imageTag: string | null,
): Promise<void> {
  await sql`
    update services set container_image_id = ${imageId},
      image_tag = coalesce(${imageTag}, image_tag),
      deployed_digest_id = (
        select id from image_digests
        where id = services.deployed_digest_id and container_image_id = ${imageId}
      ),
      updated_at = now()
    where id = ${serviceId}`;
}
