import type { Sql } from "./connection.ts";

/*
 * How many rows the long tables have, kept by migrations/functions/count_rows.sql as rows that say by how
 * many each statement has changed it: writers wait for nobody, and a page reads a few sums instead of
 * counting a million rows.
 */

type CountedTable =
  | "audit_logs"
  | "container_images"
  | "deployment_plans"
  | "services"
  | "webhook_deliveries";

/**
 * Which version of its dependency graph an environment has, by migrations/functions/note_graph_change.sql: how often
 * what it shows has changed.
 */
export async function graphVersion(sql: Sql, environmentId: string): Promise<number> {
  const [row] = await sql<{ version: number }[]>`
    select coalesce(sum(change), 0)::bigint as version from row_counts
    where table_name = 'dependency_graphs' and environment_id = ${environmentId}`;
  return row?.version ?? 0;
}

/** @param of only these environments (null: all, and what is of none), of this kind, about this */
export async function countedRows(
  sql: Sql,
  table: CountedTable,
  of: { environmentIds: string[] | null; kind?: string | null; about?: string | null },
): Promise<number> {
  const { environmentIds, kind = null, about = null } = of;
  const [row] = await sql<{ total: number }[]>`
    select coalesce(sum(change), 0)::bigint as total from row_counts
    where table_name = ${table}
      and (${environmentIds}::uuid[] is null or environment_id = any(${environmentIds}::uuid[]))
      and (${kind}::text is null or kind = ${kind})
      and (${about}::text is null or about = ${about})`;
  return row?.total ?? 0;
}

/** How many a row of `environments` has, for a list of them. */
export const countedIn = (sql: Sql, table: "container_images" | "services") => sql`(
  select coalesce(sum(change), 0)::bigint from row_counts
  where table_name = ${table} and environment_id = environments.id)`;

/** Makes one row of all that say the same; sums stay as they are at every moment. */
export async function foldRowCounts(sql: Sql): Promise<void> {
  await sql`
    with folded as (
      delete from row_counts where ctid = any(array(
        select unnest(array_agg(ctid)) from row_counts
        group by table_name, environment_id, kind, about
        having count(*) > 1 or sum(change) = 0))
      returning *)
    insert into row_counts (table_name, environment_id, kind, about, change)
    select table_name, environment_id, kind, about, sum(change) from folded
    group by 1, 2, 3, 4 having sum(change) <> 0`;
}
