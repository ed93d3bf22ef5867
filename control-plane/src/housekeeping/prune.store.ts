import type { Sql } from "../database/connection.ts";
import { serverIsOnline } from "../servers/online.store.ts";

/** Servers that a plan deployed to, if their environment wants to be pruned after deploys. */
export async function deployedServers(sql: Sql, planId: string): Promise<string[]> {
  const rows = await sql<{ serverId: string }[]>`
    select distinct s.server_id from plan_steps s
    join deployment_plans p on p.id = s.plan_id
    join environments e on e.id = p.environment_id
    where s.plan_id = ${planId} and s.action = 'deploy' and s.status = 'success'
      and s.server_id is not null and e.auto_prune_images
    order by s.server_id`;
  return rows.map(({ serverId }) => serverId);
}

/** Servers that are connected, in environments that want to be pruned. */
export async function serversToPrune(sql: Sql): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select servers.id from servers join environments e on e.id = servers.environment_id
    where e.auto_prune_images and ${serverIsOnline(sql)} order by servers.id`;
  return rows.map(({ id }) => id);
}

/** How a server's environment wants to be pruned; null: not at all. */
export async function pruneModeOf(sql: Sql, serverId: string): Promise<"dangling" | "all" | null> {
  const [row] = await sql<{ mode: "dangling" | "all" }[]>`
    select e.prune_images_mode as mode from servers s join environments e on e.id = s.environment_id
    where s.id = ${serverId} and e.auto_prune_images`;
  return row?.mode ?? null;
}
