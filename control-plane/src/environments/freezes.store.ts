import type { Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/** Nothing is deployed until then. */
export interface Freeze {
  until: Date;
  reason: string;
  /** who set it: an e-mail address, or what else acted */
  by: string;
  /** of all environments, not of one */
  everywhere: boolean;
}

/** The same as the database writes it into JSON, with the time as text. */
export type FreezeColumn = Omit<Freeze, "until"> & { until: string };

/** As a column of a row of `environments`: the freeze that counts there, the one that ends last; null: none. */
export const freezeOf = (sql: Sql) => sql`(
  select json_build_object('until', f.until, 'reason', f.reason, 'by', f.set_by,
    'everywhere', f.environment_id is null)
  from freezes f
  where (f.environment_id = environments.id or f.environment_id is null) and f.until > now()
  order by f.until desc limit 1)`;

export function freezeFrom(column: FreezeColumn | null): Freeze | null {
  return column && { ...column, until: new Date(column.until) };
}

/** The freeze that counts in an environment now. */
export async function findFreeze(sql: Sql, environmentId: string): Promise<Freeze | null> {
  const [row] = await sql<{ freeze: FreezeColumn | null }[]>`
    select ${freezeOf(sql)} as freeze from environments where id = ${environmentId}`;
  return freezeFrom(row?.freeze ?? null);
}

/** The one of all environments, if there is one now. */
export async function findFreezeOfAll(sql: Sql): Promise<Freeze | null> {
  const [row] = await sql<Freeze[]>`
    select until, reason, set_by as by, true as everywhere from freezes
    where environment_id is null and until > now()`;
  return row ?? null;
}

/**
 * Takes the place of one that is there.
 * @param environmentId null: all of them
 */
export async function setFreeze(
  sql: Sql,
  environmentId: string | null,
  { until, reason, by }: Pick<Freeze, "until" | "reason" | "by">,
): Promise<void> {
  await sql`
    insert into freezes (id, environment_id, until, reason, set_by)
    values (${newId()}, ${environmentId}, ${until}, ${reason}, ${by})
    on conflict (coalesce(environment_id, '00000000-0000-0000-0000-000000000000'::uuid))
    do update set until = excluded.until, reason = excluded.reason, set_by = excluded.set_by,
      set_at = now()`;
  await touch(sql, environmentId);
}

/** @returns whether there was one that had not ended by itself */
export async function endFreeze(sql: Sql, environmentId: string | null): Promise<boolean> {
  const ended = await sql<{ active: boolean }[]>`
    delete from freezes where environment_id is not distinct from ${environmentId}::uuid
    returning until > now() as active`;
  await touch(sql, environmentId);
  return ended.some(({ active }) => active);
}

/** So that whoever shows these environments reads them again. */
async function touch(sql: Sql, environmentId: string | null): Promise<void> {
  await sql`
    update environments set updated_at = now()
    where ${environmentId}::uuid is null or id = ${environmentId}`;
}
