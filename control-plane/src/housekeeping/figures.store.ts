import type { Sql } from "../database/connection.ts";
import { serverStatus } from "../servers/online.store.ts";

/** How many of something there are in each status. */
export type Counts = Record<string, number>;

/** What is counted for metrics, of the whole installation. */
export interface Figures {
  plans: Counts;
  /** orders to agents that have no result yet, by status */
  commands: Counts;
  servers: Counts;
}

export async function countFigures(sql: Sql): Promise<Figures> {
  const rows = await sql<{ subject: keyof Figures; status: string; count: number }[]>`
    select 'plans' as subject, kind as status, sum(change)::bigint as count from row_counts
    where table_name = 'deployment_plans' group by kind having sum(change) <> 0
    union all
    select 'commands', status, count(*) from commands where status <> 'done' group by status
    union all
    select 'servers', ${serverStatus(sql)} as status, count(*) from servers group by 2`;
  const figures: Figures = { plans: {}, commands: {}, servers: {} };
  for (const { subject, status, count } of rows) figures[subject][status] = count;
  return figures;
}
