import pino from "pino";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { jobsSchema } from "../database/application-role.ts";
import { type DatabaseAddress, transaction } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type Jobs, type Schedule, startJobs, type Task } from "./jobs.ts";
import { testAddress } from "./test-address.fixture.ts";

let rig: TestDatabase;
let address: DatabaseAddress;
const running: Jobs[] = [];

beforeAll(async () => {
  rig = await openTestDatabase();
  address = await testAddress(rig.database);
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((jobs) => jobs.stop()));
});
afterAll(() => rig.close());

async function start(
  tasks: Record<string, Task>,
  schedules: Schedule[] = [],
  more: { lookEveryMs?: number } = {},
): Promise<Jobs> {
  const log = pino({ level: "silent" });
  const jobs = startJobs({ address, database: rig.database, log, tasks, schedules, ...more });
  running.push(jobs);
  await jobs.ready;
  return jobs;
}

/** A task that counts, by payload. */
function counting() {
  const done: unknown[] = [];
  return { done, task: { run: async (payload: object) => void done.push(payload) } };
}

test("several replicas that start at once make the tables once, and each job is done once", async () => {
  const { done, task } = counting();
  const [jobs] = await Promise.all([start({ note: task }), start({ note: task })]);
  for (let n = 0; n < 20; n++) {
    await jobs?.enqueue(rig.database, { task: "note", payload: { n } });
  }
  await expect.poll(() => done.length).toBe(20);
  expect(new Set(done.map((payload) => (payload as { n: number }).n)).size).toBe(20);
});

test("a job that is added in a transaction exists only when that is committed", async () => {
  const { done, task } = counting();
  const jobs = await start({ note: task });
  const failed = transaction(rig.database, async (sql) => {
    await jobs.enqueue(sql, { task: "note", payload: { lost: true } });
    throw new Error("rolled back");
  });
  await expect(failed).rejects.toThrow("rolled back");
  await jobs.enqueue(rig.database, { task: "note", payload: { kept: true } });
  await expect.poll(() => done).toEqual([{ kept: true }]);
});

test("jobs of one key that wait are one, at the earlier time", async () => {
  const { done, task } = counting();
  const jobs = await start({ note: task });
  await jobs.enqueue(rig.database, { task: "note", key: "k", payload: { n: 1 }, delayMs: 60_000 });
  await jobs.enqueue(rig.database, { task: "note", key: "k", payload: { n: 2 }, delayMs: 90_000 });
  await jobs.enqueue(rig.database, { task: "note", key: "k", payload: { n: 3 } });
  await expect.poll(() => done).toEqual([{ n: 3 }]);
  // A job goes when what it did has been noted.
  const left = () => rig.database`select from ${rig.database(jobsSchema)}.jobs where key = 'k'`;
  await expect.poll(left).toHaveLength(0);
});

test("a job that is brought forward begins at once, also when another process looks meanwhile", async () => {
  const { done, task } = counting();
  // What these are not told of they do not find within any test.
  const told = () => start({ note: task }, [], { lookEveryMs: 24 * 3_600_000 });
  const [jobs] = await Promise.all([told(), told()]);
  for (let n = 0; n < 20; n++) {
    const job = { task: "note", key: "forward", payload: { n } };
    await jobs?.enqueue(rig.database, { ...job, delayMs: 60_000 });
    await jobs?.enqueue(rig.database, job);
    await expect.poll(() => done.at(-1), { interval: 5 }).toEqual({ n });
  }
});

test("jobs of one queue run one at a time, over all replicas; others beside them", async () => {
  let inside = 0;
  let most = 0;
  let ended = 0;
  let release = () => {};
  const open = new Promise<void>((resolve) => {
    release = resolve;
  });
  const task: Task = {
    async run() {
      most = Math.max(most, ++inside);
      await open;
      inside--;
      ended++;
    },
  };
  const { done, task: other } = counting();
  const [jobs] = await Promise.all([start({ slow: task, other }), start({ slow: task, other })]);
  for (let n = 0; n < 4; n++) await jobs?.enqueue(rig.database, { task: "slow", queue: "q" });
  await jobs?.enqueue(rig.database, { task: "other" });
  await expect.poll(() => done.length).toBe(1);
  release();
  await expect.poll(() => ended).toBe(4);
  expect(most).toBe(1);
});

