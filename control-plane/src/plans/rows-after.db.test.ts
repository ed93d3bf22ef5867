import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { type CommandRow, recordOutcome } from "../commands/commands.store.ts";
import { transaction } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { apply } from "./apply.store.ts";
import { createPlan } from "./create-plan.ts";
import { decide } from "./decide.ts";
import { deployOf, newWorld, planParts, refusal, success } from "./plan-world.fixture.ts";
import { loadPlan, type WholePlan } from "./plans.store.ts";
import { rowsAfter } from "./rows-after.ts";
import { snapshotOf } from "./snapshot.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

/** Drives a plan to its end and compares, after each round of actions, what is said with what is read. */
async function compareThroughout(planId: string, failing: string | null): Promise<string[]> {
  const kinds = new Set<string>();
  for (let round = 0; round < 100; round++) {
    const acted = await transaction(test_.database, async (sql) => {
      const whole = await loadPlan(sql, planId, { lock: true, lean: true });
      if (!whole) throw new Error("the plan is gone");
      const now = new Date();
      const actions = decide(snapshotOf(whole), now.getTime());
      for (const action of actions) await apply(sql, whole, action, now);
      const said = rowsAfter(whole, actions, now);
      const read = await loadPlan(sql, planId, { lean: true });
      if (said && read && actions.length > 0) {
        for (const { kind } of actions) kinds.add(kind);
        expect(summary(said)).toEqual(summary(read));
      }
      return actions.length > 0;
    });
    if (acted) continue;
    const open = await test_.database<CommandRow[]>`
      select * from commands where plan_id = ${planId} and status <> 'done'`;
    if (open.length === 0) break;
    for (const { id, serverId, body, after } of open) {
      // What waits for a gate is answered before it, with it, or after it.
      if (round % 3 === (after.length > 0 ? 0 : 1)) continue;
      const outcome =
        body.kind === failing
          ? { ok: false as const, failure: refusal("It does not start.") }
          : { ok: true as const, body: success(body) };
      await recordOutcome(test_.database, serverId, { commandId: id, outcome });
    }
  }
  return [...kinds].sort();
}

/** All of it but the long parts of results, which are not read once their step is over. */
function summary(whole: WholePlan): unknown {
  const { steps, ...rest } = snapshotOf(whole);
  return {
    ...rest,
    steps: steps.map(({ command, ...step }, at) => ({
      ...step,
      command: command && { ...command, outcome: command.outcome?.ok ?? null },
      startedAt: whole.steps[at]?.startedAt,
      completedAt: whole.steps[at]?.completedAt,
    })),
  };
}

test.each([
  { failing: null, parallelExecution: false, capabilities: [] },
  { failing: null, parallelExecution: true, capabilities: [] },
  { failing: "pull", parallelExecution: false, capabilities: [] },
  { failing: "run", parallelExecution: true, capabilities: [] },
  { failing: "probe", parallelExecution: false, capabilities: [] },
  { failing: null, parallelExecution: false, capabilities: ["after"] },
  { failing: "probe", parallelExecution: false, capabilities: ["after"] },
])("what is said of the rows is what is in them: %j", async (way) => {
  const { failing, parallelExecution, capabilities } = way;
  const holds = capabilities.length > 0;
  const world = await newWorld(test_.database, {
    ...{ services: 3, servers: holds ? 1 : 2, capabilities },
  });
  const planId = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { parallelExecution }),
  );
  expect(await compareThroughout(planId, failing)).toEqual([
    ...["finish_step", ...(holds ? ["prepare_step"] : []), "start_step"],
  ]);
});
