import { authoritiesCapability } from "@bridgeport/proto";
import type { Sql } from "../database/connection.ts";
import { serverStatus } from "./online.store.ts";

/** A server that would be shut out if only the current authority were trusted. */
export interface ServerNotRenewed {
  id: string;
  name: string;
  environmentId: string;
  status: "pending" | "online" | "offline";
  /** its agent has said that it can be asked to renew; others do so at half of a certificate's life */
  canBeAsked: boolean;
}

const joined = (sql: Sql) => sql`
  servers.revoked_at is null
    and (servers.certificate_generation > 0 or servers.status <> 'pending')`;

const renewed = (sql: Sql) => sql`
  exists (
    select from server_certificates c
    join certificate_authority a on a.fingerprint = c.authority and a.is_current
    where c.server_id = servers.id and c.generation = servers.certificate_generation
      and c.used_at is not null and c.retired_at is null)`;

/**
 * Servers whose agent has not used a certificate of the current authority yet, and those with a join
 * token that pins the one before.
 */
export async function serversNotRenewed(sql: Sql): Promise<ServerNotRenewed[]> {
  return sql<ServerNotRenewed[]>`
    select servers.id, servers.name, servers.environment_id, ${serverStatus(sql)} as status,
      ${authoritiesCapability} = any(servers.agent_capabilities) as can_be_asked
    from servers
    where (${joined(sql)}) and not (${renewed(sql)})
      or exists (
        select from join_tokens t
        join certificate_authority a on a.is_current and t.created_at < a.created_at
        where t.server_id = servers.id and t.used_at is null and t.expires_at > now())
    order by lower(servers.name), servers.id`;
}

export async function countRenewed(sql: Sql): Promise<number> {
  const [row] = await sql<[{ total: number }]>`
    select count(*) as total from servers where (${joined(sql)}) and (${renewed(sql)})`;
  return row.total;
}
