import type { ContainerReport } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import { serverIsOnline } from "../servers/online.store.ts";
import type { Neighbour } from "./implied-dependencies.ts";
import type { DependencyType, OutsideNeed } from "./plan.ts";
import type { PlanInput, PlanInputService, PlanInputTarget } from "./plan-input.ts";
import type { Candidate } from "./taking-part.ts";

export interface PlanImage {
  id: string;
  name: string;
  environmentId: string;
  imageName: string;
  tagFilter: string;
  registryId: string | null;
}

export async function findPlanImage(sql: Sql, id: string): Promise<PlanImage | null> {
  const [row] = await sql<PlanImage[]>`
    select id, name, environment_id, image_name, tag_filter, registry_id
    from container_images where id = ${id}`;
  return row ?? null;
}

export async function hasServices(sql: Sql, imageId: string): Promise<boolean> {
  const rows = await sql`select from services where container_image_id = ${imageId} limit 1`;
  return rows.length > 0;
}

/** A digest of that image; another image's is as good as unknown. */
export async function findPlanDigest(
  sql: Sql,
  imageId: string,
  digestId: string,
): Promise<PlanInputTarget["digest"] | null> {
  const [row] = await sql<PlanInputTarget["digest"][]>`
    select id, manifest_digest, config_digest, tags, size, platforms
    from image_digests where id = ${digestId} and container_image_id = ${imageId}`;
  return row ?? null;
}

const container = (sql: Sql) => sql`
  left join lateral (
    select report from containers
    where containers.server_id = services.server_id
      and containers.name = services.container_name
    order by updated_at desc limit 1) as containers on true`;

/** The services of an image, or those of them that are named, with all that a plan fixes. */
export async function findPlanServices(
  sql: Sql,
  imageId: string,
  only: string[] | null,
): Promise<PlanInputService[]> {
  const rows = await sql<
    (Omit<PlanInputService, "container"> & { report: ContainerReport | null })[]
  >`
    select services.id, services.name, services.container_name, services.server_id,
      servers.name as server_name, ${serverIsOnline(sql)} as server_online,
      case when servers.host ->> 'os' is not null and servers.host ->> 'architecture' is not null
        then concat_ws('/', servers.host ->> 'os', servers.host ->> 'architecture',
          nullif(servers.host ->> 'variant', '')) end as server_platform,
      services.image_tag, services.deployed_digest_id, deployed.manifest_digest as deployed_digest,
      services.running_digest, running.id as running_digest_id,
      services.health_check_url, services.health_wait_ms, services.health_retries,
      services.health_interval_ms, services.health_probe, services.deploy_order,
      services.spec, services.recorded_spec, services.ever_found,
      containers.report
    from services
    join servers on servers.id = services.server_id
    left join image_digests as deployed on deployed.id = services.deployed_digest_id
    left join image_digests as running on running.container_image_id = services.container_image_id
      and running.manifest_digest = services.running_digest
    ${container(sql)}
    where services.container_image_id = ${imageId}
      and (${only}::uuid[] is null or services.id = any(${only}::uuid[]))
    order by services.name, services.id`;
  return rows.map(({ report, ...row }) => ({ ...row, container: report }));
}

/** The services of several images, as far as it takes to say whether a plan would deploy to them. */
export async function findCandidates(
  sql: Sql,
  imageIds: string[],
): Promise<(Candidate & { containerImageId: string; serverOnline: boolean })[]> {
  return sql<(Candidate & { containerImageId: string; serverOnline: boolean })[]>`
    select services.container_image_id, services.id, services.name, services.container_name,
      servers.name as server_name, ${serverIsOnline(sql)} as server_online, services.image_tag,
      services.ever_found, services.spec, services.recorded_spec,
      containers.report as container
    from services
    join servers on servers.id = services.server_id
    ${container(sql)}
    where services.container_image_id = any(${imageIds}::uuid[])
    order by services.name, services.id`;
}

export async function findPlanDependencies(
  sql: Sql,
  serviceIds: string[],
): Promise<PlanInput["dependencies"]> {
  return sql<PlanInput["dependencies"]>`
    select service_id, depends_on_id, type from service_dependencies
    where service_id = any(${serviceIds}::uuid[]) and depends_on_id = any(${serviceIds}::uuid[])
    order by id`;
}

/** Dependencies of these services on others. */
export async function findOutsideDependencies(
  sql: Sql,
  serviceIds: string[],
): Promise<({ dependentId: string } & OutsideNeed)[]> {
  return sql<
    {
      dependentId: string;
      type: DependencyType;
      serviceId: string;
      serviceName: string;
      serverName: string;
    }[]
  >`
    select edge.service_id as dependent_id, edge.type, other.id as service_id,
      other.name as service_name, servers.name as server_name
    from service_dependencies as edge
    join services as other on other.id = edge.depends_on_id
    join servers on servers.id = other.server_id
    where edge.service_id = any(${serviceIds}::uuid[])
      and not other.id = any(${serviceIds}::uuid[])
    order by edge.id`;
}

/** What of other services on the servers of these tells whether their containers are needed. */
export async function findNeighbours(sql: Sql, serviceIds: string[]): Promise<Neighbour[]> {
  return sql<Neighbour[]>`
    select services.id, services.name, services.server_id, servers.name as server_name,
      services.container_name,
      containers.report ->> 'id' as container_id
    from services
    join servers on servers.id = services.server_id
    ${container(sql)}
    where services.server_id in (
        select server_id from services where id = any(${serviceIds}::uuid[]))
      and not services.id = any(${serviceIds}::uuid[])
    order by services.name, services.id`;
}

/** The image that all of these services are linked to; null when they differ or one is unknown. */
export async function commonImage(
  sql: Sql,
  environmentId: string,
  serviceIds: string[],
): Promise<string | null> {
  const rows = await sql<{ containerImageId: string; count: number }[]>`
    select container_image_id, count(*) as count from services
    where id = any(${serviceIds}::uuid[]) and environment_id = ${environmentId}
    group by container_image_id`;
  const [only] = rows;
  return rows.length === 1 && only?.count === new Set(serviceIds).size
    ? only.containerImageId
    : null;
}

export async function findServiceImage(
  sql: Sql,
  serviceId: string,
): Promise<{ environmentId: string; containerImageId: string } | null> {
  const [row] = await sql<{ environmentId: string; containerImageId: string }[]>`
    select environment_id, container_image_id from services where id = ${serviceId}`;
  return row ?? null;
}

/** The digest of the configuration that a digest of an image has for a server's platform. */
export async function findConfigDigest(
  sql: Sql,
  digestId: string,
  serverId: string,
): Promise<string | null> {
  const [row] = await sql<{ configDigest: string | null }[]>`
    select coalesce(
      (select platform ->> 'configDigest' from jsonb_array_elements(image_digests.platforms) as platform
        where platform ->> 'platform' like concat_ws('/', servers.host ->> 'os', servers.host ->> 'architecture') || '%'
        limit 1),
      image_digests.config_digest) as config_digest
    from image_digests, servers
    where image_digests.id = ${digestId} and servers.id = ${serverId}`;
  return row?.configDigest ?? null;
}
