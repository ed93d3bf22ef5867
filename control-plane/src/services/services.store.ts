import type { ContainerReport, ContainerSpec, DeployOrder, HealthProbe } from "@bridgeport/proto";
import { brokenConstraint, json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { Page, Position } from "../database/position.ts";
import { countedRows } from "../database/row-counts.store.ts";
import { Problem } from "../problem.ts";
import { serverIsOnline } from "../servers/online.store.ts";
import type { UpdateKind } from "../update-kinds.ts";
import type { ServiceStatus } from "./status.ts";

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
    select report, state, health, exit_code, compose_project from containers
    where containers.server_id = services.server_id
      and containers.name = services.container_name
      and services.discovery_status = 'found'
    order by state = 'running' desc, engine_created_at desc limit 1
  )`;

const updateOf = (sql: Sql) => sql`
  case when service_updates.digest_id is not null then json_build_object(
    'digestId', service_updates.digest_id, 'bestTag', service_updates.tag,
    'kind', service_updates.kind, 'reason', service_updates.because) end`;
const updateColumn = (sql: Sql) => sql`${updateOf(sql)} as update`;
/** What was decided for something else that it was deployed at says nothing. */
const withUpdate = (sql: Sql) => sql`
  left join service_updates on service_updates.service_id = services.id
    and service_updates.container_image_id = services.container_image_id
    and service_updates.deployed_digest_id = services.deployed_digest_id`;

const view = (sql: Sql) => sql`
  select services.id, services.environment_id, services.server_id, servers.name as server_name,
    ${serverIsOnline(sql)} as server_online,
    services.name, services.container_name, services.container_image_id,
    container_images.name as image_display_name, container_images.image_name,
    container_images.update_available as image_update_available,
    service_updates.reason as update_reason,
    ${updateColumn(sql)}, services.image_tag, services.deployed_digest_id,
    image_digests.manifest_digest as deployed_digest, services.running_digest,
    service_drift(services) as drifting_to, services.discovery_status, services.ever_found, services.health_check_url,
    services.health_wait_ms, services.health_retries, services.health_interval_ms,
    services.health_probe, services.deploy_order, services.spec,
    services.last_deployed_at, services.created_at, services.updated_at, container.report as container, container.compose_project,
    active.plan_id as active_plan_id
  from services
  join servers on servers.id = services.server_id
  join container_images on container_images.id = services.container_image_id
  left join image_digests on image_digests.id = services.deployed_digest_id
  ${withUpdate(sql)}
  left join lateral ${shownContainer(sql)} as container on true
  left join lateral (
    select plan_id from plan_services where service_id = services.id and active limit 1
  ) as active on true`;

/** A service as its image shows it. */
export interface LinkedService {
  id: string;
  containerImageId: string;
  name: string;
  serverId: string;
  serverName: string;
  composeProject: string | null;
  imageTag: string | null;
  runningDigest: string | null;
  deployedDigestId: string | null;
  update: ServiceRow["update"];
  status: ServiceStatus;
}

/** The services that are linked to these images, by name: without their containers' long reports. */
export async function linkedServices(sql: Sql, imageIds: string[]): Promise<LinkedService[]> {
  return sql<LinkedService[]>`
    select services.id, services.container_image_id, services.name, services.server_id,
      servers.name as server_name, container.compose_project, services.image_tag,
      services.running_digest, services.deployed_digest_id, ${updateColumn(sql)},
      ${statusInSql(sql)} as status
    from services
    join servers on servers.id = services.server_id
    left join plan_services as active on active.service_id = services.id and active.active
    left join lateral ${shownContainer(sql)} as container on true
    ${withUpdate(sql)}
    where services.container_image_id = any(${imageIds}::uuid[])
    order by lower(services.name), services.id`;
}

/** The same of each image as the JSON text that the API shows, with how many there are. */
export async function linkedServicesJson(
  sql: Sql,
  imageIds: string[],
): Promise<{ containerImageId: string; total: number; current: number; services: string }[]> {
  return sql<{ containerImageId: string; total: number; current: number; services: string }[]>`
    select services.container_image_id, count(*) as total,
      count(*) filter (where services.deployed_digest_id = container_images.deployed_digest_id) as current,
      json_agg(json_build_object('id', services.id, 'name', services.name,
        'serverId', services.server_id, 'serverName', servers.name,
        'composeProject', container.compose_project, 'imageTag', services.image_tag,
        'runningDigest', services.running_digest, 'deployedDigestId', services.deployed_digest_id,
        'update', ${updateOf(sql)}, 'status', ${statusInSql(sql)},
        'updateAvailable', service_updates.digest_id is not null)
        order by lower(services.name), services.id)::text as services
    from services
    join container_images on container_images.id = services.container_image_id
    join servers on servers.id = services.server_id
    left join plan_services as active on active.service_id = services.id and active.active
    left join lateral ${shownContainer(sql)} as container on true
    ${withUpdate(sql)}
    where services.container_image_id = any(${imageIds}::uuid[])
    group by services.container_image_id`;
}

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
  status?: ServiceStatus | undefined;
  drift?: boolean | undefined;
  /** exactly this one */
  composeProject?: string | undefined;
  /** default: name; composeProject: by that first, those of none last */
  sort?: "name" | "composeProject" | undefined;
}

/**
 * Services that a filter keeps, in the order that it asks for: a page of them, or all. Which ones are on
 * the page is decided by what indexes hold; only those are then read whole.
 * @param page `after` only with services by name
 * @returns `last` where the next page by name begins
 */
export async function listServices(
  sql: Sql,
  filter: ServiceFilter,
  page: Page<string> | null,
): Promise<{ services: ServiceRow[]; total: number; last: Position<string> | undefined }> {
  const { rows, total } = await foundServices(sql, filter, page);
  const found = await findServices(
    sql,
    rows.map(({ id }) => id),
  );
  const byId = new Map(found.map((service) => [service.id, service]));
  return { services: rows.flatMap(({ id }) => byId.get(id) ?? []), total, last: rows.at(-1) };
}

interface Found {
  rows: Position<string>[];
  total: number;
}

async function foundServices(
  sql: Sql,
  filter: ServiceFilter,
  page: Page<string> | null,
): Promise<Found> {
  const { limit = null, offset = 0, after = null } = page ?? {};
  const { imageId } = filter;
  if (looksAtContainers(filter) || filter.q !== null) {
    // What has to be looked at for the page has to be for the total, too: once for both.
    const kept = looksAtContainers(filter)
      ? sql`
          case when ${filter.sort === "composeProject"} then container.compose_project end as project
        from services ${withContainers(sql, filter)}`
      : sql`
        null::text as project from services where ${inScope(sql, filter)} and services.id = any(${named(sql, filter.q ?? "")})
          and (${imageId}::uuid is null or services.container_image_id = ${imageId})`;
    const rows = await sql<(Position<string> & { total: number })[]>`
      with kept as materialized (select services.id, lower(services.name) as key, ${kept})
      select id, key, (select count(*) from kept) as total from kept
      ${after === null ? sql`` : sql`where (key, id) > (${after.key}, ${after.id}::uuid)`}
      order by lower(project) nulls last, project, key, id limit ${limit} offset ${offset}`;
    const [first] = rows;
    if (first !== undefined) return { rows, total: first.total };
    if (offset === 0 && after === null) return { rows, total: 0 };
    const [count] = await sql<{ total: number }[]>`
      select count(*) as total from (select ${kept}) as kept`;
    return { rows, total: count?.total ?? 0 };
  }
  const where = sql`
    ${inScope(sql, filter)} ${imageId === null ? sql`` : sql`and container_image_id = ${imageId}`}`;
  const rows = await sql<Position<string>[]>`
    select id, lower(name) as key from services where ${where}
    ${after === null ? sql`` : sql`and (lower(name), id) > (${after.key}, ${after.id}::uuid)`}
    order by lower(name), id limit ${limit} offset ${offset}`;
  if (page === null) return { rows, total: rows.length };
  if ("environmentId" in filter.of && imageId === null) {
    return { rows, total: await countedServices(sql, filter.of.environmentId) };
  }
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from services where ${where}`;
  return { rows, total: count?.total ?? 0 };
}

