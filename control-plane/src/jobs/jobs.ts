import { EventEmitter } from "node:events";
import type { ParsedCronItem, Runner, TaskList, WorkerEvents, WorkerPool } from "graphile-worker";
import type { Logger } from "pino";
import { jobsSchema } from "../database/application-role.ts";
import type { Database, DatabaseAddress, Sql } from "../database/connection.ts";
import { type Measure, measureNothing } from "../measures.ts";
import { connectionString } from "./connection.ts";
import { addJob, addNextRun, beat, type JobRequest, leave } from "./jobs.store.ts";
import { JobSlots } from "./slots.ts";

/*
 * The one runner of background jobs and schedules. Jobs are rows; each is begun by one replica,
 * at least once, and again when the process that had begun it died: tasks have to bear that.
 */

export interface JobRun {
  /** 1 for the first */
  attempt: number;
  /** aborted when the process is about to end */
  signal: AbortSignal;
}

export interface Task {
  run(payload: Record<string, unknown>, run: JobRun): Promise<void>;
  /** how many of them a process does at the same time, so that slow ones leave room for others */
  atOnce?: number;
}

/** What runs by itself, once over all replicas. */
export type Schedule =
  /** again and again, with some jitter; the next run is noted before the work begins */
  | { task: string; everySeconds: number }
  /** at times of day in UTC; one that was missed for at most so long is made up for */
  | { task: string; cron: string; makeUpForHours: number };

export interface JobParts {
  address: DatabaseAddress;
  database: Database;
  log: Logger;
  tasks: Record<string, Task>;
  schedules: Schedule[];
  measure?: Measure;
  /** how long after the call to begin: loading the library holds the process up for a moment */
  startAfterMs?: number;
  /** how often to look for jobs that are due and were not announced; default: by the schedules */
  lookEveryMs?: number;
}

export interface Jobs {
  /** the library's tables are there, and jobs are being done */
  ready: Promise<void>;
  /** adds a job in a transaction or without; only once `ready` */
  enqueue(sql: Sql, job: JobRequest): Promise<void>;
  stop(): Promise<void>;
}

const concurrency = 8;
const poolSize = 4;
const beatMs = 10_000;
const queueMoveMs = 20;
const restartAfterMs = [1000, 2000, 5000, 10_000, 30_000];
/** for how long jobs may go on that were begun before the stop */
const patienceMs = 3000;
const abortAfterMs = 500;

export function startJobs(parts: JobParts): Jobs {
  const { log } = parts;
  const stopping = new AbortController();
  const aborted = new Promise<void>((resolve) => {
    stopping.signal.addEventListener("abort", () => resolve());
  });
  let announce = () => {};
  const ready = new Promise<void>((resolve) => {
    announce = resolve;
  });

  /** The library gives up on some errors; jobs have to go on all the same. */
  async function keepRunning(): Promise<void> {
    await pause(parts.startAfterMs ?? 0, stopping.signal);
    for (let failures = 0; !stopping.signal.aborted; failures++) {
      try {
        const running = await begin(parts);
        announce();
        const since = Date.now();
        await Promise.race([running.ended, aborted]);
        if (stopping.signal.aborted) await running.stop();
        if (Date.now() - since > 60_000) failures = 0;
      } catch (error) {
        log.warn({ err: error }, "background jobs stopped; they are started again");
      }
      const waitMs = restartAfterMs[Math.min(failures, restartAfterMs.length - 1)] ?? 0;
      await pause(waitMs, stopping.signal);
    }
  }
  const kept = keepRunning();

  return {
    ready,
    enqueue: (sql, job) => addJob(sql, job, flagsOf(parts.tasks, job.task)),
    async stop() {
      stopping.abort();
      await kept;
    },
  };
}

interface Running {
  ended: Promise<void>;
  stop(): Promise<void>;
}

