import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { during } from "../activity.ts";
import { system } from "../actor.ts";
import { type CommandRow, recordOutcomes } from "../commands/commands.store.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import type { Span } from "../traces.ts";
import { advance } from "./advance.ts";
import { createPlan, executePlan, rollBackPlan } from "./create-plan.ts";
import type { Ended } from "./ended.ts";
import { deployOf, newWorld, planParts, success } from "./plan-world.fixture.ts";
import { traceEnded } from "./trace-ended.ts";

let rig: TestDatabase;
beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

const log = pino({ level: "silent" });
const requestOf = (letter: string) => `00-${letter.repeat(32)}-${letter.repeat(16)}-01`;
const asked = <T>(letter: string, work: () => Promise<T>) =>
  during({ traceParent: requestOf(letter) }, work);

/** Carries a plan out on four replicas at the same time, and returns what all of them have sent. */
async function carryOut(planId: string): Promise<Span[]> {
  const { database } = rig;
  const sent: Span[] = [];
  const tracing: Promise<void>[] = [];
  const told = (ended: Ended) => {
    tracing.push(traceEnded(database, log, { send: (span) => sent.push(span) }, ended));
  };
  for (let open = 1; open > 0; ) {
    await Promise.all([1, 2, 3, 4].map(() => advance(database, planId, 0, { told })));
    const commands = await database<CommandRow[]>`
      update commands set sent_at = created_at
      where plan_id = ${planId} and status <> 'done' returning *`;
    open = commands.length;
    for (const { id: commandId, serverId, createdAt, body } of commands) {
      const at = createdAt.getTime();
      const work = {
        ...{ startedAt: at, finishedAt: at },
        phases: [{ name: "start" as const, startedAt: at, finishedAt: at }],
      };
      const outcome = { ok: true as const, body: success(body) };
      await recordOutcomes(database, serverId, [{ commandId, outcome, progress: [], work }]);
    }
  }
  await Promise.all(tracing);
  return sent;
}

const named = (spans: readonly Span[], name: string) => spans.filter((span) => span.name === name);

test("replicas send each span of a plan once, below the request that made it", async () => {
  const world = await newWorld(rig.database, { services: 3 });
  const parts = planParts(rig.database);
  const planId = await asked("a", () => createPlan(parts, system, deployOf(world)));
  const spans = await carryOut(planId);
  const ids = spans.map(({ spanId }) => spanId);
  expect(ids).toHaveLength(new Set(ids).size);
  const [plan, ...more] = named(spans, "plan");
  expect(more).toEqual([]);
  expect(plan?.parent).toEqual({ spanId: "a".repeat(16), sampled: true });
  expect(named(spans, "step deploy")).toHaveLength(3);
  expect(named(spans, "command run")).toHaveLength(3);
  // One pull, and a deploy and a gate of each service.
  expect(named(spans, "agent start")).toHaveLength(7);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set(["a".repeat(32)]));

  await asked("b", () => rollBackPlan(rig.database, system, planId));
  const back = await carryOut(planId);
  expect(named(back, "plan")).toEqual([]);
  const [rollback] = named(back, "plan rollback");
  expect(rollback?.parent).toEqual({ spanId: "b".repeat(16), sampled: true });
  expect(named(back, "step rollback").map(({ parent }) => parent?.spanId)).toEqual([
    ...[rollback?.spanId, rollback?.spanId, rollback?.spanId],
  ]);
  expect(back.filter(({ spanId }) => ids.includes(spanId))).toEqual([]);
});

test("a plan belongs to the request that starts it; without one it is a trace of its own", async () => {
  const parts = planParts(rig.database);
  const made = async () => {
    const world = await newWorld(rig.database, { services: 1 });
    return createPlan(parts, system, deployOf(world, { execute: false }));
  };
  const started = await asked("c", made);
  await asked("d", () => executePlan(parts, system, started));
  const [plan] = named(await carryOut(started), "plan");
  expect(plan?.parent?.spanId).toBe("d".repeat(16));

  const alone = await made();
  await executePlan(parts, system, alone);
  const spans = await carryOut(alone);
  expect(named(spans, "plan")[0]?.parent).toBeNull();
  expect(new Set(spans.map(({ traceId }) => traceId)).size).toBe(1);
});
