import type { ContainerReport, ContainerSpec, DeployOrder, HealthProbe } from "@bridgeport/proto";
import { brokenConstraint, json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";
import { serverIsOnline } from "../servers/online.store.ts";
import type { UpdateKind } from "../update-kinds.ts";

/** A service with what is known of its server, image and container. */
export interface ServiceRow {
  id: string;
  environmentId: string;
  serverId: string;
  serverName: string;
  serverOnline: boolean;
  name: string;
  containerName: string;
  containerImageId: string;
  imageDisplayName: string;
  imageName: string;
  imageUpdateAvailable: boolean;
  /** why there is an update for it, or none; null: nothing was deployed, or it changed just now */
  updateReason: string | null;
  /** what an update would deploy to it; null: there is none */
  update: { digestId: string; bestTag: string; kind: UpdateKind; reason: string } | null;
  imageTag: string | null;
  deployedDigestId: string | null;
  /** the manifest digest of that row */
  deployedDigest: string | null;
  runningDigest: string | null;
  /** what it certainly runs instead of the deployed digest; null: nothing else, or it is not known */
  driftingTo: string | null;
  discoveryStatus: "found" | "missing";
  everFound: boolean;
  healthCheckUrl: string | null;
  /** null: the default of the kind of check */
  healthWaitMs: number | null;
  healthRetries: number;
  healthIntervalMs: number;
  healthProbe: HealthProbe;
  deployOrder: DeployOrder;
  /** as the person wrote it; see container-spec.ts */
  spec: ContainerSpec | null;
  lastDeployedAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  /** the container that passes for the service's; null while there is none */
  container: ContainerReport | null;
  /** the Compose project that its container says it is of */
  composeProject: string | null;
  /** the plan that is at work on it */
  activePlanId: string | null;
}

/** What a person may change. */
export interface ServiceChange {
  name?: string;
  imageTag?: string | null;
  healthCheckUrl?: string | null;
  healthWaitMs?: number | null;
  healthRetries?: number;
  healthIntervalMs?: number;
  healthProbe?: HealthProbe;
  deployOrder?: DeployOrder;
  spec?: ContainerSpec | null;
}

/** The container that passes for a service's. */
const shownContainer = (sql: Sql) => sql`(
    select report from containers
    where containers.server_id = services.server_id
      and containers.name = services.container_name
      and services.discovery_status = 'found'
    order by report ->> 'state' = 'running' desc, report -> 'createdAt' desc limit 1
  )`;
/** An empty label names no project. */
const composeProject = (sql: Sql) =>
  sql`nullif(container.report -> 'labels' ->> 'com.docker.compose.project', '')`;

const view = (sql: Sql) => sql`
  select services.id, services.environment_id, services.server_id, servers.name as server_name,
    ${serverIsOnline(sql)} as server_online,
    services.name, services.container_name, services.container_image_id,
    container_images.name as image_display_name, container_images.image_name,
    container_images.update_available as image_update_available,
    service_updates.reason as update_reason,
    case when service_updates.digest_id is not null then json_build_object(
      'digestId', service_updates.digest_id, 'bestTag', service_updates.tag,
      'kind', service_updates.kind, 'reason', service_updates.because) end as update,
    services.image_tag, services.deployed_digest_id,
    image_digests.manifest_digest as deployed_digest, services.running_digest,
    service_drift(services) as drifting_to, services.discovery_status, services.ever_found, services.health_check_url,
    services.health_wait_ms, services.health_retries, services.health_interval_ms,
    services.health_probe, services.deploy_order, services.spec,
    services.last_deployed_at, services.created_at, services.updated_at, container.report as container,
    ${composeProject(sql)} as compose_project,
    active.plan_id as active_plan_id
  from services
  join servers on servers.id = services.server_id
  join container_images on container_images.id = services.container_image_id
  left join image_digests on image_digests.id = services.deployed_digest_id
  -- What was decided for something else that it was deployed at says nothing.
  left join service_updates on service_updates.service_id = services.id
    and service_updates.container_image_id = services.container_image_id
    and service_updates.deployed_digest_id = services.deployed_digest_id
  left join lateral ${shownContainer(sql)} as container on true
  left join lateral (
    select plan_id from plan_services where service_id = services.id and active limit 1
  ) as active on true`;

/** Services by these ids, whichever exist, by name. */
export async function findServices(sql: Sql, ids: string[]): Promise<ServiceRow[]> {
  return sql<ServiceRow[]>`
    ${view(sql)} where services.id = any(${ids}::uuid[])
    order by lower(services.name), services.id`;
}

export async function findService(sql: Sql, id: string): Promise<ServiceRow | null> {
  const [row] = await findServices(sql, [id]);
  return row ?? null;
}

/**
 * What its agent said that its container was created from; see recorded-spec.ts. Apart from the rest, as it
 * is long and lists are read often.
 */
export async function findRecordedSpec(sql: Sql, id: string): Promise<ContainerSpec | null> {
  const [row] = await sql<{ recordedSpec: ContainerSpec | null }[]>`
    select recorded_spec from services where id = ${id}`;
  return row?.recordedSpec ?? null;
}

export interface ServiceFilter {
  of: { environmentId: string } | { serverId: string };
  /** part of the service's, container's, image's or server's name */
  q: string | null;
  imageId: string | null;
  /** exactly this one */
  composeProject?: string | undefined;
  /** default: name; composeProject: by that first, those of none last */
  sort?: "name" | "composeProject" | undefined;
}

/** Services that a filter keeps, in the order that it asks for: a page of them, or all. */
export async function listServices(
  sql: Sql,
  filter: ServiceFilter,
  page: { limit: number; offset: number } | null,
): Promise<{ services: ServiceRow[]; total: number }> {
  const project = filter.composeProject ?? null;
  const like = filter.q === null ? null : `%${filter.q.replaceAll(/[\\%_]/g, "\\$&")}%`;
  const where = sql`
    ${
      "serverId" in filter.of
        ? sql`services.server_id = ${filter.of.serverId}`
        : sql`services.environment_id = ${filter.of.environmentId}`
    }
    and (${filter.imageId}::uuid is null or services.container_image_id = ${filter.imageId})
    and (${project}::text is null or ${project} = (
      select ${composeProject(sql)} from ${shownContainer(sql)} as container))
    and (${like}::text is null or services.name ilike ${like}
      or services.container_name ilike ${like}
      or container_images.image_name ilike ${like} or servers.name ilike ${like})`;
  const services = await sql<ServiceRow[]>`
    ${view(sql)} where ${where}
    order by ${
      filter.sort === "composeProject"
        ? sql`lower(${composeProject(sql)}) nulls last, ${composeProject(sql)},`
        : sql``
    } lower(services.name), services.id
    ${page ? sql`limit ${page.limit} offset ${page.offset}` : sql``}`;
  if (page === null) return { services, total: services.length };
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from services
    join servers on servers.id = services.server_id
    join container_images on container_images.id = services.container_image_id
    where ${where}`;
  return { services, total: count?.total ?? 0 };
}

/** @throws {Problem} 409 when the server has a service of that container name */
export async function insertService(
  sql: Sql,
  service: {
    environmentId: string;
    serverId: string;
    name: string;
    containerName: string;
    containerImageId: string;
    imageTag: string | null;
    spec: ContainerSpec | null;
  },
): Promise<string> {
  const id = newId();
  try {
    await sql`
      insert into services ${sql({
        id,
        ...service,
        spec: service.spec === null ? null : json(sql, service.spec),
      } as never)}`;
  } catch (error) {
    if (brokenConstraint(error) !== "services_server_id_container_name_key") throw error;
    throw new Problem(
      "conflict",
      "container_name_taken",
      `This server has a service for the container ${service.containerName} already`,
    );
  }
  return id;
}

export async function updateService(sql: Sql, id: string, change: ServiceChange): Promise<void> {
  const { spec, ...rest } = change;
  // What a person describes now counts before what was recorded of an earlier container.
  const described = spec && { spec: json(sql, spec), recordedSpec: null };
  await sql`
    update services set ${sql({
      ...rest,
      ...(spec === undefined ? {} : (described ?? { spec: null })),
      updatedAt: new Date(),
    } as never)}
    where id = ${id}`;
}

/** Its dependencies go with it; plans keep its name. Its container is not touched. */
export async function deleteService(sql: Sql, id: string): Promise<void> {
  await sql`delete from services where id = ${id}`;
}

/** Keeps a service as it is until the transaction ends. @returns false for an unknown one */
export async function lockService(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql`select from services where id = ${id} for update`;
  return rows.length > 0;
}

/** An image as far as linking a service to it goes. */
export async function findLinkableImage(
  sql: Sql,
  id: string,
): Promise<{ id: string; environmentId: string } | null> {
  const [row] = await sql<{ id: string; environmentId: string }[]>`
    select id, environment_id from container_images where id = ${id}`;
  return row ?? null;
}
