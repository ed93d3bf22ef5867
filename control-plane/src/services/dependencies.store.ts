import { brokenConstraint, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";

export type DependencyType = "health_before" | "deploy_after";

/** `serviceId` is deployed after `dependsOnId`; with `health_before`, once that one is healthy. */
export interface DependencyRow {
  id: string;
  serviceId: string;
  dependsOnId: string;
  type: DependencyType;
  createdAt: Date;
  dependsOnName: string;
  dependsOnServerName: string;
  serviceName: string;
}

const columns = (sql: Sql) => sql`
  select service_dependencies.id, service_id, depends_on_id, type,
    service_dependencies.created_at, needed.name as depends_on_name,
    servers.name as depends_on_server_name, needing.name as service_name
  from service_dependencies
  join services as needed on needed.id = depends_on_id
  join servers on servers.id = needed.server_id
  join services as needing on needing.id = service_id`;

/** What a service depends on. */
export async function dependenciesOf(sql: Sql, serviceId: string): Promise<DependencyRow[]> {
  return sql<DependencyRow[]>`
    ${columns(sql)} where service_id = ${serviceId} order by lower(needed.name), depends_on_id`;
}

export async function dependenciesIn(sql: Sql, environmentId: string): Promise<DependencyRow[]> {
  return sql<DependencyRow[]>`
    ${columns(sql)} where service_dependencies.environment_id = ${environmentId}
    order by service_dependencies.created_at, service_dependencies.id`;
}

/** A dependency as a graph shows it. */
export type GraphEdge = Pick<DependencyRow, "id" | "serviceId" | "dependsOnId" | "type">;

/** The same as a graph shows them: nothing of the services is read, which it has as its nodes. */
export async function graphEdges(sql: Sql, environmentId: string): Promise<GraphEdge[]> {
  return sql<GraphEdge[]>`
    select id, service_id, depends_on_id, type from service_dependencies
    where environment_id = ${environmentId} order by created_at, id`;
}

/** The dependencies that one of these services has, or that others have on it. */
export async function edgesAt(sql: Sql, serviceIds: string[]): Promise<GraphEdge[]> {
  return sql<GraphEdge[]>`
    select id, service_id, depends_on_id, type from service_dependencies
    where service_id = any(${serviceIds}::uuid[]) or depends_on_id = any(${serviceIds}::uuid[])
    order by created_at, id`;
}

/** Keeps an environment's dependencies as they are until the transaction ends: circles take two. */
export async function lockDependencies(sql: Sql, environmentId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('dependencies ' || ${environmentId}, 0))`;
}

/** @throws {Problem} 409 when the dependency exists */
export async function insertDependency(
  sql: Sql,
  dependency: {
    environmentId: string;
    serviceId: string;
    dependsOnId: string;
    type: DependencyType;
  },
): Promise<string> {
  const id = newId();
  try {
    await sql`insert into service_dependencies ${sql({ id, ...dependency })}`;
  } catch (error) {
    if (brokenConstraint(error) !== "service_dependencies_service_id_depends_on_id_key") {
      throw error;
    }
    throw new Problem("conflict", "dependency_exists", "This dependency already exists");
  }
  return id;
}

/** @returns false when the service has no such dependency */
export async function deleteDependency(sql: Sql, serviceId: string, id: string): Promise<boolean> {
  const deleted = await sql`
    delete from service_dependencies where id = ${id} and service_id = ${serviceId}`;
  return deleted.count > 0;
}

export interface GraphNode {
  id: string;
  name: string;
  serverId: string;
  serverName: string;
}

/**
 * The services of an environment as a graph shows them, by name.
 * @param only those of them with these ids; null: all
 */
export async function graphNodes(
  sql: Sql,
  environmentId: string,
  only: string[] | null = null,
): Promise<GraphNode[]> {
  return sql<GraphNode[]>`
    select services.id, services.name, servers.id as server_id, servers.name as server_name
    from services join servers on servers.id = services.server_id
    where services.environment_id = ${environmentId}
      ${only === null ? sql`` : sql`and services.id = any(${only}::uuid[])`}
    order by lower(services.name), services.id`;
}
