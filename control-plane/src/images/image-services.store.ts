import type { Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { moveToImage } from "../services/deployed.store.ts";
import {
  countedServices,
  findServices,
  lockService,
  type ServiceRow,
} from "../services/services.store.ts";
import { refreshRunningDigests } from "./running-digest.store.ts";

/** A page of the services of an environment that are linked to other images than this one. */
export async function linkableServices(
  sql: Sql,
  image: { id: string; environmentId: string },
  page: { limit: number; offset: number },
): Promise<{ services: ServiceRow[]; total: number }> {
  const rows = await sql<{ id: string }[]>`
    select id from services
    where environment_id = ${image.environmentId} and container_image_id <> ${image.id}
    order by lower(name), id limit ${page.limit} offset ${page.offset}`;
  const [linked] = await sql<{ total: number }[]>`
    select count(*) as total from services where container_image_id = ${image.id}`;
  const services = await findServices(
    sql,
    rows.map(({ id }) => id),
  );
  const all = await countedServices(sql, image.environmentId);
  return { services, total: all - (linked?.total ?? 0) };
}

/**
 * Links a service to an image of its environment. What was deployed of another image no
 * longer counts; what runs is looked at again.
 *
 * @param imageTag the image's current tag; null leaves the service's as it is
 * @throws {Problem} 409 while a plan is at work on the service
 */
export async function linkService(
  sql: Sql,
  serviceId: string,
  imageId: string,
  imageTag: string | null,
): Promise<void> {
  await lockService(sql, serviceId);
  const [busy] = await sql<{ planId: string }[]>`
    select plan_id from plan_services where service_id = ${serviceId} and active`;
  if (busy !== undefined) {
    throw new Problem(
      "conflict",
      "service_in_plan",
      `Deployment plan ${busy.planId} is at work on this service: wait until it has ended, or cancel it.`,
    );
  }
  await moveToImage(sql, serviceId, imageId, imageTag);
  await refreshRunningDigests(sql, imageId);
}

/** What an image's servers run, as their engines say it; empty: unknown. */
export async function serverPlatforms(sql: Sql, imageId: string): Promise<string[]> {
  const rows = await sql<{ platform: string }[]>`
    select concat_ws('/', servers.host ->> 'os', servers.host ->> 'architecture',
      nullif(servers.host ->> 'variant', '')) as platform
    from services join servers on servers.id = services.server_id
    where services.container_image_id = ${imageId} and servers.host ->> 'os' is not null
      and servers.host ->> 'architecture' is not null`;
  return rows.map(({ platform }) => platform);
}
