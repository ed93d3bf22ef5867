import type { Sql } from "../database/connection.ts";
import { leaseSeconds } from "../servers/online.store.ts";

export interface StaleServer {
  id: string;
  name: string;
  environmentId: string;
  lastSeenAt: Date;
}

/**
 * Marks servers offline for which no replica has vouched for a while. Gateways do so by themselves
 * every few seconds; this is for the case that none of them can.
 */
export async function markStaleServers(sql: Sql): Promise<StaleServer[]> {
  return sql<StaleServer[]>`
    update servers set status = 'offline', session_id = null
    where status = 'online' and last_seen_at < now() - make_interval(secs => ${leaseSeconds * 2})
    returning id, name, environment_id, last_seen_at`;
}
