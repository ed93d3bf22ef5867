import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { type CommandRow, recordOutcome } from "../commands/commands.store.ts";
import { transaction } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { save } from "./apply.store.ts";
import { carryOut } from "./carry-out.ts";
import { createPlan } from "./create-plan.ts";
import { deployOf, newWorld, planParts, refusal, success } from "./plan-world.fixture.ts";
import { loadPlan, readPlan, type WholePlan } from "./plans.store.ts";
import { snapshotOf } from "./snapshot.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

/**
 * Drives a plan to its end and compares, each time something was due, what is said of its rows with what is
 * read of them.
 * @returns the kinds of effects that there were
 */
async function compareThroughout(planId: string, failing: string | null): Promise<string[]> {
  const kinds = new Set<string>();
  let lean = true;
  for (let round = 0; round < 100; round++) {
    const acted = await transaction(test_.database, async (sql) => {
      const whole = await loadPlan(sql, planId, { lock: true, lean });
      if (!whole) throw new Error("the plan is gone");
      const done = carryOut(whole, { lean, listeningSince: 0 }, new Date(), newId);
      await save(sql, whole, done);
      const read = await loadPlan(sql, planId, { lean: true });
      if (!read) throw new Error("the plan is gone");
      for (const { kind } of done.effects) kinds.add(kind);
      expect(summary(done.rows)).toEqual(summary(read));
      lean = done.next.kind === "rest" || done.next.lean;
      return done.next.kind === "read";
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
  const { steps, cleanUp, ...rest } = snapshotOf(whole);
  return {
    ...rest,
    // The database has its own clock.
    cleanUp: cleanUp?.open,
    of: { ...whole.plan },
    active: whole.services.map(({ active }) => active),
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
  const effects = await compareThroughout(planId, failing);
  const whole = await readPlan(test_.database, planId);
  expect(whole?.plan.status).toBe(
    { pull: "failed", run: "failed", probe: "rolled_back" }[failing ?? ""] ?? "completed",
  );
  const expected = {
    pull: ["order", "refresh_updates"],
    run: ["order", "quarantine", "refresh_updates"],
    probe: ["quarantine", "image_rolled_back", "service_deployed", "service_rolled_back"],
  }[failing ?? ""];
  expect(effects).toEqual(
    expect.arrayContaining(expected ?? ["image_deployed", "order", "service_deployed"]),
  );
});