test("a process does at most so many of a slow kind at once", async () => {
  let inside = 0;
  let release = () => {};
  const open = new Promise<void>((resolve) => {
    release = resolve;
  });
  const { done, task: other } = counting();
  const jobs = await start({
    slow: {
      atOnce: 2,
      async run() {
        inside++;
        await open;
      },
    },
    other,
  });
  // All at one moment, when every worker is idle.
  await transaction(rig.database, async (sql) => {
    for (let n = 0; n < 10; n++) await jobs.enqueue(sql, { task: "slow" });
  });
  await jobs.enqueue(rig.database, { task: "other" });
  await expect.poll(() => done.length).toBe(1);
  await expect.poll(() => inside).toBe(2);
  release();
  await expect.poll(() => inside).toBe(10);
});

test("an interval runs once over all replicas, goes on after a failure, and survives restarts", async () => {
  let runs = 0;
  const tick: Task = {
    async run() {
      runs++;
      if (runs === 1) throw new Error("the first run fails");
    },
  };
  const schedule = { task: "tick", everySeconds: 1 };
  const replicas = await Promise.all([start({ tick }, [schedule]), start({ tick }, [schedule])]);
  const waiting = () =>
    rig.database`select from ${rig.database(jobsSchema)}.jobs where key = 'schedule:tick'`;
  expect(await waiting()).toHaveLength(1);
  await expect.poll(() => runs).toBeGreaterThanOrEqual(3);
  await Promise.all(replicas.map((jobs) => jobs.stop()));
  running.length = 0;
  expect(await waiting()).toHaveLength(1);
  const before = runs;
  await start({ tick }, [schedule]);
  await expect.poll(() => runs).toBeGreaterThan(before);
});

test("an interval that was made shorter counts from the restart on", async () => {
  const { task } = counting();
  const jobs = await start({ seldom: task }, [{ task: "seldom", everySeconds: 604_800 }]);
  const dueIn = async () => {
    const [row] = await rig.database<{ seconds: number }[]>`
      select extract(epoch from run_at - now())::float8 as seconds
      from ${rig.database(jobsSchema)}.jobs where key = 'schedule:seldom'`;
    return row?.seconds ?? 0;
  };
  expect(await dueIn()).toBeGreaterThan(500_000);
  await jobs.stop();
  running.length = 0;
  await start({ seldom: task }, [{ task: "seldom", everySeconds: 100 }]);
  expect(await dueIn()).toBeLessThan(106);
});

test("what a process that died had begun is done by another", async () => {
  const { done, task } = counting();
  const jobs = await start({ note: task });
  await jobs.stop();
  running.length = 0;
  await jobs.enqueue(rig.database, { task: "note", queue: "q2", payload: { orphan: true } });
  const schema = rig.database(jobsSchema);
  // As a killed process leaves them: locked by it, and its last sign of life a while ago.
  await rig.database`insert into job_runners (id, seen_at) values ('dead', now() - interval '1 minute')`;
  await rig.database`
    update ${schema}._private_jobs set locked_by = 'dead', locked_at = now(), attempts = 1
    where payload ->> 'orphan' = 'true'`;
  await rig.database`
    update ${schema}._private_job_queues set locked_by = 'dead', locked_at = now()
    where queue_name = 'q2'`;
  await start({ note: task });
  await expect.poll(() => done).toEqual([{ orphan: true }]);
});

test("what goes on when the process ends is given back", async () => {
  let begun = 0;
  const endless: Task = {
    run: (_, { signal }) => {
      begun++;
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new Error("called off")));
      });
    },
  };
  const jobs = await start({ endless });
  await jobs.enqueue(rig.database, { task: "endless" });
  await expect.poll(() => begun).toBe(1);
  await jobs.stop();
  running.length = 0;
  const locked = await rig.database`
    select from ${rig.database(jobsSchema)}.jobs where locked_by is not null`;
  expect(locked).toHaveLength(0);
});

test("what is done while the process ends is not done again", async () => {
  const { done, task } = counting();
  const idle = await start({ other: task });
  await idle.enqueue(rig.database, { task: "last", payload: {} });
  // Its first look at the jobs is under way when it is told to stop.
  const ending = await start({ last: task });
  await Promise.all([ending.stop(), idle.stop()]);
  running.length = 0;
  const left = await rig.database`
    select from ${rig.database(jobsSchema)}.jobs where task_identifier = 'last'`;
  expect(done.length + left.length).toBe(1);
});
