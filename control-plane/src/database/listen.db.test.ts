import { afterAll, beforeAll, expect, test } from "vitest";
import { type Channel, listen } from "./listen.ts";
import { openTestDatabase, type TestDatabase } from "./test-database.ts";

let rig: TestDatabase;
beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

const notify = (channel: Channel, payload: string) =>
  rig.database`select pg_notify(${channel}, ${payload})`;
const cut = () => rig.database`
  select pg_terminate_backend(pid) from pg_stat_activity
  where datname = current_database() and query ilike 'listen%'`;

test("all hear what is announced until they stop, also the same listener twice", async () => {
  const heard: string[] = [];
  const listener = { notified: (payload: string) => void heard.push(payload) };
  const stops = [
    await listen(rig.database, "plan_wake", listener),
    await listen(rig.database, "plan_wake", listener),
  ];
  await notify("plan_wake", "one");
  await expect.poll(() => heard).toEqual(["one", "one"]);
  await stops[0]?.();
  await notify("plan_wake", "two");
  await expect.poll(() => heard).toEqual(["one", "one", "two"]);
  await stops[1]?.();
});

test("who has stopped hears nothing more, also when the connection was lost in between", async () => {
  const heard: string[] = [];
  let resumed = 0;
  const again = () => {
    resumed += 1;
  };
  const stay = await listen(rig.database, "command_done", {
    notified: (payload) => void heard.push(`stays: ${payload}`),
    resumed: again,
  });
  const stops = await Promise.all(
    Array.from({ length: 20 }, () =>
      listen(rig.database, "command_done", {
        notified: (payload) => void heard.push(`left: ${payload}`),
        resumed: again,
      }),
    ),
  );
  // Each is told once that listening has begun.
  expect(resumed).toBe(21);
  await cut();
  await expect.poll(() => resumed).toBe(42);
  await Promise.all(stops.map((stop) => stop()));
  await notify("command_done", "after");
  await expect.poll(() => heard.length).toBeGreaterThan(0);
  expect(heard).toEqual(["stays: after"]);
  await stay();
});

test("a notification may end listening", async () => {
  let heard = 0;
  let stop = async () => {};
  stop = await listen(rig.database, "log_taken", {
    notified() {
      heard += 1;
      void stop();
    },
  });
  const other: string[] = [];
  const stopOther = await listen(rig.database, "log_taken", {
    notified: (payload) => void other.push(payload),
  });
  await notify("log_taken", "one");
  await notify("log_taken", "two");
  await expect.poll(() => other).toEqual(["one", "two"]);
  expect(heard).toBe(1);
  await stopOther();
});