const inScope = (sql: Sql, { of }: ServiceFilter) =>
  "serverId" in of
    ? sql`services.server_id = ${of.serverId}`
    : sql`services.environment_id = ${of.environmentId}`;

/** Ids of an environment's services whose container is of a Compose project. */
export async function servicesOfProject(
  sql: Sql,
  environmentId: string,
  composeProject: string,
): Promise<string[]> {
  const filter = { of: { environmentId }, q: null, imageId: null, composeProject };
  const rows = await sql<{ id: string }[]>`
    select services.id from services ${withContainers(sql, filter)}`;
  return rows.map(({ id }) => id);
}

const looksAtContainers = ({ status, drift, composeProject, sort }: ServiceFilter) =>
  status !== undefined ||
  drift !== undefined ||
  composeProject !== undefined ||
  sort === "composeProject";

/** How many services an environment has, without counting them. */
export function countedServices(sql: Sql, environmentId: string): Promise<number> {
  return countedRows(sql, "services", { environmentIds: [environmentId] });
}

/** Whether the containers of nearly all services are asked for: then all of them are read at once. */
const looksAtMany = ({ of, q, imageId, composeProject }: ServiceFilter) =>
  "environmentId" in of && q === null && imageId === null && composeProject === undefined;

/** Joins what statuses and projects are made of, and keeps what a filter asks for of these. */
function withContainers(sql: Sql, filter: ServiceFilter) {
  const status = filter.status ?? null;
  const drift = filter.drift ?? null;
  const project = filter.composeProject ?? null;
  return sql`
    join servers on servers.id = services.server_id
    left join image_digests as deployed on deployed.id = services.deployed_digest_id
    left join plan_services as active on active.service_id = services.id and active.active
    ${
      looksAtMany(filter)
        ? sql`left join (
            select distinct on (server_id, name) server_id, name, state, health, exit_code, compose_project
            from containers order by server_id, name, state = 'running' desc, engine_created_at desc
          ) as container on services.discovery_status = 'found'
            and container.server_id = services.server_id and container.name = services.container_name`
        : sql`left join lateral ${shownContainer(sql)} as container on true`
    }
    where ${inScope(sql, filter)}
      and (${filter.imageId}::uuid is null or services.container_image_id = ${filter.imageId})
      ${filter.q === null ? sql`` : sql`and services.id = any(${named(sql, filter.q)})`}
      and (${status}::text is null or ${statusInSql(sql)} = ${status})
      and (${drift}::boolean is null or ${drift} = (active.plan_id is null and deployed.id is not null
        -- Nearly all run what was deployed, which is quicker to see than what the others run.
        and case when services.running_digest = deployed.manifest_digest then false
          else service_drift(services) is not null end))
      ${
        project === null
          ? sql``
          : sql`and (services.server_id, services.container_name) in (
              select server_id, name from containers where compose_project = ${project})
            and container.compose_project = ${project}`
      }`;
}

