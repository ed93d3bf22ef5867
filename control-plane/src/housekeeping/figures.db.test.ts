import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { insertCommand, recordOutcome } from "../commands/commands.store.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "../plans/create-plan.ts";
import { deployOf, newWorld, planParts } from "../plans/plan-world.fixture.ts";
import { countFigures } from "./figures.store.ts";

let rig: TestDatabase;
beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

test("plans, orders and servers are counted as they are now", async () => {
  const { database } = rig;
  expect(await countFigures(database)).toEqual({ plans: {}, commands: {}, servers: {} });

  const world = await newWorld(database, { servers: 3 });
  const [lost, busy] = world.serverIds as [string, string];
  // No replica has spoken for this one for a while.
  await database`
    update servers set last_seen_at = now() - interval '1 hour' where id = ${lost}`;
  const request = deployOf(world, { serviceIds: world.serviceIds.slice(1, 2) });
  await createPlan(planParts(database), system, { ...request, execute: false });
  await createPlan(planParts(database), system, request);
  const body = { kind: "lifecycle", containerName: "web", action: "restart" } as const;
  await insertCommand(database, { serverId: busy, body });
  const done = await insertCommand(database, { serverId: busy, body });
  await recordOutcome(database, busy, {
    commandId: done,
    outcome: { ok: true, body: { kind: "lifecycle", state: "running" } },
  });

  expect(await countFigures(database)).toEqual({
    plans: { pending: 1, running: 1 },
    commands: { queued: 1 },
    servers: { online: 2, offline: 1 },
  });
});
