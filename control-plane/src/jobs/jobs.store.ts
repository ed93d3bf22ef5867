import { jobsSchema } from "../database/application-role.ts";
import { json, type Sql } from "../database/connection.ts";

/** Something to be done in the background, once, on whichever replica comes first. */
export interface JobRequest {
  task: string;
  payload?: Record<string, unknown>;
  /** a job of this key that has not begun yet is changed rather than joined by another one */
  key?: string;
  /** jobs of one queue run one at a time, over all replicas */
  queue?: string;
  /** the earliest that it may begin; 0: now */
  delayMs?: number;
  /** lower goes first */
  priority?: number;
  /** how often it may be begun, counting what a process that died began */
  attempts?: number;
}

/**
 * Adds a job; it exists once the transaction is committed. The earlier of two times for one key
 * stays. One statement: workers are told when it is committed, and then find the job due.
 */
export async function addJob(sql: Sql, job: JobRequest, flags: string[] | null): Promise<void> {
  const runAt = sql`clock_timestamp() + make_interval(secs => ${(job.delayMs ?? 0) / 1000})`;
  await sql`
    with added as materialized (
      select id, run_at from ${sql(jobsSchema)}.add_job(
        identifier => ${job.task}::text, payload => ${json(sql, job.payload ?? {})}::json,
        queue_name => ${job.queue ?? null}::text, run_at => ${runAt},
        max_attempts => ${job.attempts ?? 3}::int, job_key => ${job.key ?? null}::text,
        priority => ${job.priority ?? 0}::int, flags => ${flags}::text[],
        job_key_mode => 'preserve_run_at'))
    select from ${sql(jobsSchema)}.reschedule_jobs(
      array(select id from added where run_at > ${runAt}), run_at => ${runAt})`;
}

/** Adds the next run of what runs again and again; the one that is waiting is moved there. */
export async function addNextRun(
  sql: Sql,
  run: { task: string; key: string; queue: string; delayMs: number },
): Promise<void> {
  await sql`
    select from ${sql(jobsSchema)}.add_job(
      identifier => ${run.task}::text, queue_name => ${run.queue}::text,
      run_at => clock_timestamp() + make_interval(secs => ${run.delayMs / 1000}),
      max_attempts => ${maxAttempts}::int, job_key => ${run.key}::text)`;
}

// A run that cannot even note its successor has to be repeated until it can.
const maxAttempts = 32_767;

/** For how long nothing has to be heard of a process until its jobs are begun again. */
export const runnerSilenceSeconds = 30;

/**
 * Says that a process is alive, and gives back the jobs of processes that are not: the library
 * itself would leave them alone for four hours.
 * @returns the ids of the runners that were given up
 */
export async function beat(sql: Sql, runnerId: string): Promise<string[]> {
  await sql`
    insert into job_runners (id) values (${runnerId})
    on conflict (id) do update set seen_at = now()`;
  const dead = await sql<{ id: string }[]>`
    delete from job_runners where seen_at < now() - make_interval(secs => ${runnerSilenceSeconds})
    returning id`;
  const strangers = await sql<{ id: string }[]>`
    select distinct locked_by as id from ${sql(jobsSchema)}.jobs
    where locked_by is not null
      and locked_at < now() - make_interval(secs => ${runnerSilenceSeconds})
      and not exists (select from job_runners where job_runners.id = locked_by)`;
  const ids = [...new Set([...dead, ...strangers].map(({ id }) => id))];
  if (ids.length > 0) await unlock(sql, ids);
  return ids;
}

/** A process leaves: what it has not finished is begun again by another. */
export async function leave(sql: Sql, runnerId: string): Promise<void> {
  await sql`delete from job_runners where id = ${runnerId}`;
  await unlock(sql, [runnerId]);
}

async function unlock(sql: Sql, runnerIds: string[]): Promise<void> {
  await sql`select from ${sql(jobsSchema)}.force_unlock_workers(${runnerIds}::text[])`;
}

/** Forgets jobs that failed for the last time longer ago than this. */
export async function forgetFailedJobs(sql: Sql, days: number): Promise<number> {
  const gone = await sql`
    select from ${sql(jobsSchema)}.complete_jobs(array(
      select id from ${sql(jobsSchema)}.jobs
      where attempts >= max_attempts and locked_at is null
        and updated_at < now() - make_interval(days => ${days})))`;
  return gone.length;
}

/** How many jobs have failed for the last time, and how many nobody has begun a quarter of an hour after their time. */
export async function jobTroubles(sql: Sql): Promise<{ failed: number; late: number }> {
  const [there] = await sql<{ jobs: string | null }[]>`
    select to_regclass(${`${jobsSchema}.jobs`})::text as jobs`;
  if (!there?.jobs) return { failed: 0, late: 0 };
  const [row] = await sql<{ failed: number; late: number }[]>`
    select count(*) filter (where attempts >= max_attempts) as failed,
      count(*) filter (where attempts < max_attempts and run_at < now() - interval '15 minutes')
        as late
    from ${sql(jobsSchema)}.jobs where locked_at is null`;
  return row ?? { failed: 0, late: 0 };
}