/**
 * Ids by part of a name: the service's by the index of all parts; images and servers are few. As an array,
 * so that they are found first, and services by them.
 */
function named(sql: Sql, q: string) {
  const like = `%${q.replaceAll(/[\\%_]/g, "\\$&")}%`;
  return sql`array(
    select id from services
    where text_parts(name || ' ' || container_name, 1)
        @> text_parts(${q}, least(3, char_length(${q})))
      and (name ilike ${like} or container_name ilike ${like})
    union all
    select services.id from container_images
    join services on services.container_image_id = container_images.id
    where container_images.image_name ilike ${like}
    union all
    select services.id from servers join services on services.server_id = servers.id
    where servers.name ilike ${like})`;
}

/** What serviceStatus says, of rows of services, servers, active and container; a test compares both. */
const statusInSql = (sql: Sql) => sql`
  case
    when active.plan_id is not null then 'deploying'
    when not services.ever_found then 'not_created'
    when services.discovery_status = 'missing' or container.state is null then 'missing'
    when not ${serverIsOnline(sql)} then 'unknown'
    when container.state = 'running' then
      case when container.health in ('healthy', 'starting', 'unhealthy') then container.health
        else 'running' end
    when container.state in ('restarting', 'paused', 'unknown') then container.state
    when container.state = 'dead' then 'failed'
    when container.state = 'exited' and container.exit_code not in (0, 137, 143) then 'failed'
    else 'stopped'
  end`;

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
