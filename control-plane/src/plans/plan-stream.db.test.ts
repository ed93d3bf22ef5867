import pino from "pino";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { type Actor, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { errorAnswer } from "../http/errors.ts";
import { router } from "../http/routes.ts";
import { actorOfToken, openSession } from "../identity/sessions.store.ts";
import { insertUser } from "../identity/users.store.ts";
import { secretsWith } from "../secrets.ts";
import { createPlan } from "./create-plan.ts";
import { streamPlan } from "./plan-stream.ts";
import { deployOf, newWorld, planParts, play, success } from "./plan-world.fixture.ts";
import { plansRoutes } from "./plans.routes.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

/** Changes of the plan are told by hand. */
function changesByHand() {
  const listeners: { resync(): void }[] = [];
  return {
    changes: {
      subscribe(listener: { resync(): void }) {
        listeners.push(listener);
        return () => {};
      },
    },
    change: () => {
      for (const listener of listeners) listener.resync();
    },
  };
}

test.each([
  ["is logged out", (id: string) => test_.database`delete from sessions where id = ${id}`],
  [
    "gets other roles",
    (id: string) => test_.database`
      update user_roles set role = 'operator' from sessions
      where sessions.id = ${id} and sessions.user_id = user_roles.user_id`,
  ],
  [
    "expires, which is told to none",
    (id: string) => test_.database`update sessions set expires_at = now() where id = ${id}`,
  ],
])("a stream ends with the session that it was asked for with: it %s", async (_, end) => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const planId = await createPlan(planParts(database), system, deployOf(world, { execute: false }));
  const email = `${planId}@bridgeport.test`;
  const user = await insertUser(database, { email, name: null, role: "viewer", passwordHash: "x" });
  const reader = await actorOfToken(database, await openSession(database, user.id));
  if (reader === null) throw new Error("the session just opened is not known");
  const id = reader.credentialId ?? "";
  const told: string[] = [];
  const { changes } = changesByHand();
  const log = pino({ level: "silent" });
  const over = streamPlan({ database, changes, log, reader, recheckMs: 20 }, planId, {
    async writeSSE({ event }) {
      told.push(event);
    },
    write: async () => undefined,
    onAbort: () => {},
  });
  await expect.poll(() => told).toEqual(["plan"]);
  await end(id);
  await over;
  expect(told).toEqual(["plan"]);
});

test("a slow reader is told the newest state and each step's end, not everything between", async () => {
  const world = await newWorld(test_.database, { services: 3 });
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const told: {
    event: string;
    data: { plan?: { status: string }; step?: { id: string; status: string } };
  }[] = [];
  let readOn = () => {};
  const reading = new Promise<void>((resolve) => {
    readOn = resolve;
  });
  const { changes, change } = changesByHand();
  const log = pino({ level: "silent" });
  const parts = { database: test_.database, changes, log, reader: system };
  const over = streamPlan(parts, planId, {
    async writeSSE({ event, data }) {
      told.push({ event, data: JSON.parse(data) });
      await reading;
    },
    write: async () => undefined,
    onAbort: () => {},
  });
  await expect.poll(() => told.length).toBe(1);
  let commands = 0;
  await play(test_.database, planId, ({ body }) => {
    commands += 1;
    change();
    return success(body);
  });
  change();
  // Every change has been read by now, or will be; none has been written.
  expect(told).toHaveLength(1);
  readOn();
  // The plan's end may be read after what came before it.
  const again = setInterval(change, 20);
  await over;
  clearInterval(again);

  const plans = told.filter(({ event }) => event === "plan");
  expect(plans.length).toBeLessThan(commands);
  expect(plans.at(-1)?.data.plan?.status).toBe("completed");
  const ends = new Map(
    told.flatMap(({ data: { step } }) => (step ? [[step.id, step.status]] : [])),
  );
  expect([...ends.values()]).toEqual(Array.from({ length: 7 }, () => "success"));
  expect(told.at(-1)).toMatchObject({ event: "done", data: { status: "completed" } });
});

test("a reader that takes nothing is told once that the stream is alive, not again and again", async () => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const planId = await createPlan(planParts(database), system, deployOf(world, { execute: false }));
  let signs = 0;
  let told = 0;
  let readOn = () => {};
  const reading = new Promise<void>((resolve) => {
    readOn = resolve;
  });
  let leave = () => {};
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  try {
    const log = pino({ level: "silent" });
    const parts = { database, changes: changesByHand().changes, log, reader: system };
    const over = streamPlan(parts, planId, {
      async writeSSE() {
        told += 1;
        await reading;
      },
      async write() {
        signs += 1;
      },
      onAbort(listener) {
        leave = listener;
      },
    });
    await vi.waitFor(() => expect(told).toBe(1), { timeout: waitLimitMs });
    vi.advanceTimersByTime(600_000);
    readOn();
    leave();
    await over;
    expect(signs).toBe(1);
  } finally {
    vi.useRealTimers();
  }
});

test("one stream too many of a user is 429, and one that was left makes room", async () => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const planId = await createPlan(planParts(database), system, deployOf(world, { execute: false }));
  const log = pino({ level: "silent" });
  const { changes } = changesByHand();
  const app = router();
  let actor: Actor = { ...system, type: "user", id: newId() };
  app.use(async (c, next) => {
    c.set("actor", actor);
    await next();
  });
  app.onError((error, c) => errorAnswer(error, c, log));
  const unused = async () => {
    throw new Error("not asked for");
  };
  const parts = {
    ...planParts(database),
    secrets: secretsWith("11".repeat(32)),
    ...{ changes, log, resolveTag: unused, dryRun: unused, mostStreams: 2 },
  };
  app.route("/", plansRoutes(parts));
  const leaves: (() => Promise<unknown>)[] = [];
  const follow = async (id = planId) => {
    const answer = await app.request(`/deployment-plans/${id}/stream`);
    const leave = async () => answer.body?.cancel();
    leaves.push(leave);
    return { answer, leave };
  };

  const first = await follow();
  await follow();
  const { answer } = await follow();
  expect(answer.status).toBe(429);
  expect(answer.headers.get("retry-after")).toBe("10");
  expect(await answer.json()).toMatchObject({
    code: "too_many_open",
    error: "Too many event streams of one user are open: at most 2. Close others first.",
  });
  // What is refused for another reason is not counted.
  expect((await follow(newId())).answer.status).toBe(404);
  await first.leave();
  await expect.poll(async () => (await follow()).answer.status).toBe(200);
  actor = { ...actor, id: newId() };
  expect((await follow()).answer.status).toBe(200);
  // One that was read to its end or left already says so.
  await Promise.allSettled(leaves.map((leave) => leave()));
});
