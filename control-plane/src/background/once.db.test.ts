import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobsSchema } from "../database/application-role.ts";
import type { DatabaseAddress } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { secrets } from "../images/image-world.fixture.ts";
import { testAddress } from "../jobs/test-address.fixture.ts";
import { type Changes, startChanges } from "../live/changes.ts";
import type { Measurement } from "../measures.ts";
import { type Background, startBackground } from "./start.ts";

/* Three replicas that find everything due at the same moment: each schedule is run by one of them. */

let rig: TestDatabase;
let address: DatabaseAddress;
let changes: Changes;
let running: Background[] = [];

beforeAll(async () => {
  rig = await openTestDatabase();
  address = await testAddress(rig.database);
  changes = await startChanges(rig.database);
});
afterAll(async () => {
  await stopAll();
  await changes.stop();
  await rig.close();
});

async function stopAll(): Promise<void> {
  await Promise.all(running.map((background) => background.stop()));
  running = [];
}

function start(measure: (measurement: Measurement) => void): void {
  running.push(
    startBackground({
      address,
      database: rig.database,
      secrets,
      log: pino({ level: "silent" }),
      changes,
      // No image is known, so nothing is asked of any registry.
      images: null as never,
      publicUrl: "https://bp.test",
      updateCheckInterval: 1800,
      startAfterMs: 0,
      measure,
    }),
  );
}

const schedules = [
  ...["apply_updates", "crash_loops", "expire_approvals", "fold_row_counts", "group_roles"],
  ...["look_for_held", "look_for_updates", "prune_weekly", "retention", "stale_servers"],
];

test("what is due on three replicas is done by one", async () => {
  const { database, owner } = rig;
  const jobs = database(jobsSchema);
  const waiting = () => database<{ key: string }[]>`
    select key from ${jobs}.jobs where key like 'schedule:%' order by key`;
  const crontabs = () => database`select from ${jobs}._private_known_crontabs`;
  // The first start makes the tables, and notes each schedule.
  start(() => {});
  const intervals = schedules.filter((task) => !["prune_weekly", "retention"].includes(task));
  await expect
    .poll(async () => (await waiting()).map(({ key }) => key))
    .toEqual(intervals.map((task) => `schedule:${task}`));
  await expect.poll(crontabs).toHaveLength(2);
  await stopAll();

  // All were down for a week.
  await owner`update ${owner(jobsSchema)}._private_jobs set run_at = now() - interval '1 hour'`;
  await owner`
    update ${owner(jobsSchema)}._private_known_crontabs
    set known_since = now() - interval '30 days', last_execution = now() - interval '7 days'`;
  const runs: string[] = [];
  const count = (measurement: Measurement): void => {
    if (measurement.of === "job") runs.push(measurement.task);
  };
  for (let replica = 0; replica < 3; replica++) start(count);
  await expect.poll(() => [...new Set(runs)].sort()).toEqual(schedules);
  const due = () => database`select from ${jobs}.jobs where run_at <= now()`;
  await expect.poll(due).toHaveLength(0);
  expect(runs.toSorted()).toEqual(schedules);
});
