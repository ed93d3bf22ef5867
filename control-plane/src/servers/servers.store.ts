import type { HostStatus } from "@bridgeport/proto";
import { brokenConstraint, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { Problem } from "../problem.ts";
import type { UpgradeStatus } from "./agent-upgrades.store.ts";
import { serverStatus } from "./online.store.ts";

export type ServerStatus = "pending" | "online" | "offline";

export interface ServerRow {
  id: string;
  environmentId: string;
  name: string;
  hostname: string | null;
  tags: string[];
  /** `pending` until an agent has joined; `online` only while a replica has vouched for its stream lately */
  status: ServerStatus;
  agentVersion: string | null;
  /** the last that its agent said; null before it ever connected */
  host: HostStatus | null;
  lastSeenAt: Date | null;
  /** an administrator has ended its certificates, and no agent has joined since */
  revokedAt: Date | null;
  /** until when the last of its certificates that count is good; null: it has none */
  certificateExpiresAt: Date | null;
  createdAt: Date;
  updatedAt: Date;
  serviceCount: number;
  /** the last order to upgrade its agent */
  agentUpgrade: AgentUpgrade | null;
}

export interface AgentUpgrade {
  status: UpgradeStatus;
  from: string;
  to: string;
  error: string | null;
}

/** Until when the last certificate of a row of `servers` that counts is good. */
export const certificateEnd = (sql: Sql) => sql`
  (select max(expires_at) from server_certificates
    where server_id = servers.id and retired_at is null)`;

const columns = (sql: Sql) => sql`
  servers.id, servers.environment_id, servers.name, servers.hostname, servers.tags,
  ${serverStatus(sql)} as status,
  servers.agent_version, servers.host, servers.last_seen_at, servers.revoked_at,
  servers.created_at, servers.updated_at,
  ${certificateEnd(sql)} as certificate_expires_at,
  (select count(*) from services where server_id = servers.id) as service_count,
  (select jsonb_build_object('status', u.status, 'from', u.from_version, 'to', u.to_version,
    'error', u.error) from agent_upgrades u where u.id = servers.id) as agent_upgrade`;

const taken = () =>
  new Problem("conflict", "server_name_taken", "A server with this name already exists");

export async function listServers(
  sql: Sql,
  environmentId: string,
  page: { limit: number; offset: number },
): Promise<{ servers: ServerRow[]; total: number }> {
  const servers = await sql<ServerRow[]>`
    select ${columns(sql)} from servers where environment_id = ${environmentId}
    order by lower(name) limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from servers where environment_id = ${environmentId}`;
  return { servers, total: count?.total ?? 0 };
}

/** All servers of an environment, by name. */
export async function everyServer(sql: Sql, environmentId: string): Promise<ServerRow[]> {
  return sql<ServerRow[]>`
    select ${columns(sql)} from servers where environment_id = ${environmentId}
    order by lower(name)`;
}

export async function findServer(sql: Sql, id: string): Promise<ServerRow | null> {
  const [row] = await sql<ServerRow[]>`select ${columns(sql)} from servers where id = ${id}`;
  return row ?? null;
}

/** @throws {Problem} 409 when the name is taken in the environment */
export async function insertServer(
  sql: Sql,
  server: { environmentId: string; name: string; hostname: string | null; tags: string[] },
): Promise<string> {
  const id = newId();
  try {
    await sql`insert into servers ${sql({ id, ...server })}`;
  } catch (error) {
    throw brokenConstraint(error) === "servers_name" ? taken() : error;
  }
  return id;
}

/** @throws {Problem} 409 when the name is taken in the environment */
export async function updateServer(
  sql: Sql,
  id: string,
  change: { name?: string; hostname?: string | null; tags?: string[] },
): Promise<void> {
  try {
    await sql`update servers set ${sql({ ...change, updatedAt: new Date() })} where id = ${id}`;
  } catch (error) {
    throw brokenConstraint(error) === "servers_name" ? taken() : error;
  }
}

/** Its services, containers, commands and join tokens go with it; plans keep its name. */
export async function deleteServer(sql: Sql, id: string): Promise<void> {
  await sql`delete from servers where id = ${id}`;
}

/** A plan that is at work on a server now. */
export async function activePlanOn(sql: Sql, serverId: string): Promise<string | null> {
  const [row] = await sql<{ planId: string }[]>`
    select plan_id from plan_services where server_id = ${serverId} and active limit 1`;
  return row?.planId ?? null;
}

/** References of images that plans at work on a server deploy or go back to: a prune leaves them alone. */
export async function imagesInUseByPlans(sql: Sql, serverId: string): Promise<string[]> {
  const rows = await sql<{ reference: string }[]>`
    with active as (
      select plan_id, rollback_body ->> 'reference' as previous from plan_services
      where server_id = ${serverId} and active
    )
    select previous as reference from active where previous is not null
    union
    select body ->> 'reference' from plan_steps
    where plan_id in (select plan_id from active) and server_id = ${serverId}
      and body ->> 'reference' is not null`;
  return rows.map(({ reference }) => reference);
}
