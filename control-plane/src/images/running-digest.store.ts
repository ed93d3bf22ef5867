import type { ContainerReport } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";
import { setRunning } from "../services/discovered.store.ts";
import { pulledDigest } from "./asked-image.ts";

/** How an engine describes the image that a container runs. */
export interface RunningImage {
  /** whatever the caller knows it by again */
  key: string;
  containerImageId: string;
  /** the engine's image id: a config's digest, or a manifest's where the engine keeps those */
  imageId: string;
  /** `name@sha256:…` */
  repoDigests: string[];
}

export interface ResolvedDigest {
  key: string;
  digestId: string;
  manifestDigest: string;
}

/**
 * Recognises what containers run as digest rows of their images, in one statement: by the digest
 * that was pulled, by a platform's manifest, or by a config. Where several rows hold the same
 * content, the one that was pulled by name wins, then the deployed one, then the newest.
 *
 * @returns nothing for those that are no row's
 */
export async function resolveRunningDigests(
  sql: Sql,
  running: RunningImage[],
): Promise<ResolvedDigest[]> {
  if (running.length === 0) return [];
  const rows = running.map(({ key, containerImageId, imageId, repoDigests }) => ({
    key,
    containerImageId,
    pulled: repoDigests.flatMap((name) => name.split("@")[1] ?? []),
    imageId,
  }));
  return sql<ResolvedDigest[]>`
    select distinct on (row.key) row.key, d.id as digest_id, d.manifest_digest
    from jsonb_to_recordset(${json(sql, rows)}) as row (key text, "containerImageId" uuid,
      pulled text[], "imageId" text)
    join image_digests d on d.container_image_id = row."containerImageId"
    join container_images i on i.id = d.container_image_id
    cross join lateral (
      select case
        when d.manifest_digest = any(row.pulled) then 1
        when d.manifest_digest = row."imageId" then 2
        when exists (
          select from jsonb_to_recordset(d.platforms) as p ("manifestDigest" text)
          where p."manifestDigest" = any(row.pulled || row."imageId")
        ) then 3
        when d.config_digest = row."imageId" or exists (
          select from jsonb_to_recordset(d.platforms) as p ("configDigest" text)
          where p."configDigest" = row."imageId"
        ) then 4
      end as rank
    ) how
    where how.rank is not null
    order by row.key, how.rank, (d.id = i.deployed_digest_id) desc nulls last,
      d.pushed_at desc nulls last, d.id desc`;
}

/** A service and the container that it is. */
export interface RunningService {
  id: string;
  containerImageId: string;
  report: ContainerReport;
}

/**
 * What runs, as a digest row of the image has it where there is one, else in the engine's own word.
 * @returns the services of which that is other than it was
 */
export async function setRunningDigests(sql: Sql, services: RunningService[]): Promise<string[]> {
  if (services.length === 0) return [];
  const resolved = await resolveRunningDigests(
    sql,
    services.map(({ id, containerImageId, report }) => ({
      key: id,
      containerImageId,
      imageId: report.imageId,
      repoDigests: report.repoDigests,
    })),
  );
  const known = new Map(resolved.map(({ key, manifestDigest }) => [key, manifestDigest]));
  const rows = services.map(({ id, report }) => ({
    id,
    digest: known.get(id) ?? pulledDigest(report),
    imageId: report.imageId,
  }));
  return setRunning(sql, rows);
}

/**
 * Looks again which digests an image's services run. For when the image has learned of digests,
 * such as after a sync: what an engine called by a platform's digest may have its row now.
 */
export async function refreshRunningDigests(sql: Sql, containerImageId: string): Promise<void> {
  const rows = await sql<RunningService[]>`
    select distinct on (services.id) services.id, services.container_image_id, containers.report
    from services
    join containers on containers.server_id = services.server_id
      and containers.name = services.container_name
    where services.container_image_id = ${containerImageId}
      and services.discovery_status = 'found'
    order by services.id, containers.report ->> 'state' = 'running' desc,
      containers.report -> 'createdAt' desc`;
  await setRunningDigests(sql, rows);
}
