import type { Sql } from "../database/connection.ts";

/* What is broken now; see set_alert.sql in migrations/functions, which writes it down. */

/** Services that were last told to restart again and again: what ends that is time without a restart. */
export async function crashLoops(sql: Sql): Promise<string[]> {
  const rows = await sql<{ serviceId: string }[]>`
    select service_id from alerts where event = 'container.crash_looping' and service_id is not null
    order by service_id`;
  return rows.map(({ serviceId }) => serviceId);
}

/** Looks again at what is broken about a service's container, though nothing was reported. */
export async function reviewContainerAlert(sql: Sql, serviceId: string): Promise<void> {
  await sql`select from review_container_alerts(array[${serviceId}]::uuid[])`;
}
