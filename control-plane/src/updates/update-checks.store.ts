import type { Sql } from "../database/connection.ts";

/**
 * Registries with images whose time to be checked comes within so many seconds: their own interval
 * after they were checked last, by the schedule or by hand, whether or not they answered.
 * @returns in how many milliseconds each is due; 0: now
 */
export async function registriesDueWithin(
  sql: Sql,
  seconds: number,
): Promise<{ id: string; refreshIntervalMinutes: number; dueInMs: number }[]> {
  return sql`
    select id, refresh_interval_minutes,
      greatest(0, coalesce(extract(epoch from due - now()) * 1000, 0))::float8 as due_in_ms
    from (
      select r.id, r.refresh_interval_minutes,
        greatest(r.last_refresh_at, c.started_at)
          + make_interval(mins => r.refresh_interval_minutes) as due
      from registries r left join registry_checks c on c.registry_id = r.id
      where exists (select from container_images where registry_id = r.id)
    ) as registry
    where due is null or due < now() + make_interval(secs => ${seconds})`;
}

/**
 * Begins with a registry if it is due, so that of several that want to, one does.
 * @param again goes on with what a process had begun that died
 */
export async function claimRegistryCheck(
  sql: Sql,
  registryId: string,
  again: boolean,
): Promise<RegistryUnderCheck | null> {
  const [registry] = await sql<RegistryUnderCheck[]>`
    with due as (
      select r.id, r.name, r.environment_id
      from registries r left join registry_checks c on c.registry_id = r.id
      where r.id = ${registryId} and (${again} or coalesce(
        greatest(r.last_refresh_at, c.started_at)
          + make_interval(mins => r.refresh_interval_minutes) <= now(), true))
    ), claimed as (
      insert into registry_checks (registry_id) select id from due
      on conflict (registry_id) do update set started_at = now()
        where ${again} or registry_checks.started_at < now() - interval '1 minute'
      returning registry_id
    )
    select id, name, environment_id from due where id in (select registry_id from claimed)`;
  return registry ?? null;
}

export interface RegistryUnderCheck {
  id: string;
  name: string;
  environmentId: string;
}

/** Images with a registry that were not looked at yet: they do not wait for the registry's turn. */
export async function imagesNeverChecked(
  sql: Sql,
  limit: number,
): Promise<{ id: string; registryId: string }[]> {
  return sql`
    select id, registry_id from container_images
    where registry_id is not null and last_checked_at is null and last_error is null
    order by created_at limit ${limit}`;
}
