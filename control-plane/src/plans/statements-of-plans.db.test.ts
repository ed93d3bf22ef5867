import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { type CommandRow, recordOutcomes } from "../commands/commands.store.ts";
import { readTogether } from "../database/connection.ts";
import { counted } from "../database/counted.fixture.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { advance } from "./advance.ts";
import { createPlan } from "./create-plan.ts";
import { deployOf, newWorld, planParts, success } from "./plan-world.fixture.ts";
import { loadPlans, readPlan } from "./plans.store.ts";

/* How many statements plans take. */

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

const newPlan = async (services: number) => {
  const world = await newWorld(test_.database, { services, servers: 2 });
  const wanted = deployOf(world, { parallelExecution: true });
  return createPlan(planParts(test_.database), system, wanted);
};

test("a page of plans takes as many statements as one, and is in its order", async () => {
  const ids = [await newPlan(1), await newPlan(3), await newPlan(2)].reverse();
  for (const of of [ids.slice(0, 1), ids]) {
    const { database, statements } = counted(test_.database);
    const plans = await readTogether(database, (sql) => loadPlans(sql, of));
    expect(plans.map(({ plan }) => plan.id)).toEqual(of);
    expect(statements()).toBe(5);
  }
  const together = await readTogether(test_.database, (sql) => loadPlans(sql, ids));
  expect(together).toEqual(await Promise.all(ids.map((id) => readPlan(test_.database, id))));
});

/** Answers everything well, all that is open at once, and returns how many statements each look took. */
async function lookingAt(planId: string): Promise<number[]> {
  const counts: number[] = [];
  for (;;) {
    const { database, statements } = counted(test_.database);
    await advance(database, planId);
    counts.push(statements());
    const open = await test_.database<CommandRow[]>`
      select * from commands where plan_id = ${planId} and status <> 'done'`;
    if (open.length === 0) return counts;
    for (const serverId of new Set(open.map((command) => command.serverId))) {
      await recordOutcomes(
        test_.database,
        serverId,
        open
          .filter((command) => command.serverId === serverId)
          .map(({ id, body }) => ({
            ...{ commandId: id, progress: [], outcome: { ok: true, body: success(body) } },
          })),
      );
    }
  }
}

test("a look takes as many statements for many steps as for few, but for what is deployed", async () => {
  const [few, many] = [await newPlan(2), await newPlan(12)];
  const [ofFew, ofMany] = [await lookingAt(few), await lookingAt(many)];
  // The one after the deploys records each service.
  expect(ofMany.map((count, at) => count - (ofFew[at] ?? 0))).toEqual([0, 0, 10, 0, 0]);
  expect((await readPlan(test_.database, many))?.plan.status).toBe("completed");
});
