import type { Sql } from "../database/connection.ts";

/** What runs once, from the new image, before a plan replaces the first service of an image. */
export interface ImageJob {
  /** in the place of the image's CMD; its entrypoint stays */
  command: string[];
  /** whose container's settings it has; null: that service was deleted */
  serviceId: string | null;
  /** null with it */
  serviceName: string | null;
  /** how long it may run, in milliseconds */
  timeoutMs: number;
}

/** The jobs of these images; one without a job is left out. */
export async function jobsOfImages(
  sql: Sql,
  imageIds: readonly string[],
): Promise<Map<string, ImageJob>> {
  const rows = await sql<(ImageJob & { containerImageId: string })[]>`
    select image_jobs.container_image_id, command, service_id, services.name as service_name,
      timeout_ms
    from image_jobs left join services on services.id = image_jobs.service_id
    where image_jobs.container_image_id = any(${[...imageIds]}::uuid[])`;
  return new Map(rows.map(({ containerImageId, ...job }) => [containerImageId, job]));
}

/** Gives an image this job, in the place of another one. */
export async function setImageJob(
  sql: Sql,
  imageId: string,
  job: { command: string[]; serviceId: string; timeoutMs: number },
): Promise<void> {
  await sql`
    insert into image_jobs (container_image_id, service_id, command, timeout_ms)
    values (${imageId}, ${job.serviceId}, ${job.command}::text[], ${job.timeoutMs})
    on conflict (container_image_id) do update set service_id = excluded.service_id,
      command = excluded.command, timeout_ms = excluded.timeout_ms, updated_at = now()`;
}

/** @returns whether there was one */
export async function removeImageJob(sql: Sql, imageId: string): Promise<boolean> {
  const removed = await sql`delete from image_jobs where container_image_id = ${imageId}`;
  return removed.count > 0;
}

/** Whether a service is linked to an image. */
export async function isLinked(sql: Sql, imageId: string, serviceId: string): Promise<boolean> {
  const rows = await sql`
    select from services where id = ${serviceId} and container_image_id = ${imageId}`;
  return rows.length > 0;
}
