import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { system } from "../actor.ts";
import { type CommandRow, insertCommand, recordOutcomes } from "../commands/commands.store.ts";
import { readTogether, transaction } from "../database/connection.ts";
import { counted } from "../database/counted.fixture.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { advance } from "./advance.ts";
import { createPlan } from "./create-plan.ts";
import { deployOf, newWorld, planParts, success } from "./plan-world.fixture.ts";
import { loadPlan, loadPlans, readPlan, type StepRow } from "./plans.store.ts";
import { SeenPlans } from "./seen-plans.store.ts";

/* How many statements plans take. */

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

const newPlan = async (services: number, { servers = 2, parallelExecution = true } = {}) => {
  const world = await newWorld(test_.database, { services, servers });
  const wanted = deployOf(world, { parallelExecution });
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
async function lookingAt(
  planId: string,
  looks: SeenPlans[] = [new SeenPlans()],
): Promise<number[]> {
  const counts: number[] = [];
  for (;;) {
    const { database, statements } = counted(test_.database);
    const seen = looks[counts.length % looks.length];
    await advance(database, planId, 0, seen && { seen });
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

test("a look takes as many statements for many steps as for few", async () => {
  const [few, many] = [await newPlan(2), await newPlan(60, { servers: 12 })];
  expect(await lookingAt(many)).toEqual(await lookingAt(few));
  expect((await readPlan(test_.database, many))?.plan.status).toBe("completed");
});

test("a step of a long plan takes as many statements as one of a short plan", async () => {
  const sequential = { parallelExecution: false };
  const [short, long] = [await newPlan(3, sequential), await newPlan(12, sequential)];
  const [ofShort, ofLong] = [await lookingAt(short), await lookingAt(long)];
  // The same looks, for more services.
  expect(ofLong.slice(0, 4)).toEqual(ofShort.slice(0, 4));
  expect(Math.max(...ofLong)).toBe(Math.max(...ofShort));
});

test("a plan is made by as many statements for many services as for few", async () => {
  const made = async (services: number) => {
    const world = await newWorld(test_.database, { services, servers: 2 });
    const { database, statements } = counted(test_.database);
    await createPlan({ ...planParts(test_.database), database }, system, deployOf(world));
    return statements();
  };
  expect(await made(20)).toBe(await made(2));
});

describe("rows that were read for an earlier look", () => {
  /** What a look reads, and what is in the database. */
  const compare = (seen: SeenPlans, planId: string) =>
    readTogether(test_.database, (sql) => loadPlan(sql, planId, { lean: true })).then(
      async (whole) => {
        const known = await transaction(test_.database, (sql) => seen.load(sql, planId));
        expect({ ...known, steps: known?.steps.map(lean) }).toEqual({
          ...whole,
          steps: whole?.steps.map(lean),
        });
      },
    );
  /** What is over is remembered with the long parts of its result. */
  const lean = ({ outcome, ...step }: StepRow) => ({
    ...step,
    outcome: outcome?.ok ? { ...outcome, body: { ...outcome.body, spec: 0, changes: 0 } } : outcome,
  });

  test.each([true, false])(
    "are read again when another replica has changed them (parallel: %s)",
    async (parallelExecution) => {
      const planId = await newPlan(4, { parallelExecution });
      const replicas = [new SeenPlans(), new SeenPlans()];
      const watching = new SeenPlans();
      await lookingAt(planId, replicas);
      await compare(watching, planId);
      for (const replica of replicas) await compare(replica, planId);
      expect((await readPlan(test_.database, planId))?.plan.status).toBe("completed");
    },
  );

  test("are as the database has them, whoever writes", async () => {
    const planId = await newPlan(3, { parallelExecution: false });
    const seen = new SeenPlans();
    const sql = test_.database;
    await compare(seen, planId);
    await advance(sql, planId);
    await compare(seen, planId);
    const change = async (work: PromiseLike<unknown>) => {
      await work;
      await compare(seen, planId);
    };
    const [command] = await sql<CommandRow[]>`
      select * from commands where plan_id = ${planId} limit 1`;
    const { id = "", serverId = "", stepId = null } = command ?? {};
    await change(sql`update commands set status = 'sent', sent_at = now() where id = ${id}`);
    await change(sql`update commands set deadline_at = now() where id = ${id}`);
    const body = { kind: "cancel", commandId: id } as const;
    await change(insertCommand(sql, { serverId, planId, stepId, body }));
    await change(sql`update servers set agent_capabilities = '{after}' where id = ${serverId}`);
    await change(sql`update servers set status = 'offline' where id = ${serverId}`);
    await change(sql`
      delete from services where id in (select service_id from plan_services where plan_id = ${planId} limit 1)`);
    await change(sql`
      update plan_steps set status = 'skipped', note = 'by hand' where plan_id = ${planId} and position = 4`);
    await change(sql`delete from servers where id = ${serverId}`);
  });

  test("are forgotten where another replica has ended the plan", async () => {
    const [ended, goesOn] = [await newPlan(1), await newPlan(1)];
    const seen = new SeenPlans();
    for (const id of [ended, goesOn])
      await transaction(test_.database, (sql) => seen.load(sql, id));
    expect(seen.size).toBe(2);
    seen.keepOnly(new Set([goesOn]));
    expect(seen.size).toBe(1);
    await compare(seen, goesOn);
  });

  test("are read again when the same transaction has written them twice", async () => {
    const planId = await newPlan(2);
    const seen = new SeenPlans();
    const noted = await transaction(test_.database, async (sql) => {
      const notes: unknown[] = [];
      for (const note of ["first", "second", "third"]) {
        await sql`update plan_steps set note = ${note} where plan_id = ${planId} and position = 4`;
        const whole = await seen.load(sql, planId);
        notes.push(whole?.steps.find(({ position }) => position === 4)?.note);
      }
      return notes;
    });
    expect(noted).toEqual(["first", "second", "third"]);
  });
});