async function begin(parts: JobParts): Promise<Running> {
  const { database, log, tasks, schedules } = parts;
  // Loaded when it is needed: it is nothing that a start has to wait for.
  const { Logger: LibraryLogger, parseCronItems, run } = await import("graphile-worker");
  const events: WorkerEvents = new EventEmitter();
  const slots = new JobSlots(
    new Map(
      Object.entries(tasks).flatMap(([name, { atOnce }]) =>
        atOnce === undefined ? [] : [[name, atOnce]],
      ),
    ),
  );
  slots.follow(events);
  let stopped = false;
  let runnerId: string | null = null;
  let pool: WorkerPool | null = null;
  events.on("pool:create", ({ workerPool }) => {
    pool = workerPool;
    runnerId = workerPool.id;
  });
  // The next of a queue is free a moment after the one before it; that is not announced.
  events.on("job:complete", ({ job }) => {
    if (job.job_queue_id === null) return;
    setTimeout(() => {
      try {
        if (!stopped) pool?.nudge(1);
      } catch (error) {
        // It is going down: the next process looks by itself.
        log.trace({ err: error }, "a worker could not be woken");
      }
    }, queueMoveMs);
  });

  const runner: Runner = await run({
    connectionString: connectionString(parts.address),
    schema: jobsSchema,
    maxPoolSize: poolSize,
    concurrency,
    pollInterval: parts.lookEveryMs ?? pollMs(schedules),
    noHandleSignals: true,
    gracefulShutdownAbortTimeout: abortAfterMs,
    // What is done is noted in batches (of those that end in one turn): a stop waits only for these.
    preset: { worker: { completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
    events,
    logger: new LibraryLogger(({ jobId }) => (level, message) => {
      // Failures of tasks are told where they happen.
      if (level === "error" && !message.startsWith("Failed task")) log.warn({ jobId }, message);
      else log.trace({ jobId }, message);
    }),
    taskList: taskList(parts),
    parsedCronItems: cronItems(schedules, parseCronItems),
    forbiddenFlags: () => slots.full(),
  });

  const heart = () => {
    if (runnerId === null) return;
    beat(database, runnerId).then(
      (dead) => {
        if (dead.length > 0) log.info({ runners: dead }, "took over jobs of processes that ended");
      },
      (error: unknown) => log.warn({ err: error }, "background jobs: no sign of life was given"),
    );
  };
  heart();
  const beats = setInterval(heart, beatMs);
  const ended = runner.promise.finally(() => {
    stopped = true;
    clearInterval(beats);
  });
  // Awaited by the caller that keeps it running; until then a failure is not handled.
  ended.catch(() => {});
  try {
    for (const schedule of schedules) {
      if ("everySeconds" in schedule) await addFirstRun(database, schedule);
    }
  } catch (error) {
    await runner.stop().catch(() => {});
    throw error;
  }

  return {
    ended,
    async stop() {
      stopped = true;
      clearInterval(beats);
      const finished = runner.stop().catch(() => {});
      let timer: NodeJS.Timeout | undefined;
      const enough = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, patienceMs);
      });
      await Promise.race([finished, enough]);
      clearTimeout(timer);
      if (runnerId !== null) await leave(database, runnerId).catch(() => {});
    },
  };
}

function taskList(parts: JobParts): TaskList {
  const { database, log, tasks, schedules, measure = measureNothing } = parts;
  return Object.fromEntries(
    Object.entries(tasks).map(([name, task]) => [
      name,
      async (payload, { job, abortSignal }) => {
        const schedule = schedules.find(
          (candidate) => candidate.task === name && "everySeconds" in candidate,
        );
        // Before the work, so that whatever happens to this run there is a next one.
        if (schedule !== undefined && "everySeconds" in schedule) {
          await addNextRun(database, { ...scheduled(schedule), delayMs: jittered(schedule) });
        }
        const began = performance.now();
        let ok = false;
        try {
          await task.run((payload ?? {}) as Record<string, unknown>, {
            attempt: job.attempts,
            signal: abortSignal ?? new AbortController().signal,
          });
          ok = true;
        } catch (error) {
          log.warn({ err: error, task: name, attempt: job.attempts }, "a background job failed");
          if (schedule === undefined) throw error;
        } finally {
          measure({ of: "job", task: name, ok, seconds: (performance.now() - began) / 1000 });
        }
      },
    ]),
  );
}

function cronItems(
  schedules: Schedule[],
  parse: typeof import("graphile-worker").parseCronItems,
): ParsedCronItem[] {
  return parse(
    schedules.flatMap((schedule) =>
      "cron" in schedule
        ? [
            {
              task: schedule.task,
              match: schedule.cron,
              identifier: schedule.task,
              options: {
                backfillPeriod: schedule.makeUpForHours * 3_600_000,
                maxAttempts: 3,
                queueName: `schedule:${schedule.task}`,
                // Several that were missed are made up for by one.
                jobKey: `schedule:${schedule.task}`,
                jobKeyMode: "replace" as const,
              },
            },
          ]
        : [],
    ),
  );
}

type Interval = Extract<Schedule, { everySeconds: number }>;

function scheduled({ task }: Interval) {
  return { task, key: `schedule:${task}`, queue: `schedule:${task}` };
}

/** 95 to 105 % of the interval, so that replicas and installations do not move in step. */
function jittered({ everySeconds }: Interval): number {
  return everySeconds * 1000 * (0.95 + Math.random() * 0.1);
}

/** What runs already goes on as it is, but for an interval that was made shorter. */
async function addFirstRun(database: Database, schedule: Interval): Promise<void> {
  const { task, key, queue } = scheduled(schedule);
  await addJob(database, { task, key, queue, delayMs: jittered(schedule), attempts: 32_767 }, null);
}

function flagsOf(tasks: Record<string, Task>, name: string): string[] | null {
  return tasks[name]?.atOnce === undefined ? null : [name];
}

/** New jobs announce themselves; the poll is for those that were to wait. */
function pollMs(schedules: Schedule[]): number {
  const shortest = Math.min(
    ...schedules.flatMap((schedule) => ("everySeconds" in schedule ? schedule.everySeconds : [])),
  );
  return Math.min(2000, Math.max(250, shortest * 500));
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", done);
    if (signal.aborted) done();
  });
}
