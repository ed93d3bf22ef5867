import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts } from "../plans/plan-world.fixture.ts";
import { rebalance } from "./rebalance.ts";
import type { Session } from "./session.ts";

let rig: TestDatabase;
let gone: string[] = [];

beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());
beforeEach(async () => {
  await rig.database`delete from replicas`;
  gone = [];
});

/** A stream that only says who was sent elsewhere. */
function streamOf(serverId: string, isIdle = true): Session {
  const sendElsewhere = () => void gone.push(serverId);
  return { serverId, isIdle: () => isIdle, sendElsewhere } as Partial<Session> as Session;
}
const none = new Set<string>();
const streams = (count: number) => Array.from({ length: count }, () => streamOf(newId()));

test("a replica that has far more streams than another asks some agents to go, until it has not", async () => {
  const [full, empty] = [rebalance(rig.database), rebalance(rig.database)];
  let held = streams(30);
  await full.beat(held, none);
  expect(gone).toEqual([]);

  await empty.beat([], none);
  for (let come = 0; come < 15; come = gone.length) {
    await full.beat(held, none);
    // No more than a few at a time.
    expect(gone.length - come).toBeLessThanOrEqual(3);
    if (gone.length === come) break;
    held = held.filter(({ serverId }) => !gone.includes(serverId));
    await empty.beat(streams(gone.length), none);
  }
  expect(held.length).toBeGreaterThanOrEqual(15);
  expect(held.length).toBeLessThanOrEqual(17);
  expect(new Set(gone).size).toBe(gone.length);

  // One that has left, or that is silent, takes no share.
  const before = gone.length;
  await empty.stop();
  await full.beat(streams(30), none);
  await empty.beat([], none);
  await rig.database`
    update replicas set seen_at = now() - interval '1 minute' where streams = 0`;
  await full.beat(streams(30), none);
  expect(gone).toHaveLength(before);
  await full.stop();
});

test("no agent is asked that has something to do, or a part in a plan", async () => {
  const world = await newWorld(rig.database, { services: 1, servers: 3 });
  const [inPlan = "", withCommand = "", idle = ""] = world.serverIds;
  await createPlan(planParts(rig.database), system, deployOf(world));
  const [full, empty] = [rebalance(rig.database), rebalance(rig.database)];
  await empty.beat([], none);
  const held = [streamOf(newId(), false), ...[inPlan, withCommand, idle].map((id) => streamOf(id))];
  for (let beat = 0; beat < 4; beat++) await full.beat(held, new Set([withCommand]));
  expect(gone).toEqual([idle]);
});

test("an agent that comes back is left alone for an hour", async () => {
  let now = Date.now();
  const [full, empty] = [rebalance(rig.database, () => now), rebalance(rig.database)];
  await empty.beat([], none);
  const held = streams(4);
  for (let beat = 0; beat < 6; beat++) await full.beat(held, none);
  expect(gone.toSorted()).toEqual(held.map(({ serverId }) => serverId).sort());
  now += 60 * 60_000;
  await full.beat(held, none);
  expect(gone).toHaveLength(5);
});
