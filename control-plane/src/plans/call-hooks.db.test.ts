import { EventEmitter, once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type Caller, openCaller } from "../hooks/call.ts";
import { type Hook, sealedHooks } from "../hooks/hook.ts";
import { setImageHooks } from "../hooks/image-hooks.store.ts";
import { secrets } from "../images/image-world.fixture.ts";
import { alsoAllowing } from "../reach.ts";
import { advance } from "./advance.ts";
import { makeCall, startCallingHooks } from "./call-hooks.ts";
import { cancelPlan, createPlan, rollBackPlan } from "./create-plan.ts";
import { withChanges } from "./dry-run.ts";
import { takeHookCalls } from "./hook-calls.store.ts";
import { planJson } from "./plan-json.ts";
import {
  deployOf,
  newWorld,
  planParts,
  play,
  refusal,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";
import { receiptOf } from "./receipt-json.ts";

interface Received {
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}
type Answer = (request: Received, response: ServerResponse) => void;

let rig: TestDatabase;
let world: World;
let caller: Caller;
let received: Received[];
let answer: Answer;
const taken: Answer = (_, response) => response.end("fine");
const server = createServer(async (request, response) => {
  const body = (await request.setEncoding("utf8").toArray()).join("");
  const seen = { path: request.url ?? "", headers: request.headers, body };
  received.push(seen);
  answer(seen, response);
});
let origin: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  caller = openCaller({ environment: {} });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  await rig.database`delete from hook_calls`;
  received = [];
  answer = taken;
  world = await newWorld(rig.database);
});
afterAll(async () => {
  await caller.close();
  server.closeAllConnections();
  server.close();
  await rig.close();
});

const parts = () => ({ database: rig.database, secrets, caller, pauseMs: 1 });
const hook = (name: string, more: Partial<Hook> = {}): Hook => ({
  ...{ name, url: `${origin}/${name}?key=1`, method: "POST", headers: {}, body: null },
  ...{ timeoutMs: 60_000, ...more },
});
const hooks = (before: Hook[], after: Hook[] = []) => sealedHooks(secrets, { before, after });

function create(before: Hook[], after: Hook[] = [], more: Parameters<typeof deployOf>[1] = {}) {
  const asked = { ...deployOf(world, more), hooks: hooks(before, after) };
  return createPlan(planParts(rig.database), system, asked);
}

/** Makes every call that is due, until nothing of the plan is. @returns the plan */
async function call(planId: string, agent?: Parameters<typeof play>[2]) {
  for (;;) {
    const whole = await play(rig.database, planId, agent);
    const calls = await takeHookCalls(rig.database, planId, 10);
    if (calls.length === 0) return planJson(whole);
    for (const one of calls) await makeCall(parts(), one, new AbortController().signal);
  }
}
const hookSteps = (plan: ReturnType<typeof planJson>) =>
  plan.steps.flatMap((step) => (step.hook ? [step] : []));

test("hooks before come first, in order, those of the image too, and those after are told how it ended", async () => {
  await setImageHooks(rig.database, world.imageId, hooks([hook("image")], [hook("end")]));
  const order: string[] = [];
  answer = ({ path }, response) => {
    order.push(path.slice(1).split("?")[0] ?? "");
    response.end("fine");
  };
  const headers = { Authorization: "Bearer s3cret-value", "X-A": "1" };
  const planId = await create([hook("mine", { headers, body: "hello" })], [hook("mine too")]);
  const plan = await call(planId, ({ body }) => {
    order.push(body.kind);
    return success(body);
  });
  expect(plan.status).toBe("completed");
  expect(order.slice(0, 3)).toEqual(["image", "mine", "pull"]);
  expect(order.slice(-3)).toEqual(["commit", "end", "mine%20too"]);
  expect(received[1]).toMatchObject({
    body: "hello",
    headers: { authorization: "Bearer s3cret-value", "x-a": "1", "content-type": "text/plain" },
  });
  expect(received.map(({ headers }) => headers["idempotency-key"])).toEqual(
    hookSteps(plan).map(({ order }) => `${planId}:${order}`),
  );
  expect(JSON.parse(received[2]?.body ?? "")).toMatchObject({
    hook: { name: "end", when: "after" },
    plan: {
      ...{ id: planId, status: "completed", error: null },
      targets: [{ imageName: "registry.test/app", services: [{ name: "service-0" }, {}] }],
    },
  });
  expect(hookSteps(plan)[1]).toMatchObject({
    ...{ action: "hook", hookName: "mine", status: "success", logs: "fine", server: { id: null } },
    hook: {
      ...{ when: "before", method: "POST", url: `${origin}/mine`, told: "running" },
      ...{ requests: 1, httpStatus: 200 },
    },
  });
  const everything = await rig.database<{ text: string }[]>`
    select plan_steps::text as text from plan_steps union all select plan_hooks::text from plan_hooks
    union all select audit_logs::text from audit_logs`;
  expect(everything.some(({ text }) => /s3cret|key=1/.test(text))).toBe(false);
});

test("a hook before that says no ends the plan with nothing touched, and says why", async () => {
  answer = ({ path, headers }, response) => {
    if (path.startsWith("/no")) {
      response.writeHead(409).end(`not on ${headers["x-secret"]}`);
    } else response.end();
  };
  const no = hook("no", { headers: { "X-Secret": "friday-13" } });
  const sent: string[] = [];
  const plan = await call(await create([no, hook("later")], [hook("end")]), ({ body }) => {
    sent.push(body.kind);
    return success(body);
  });
  expect(sent).toEqual([]);
  expect(plan).toMatchObject({
    status: "failed",
    error: `The hook no failed: ${origin}/no: It answered 409. not on ***.`,
  });
  expect(hookSteps(plan).map(({ status }) => status)).toEqual(["failed", "skipped", "success"]);
  expect(JSON.parse(received[1]?.body ?? "").plan).toMatchObject({
    ...{ status: "failed", error: plan.error },
  });
  const blamed = await rig.database`
    select from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(blamed).toHaveLength(0);
});

test("what a hook after says changes nothing of how the plan ends, and is in its receipt", async () => {
  answer = (_, response) => response.writeHead(404).end("who?");
  const planId = await create([], [hook("end"), hook("end too")]);
  const plan = await call(planId);
  expect(plan).toMatchObject({ status: "completed", error: null });
  expect(hookSteps(plan).map(({ status }) => status)).toEqual(["failed", "failed"]);
  const whole = await readPlan(rig.database, planId);
  if (!whole) throw new Error("There is no plan.");
  expect(receiptOf(whole).hooks).toMatchObject([
    { name: "end", when: "after", told: "completed", httpStatus: 404, status: "failed" },
    { name: "end too" },
  ]);
});

test("hooks after are told of a rollback, and once more of one by hand", async () => {
  const ill = await create([], [hook("end")]);
  await call(ill, ({ body }) => (body.kind === "probe" ? refusal("it is ill") : success(body)));
  const well = await create([], [hook("end")]);
  await call(well);
  await rollBackPlan(rig.database, system, well);
  const plan = await call(well);
  const told = received.map(({ body }) => JSON.parse(body).plan.status);
  expect(told).toEqual(["rolled_back", "completed", "rolled_back"]);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(3);
  expect(plan.status).toBe("rolled_back");
});

test("a plan that is cancelled calls its hook off, and says so to those after", async () => {
  const planId = await create([hook("slow")], [hook("end")]);
  await advance(rig.database, planId);
  await cancelPlan(rig.database, system, planId);
  const plan = await call(planId);
  expect(plan.status).toBe("cancelled");
  expect(hookSteps(plan)).toMatchObject([
    { status: "skipped", error: "Called off" },
    { status: "success", hook: { told: "cancelled" } },
  ]);
  expect(received.map(({ path }) => path)).toEqual(["/end?key=1"]);
});

test("a cancel while the end is told calls those hooks off, and the end stays", async () => {
  const planId = await create([], [hook("end"), hook("end too")]);
  await play(rig.database, planId);
  await cancelPlan(rig.database, system, planId);
  const plan = await call(planId);
  expect(plan).toMatchObject({ status: "completed", cancelRequested: false });
  expect(hookSteps(plan).map(({ status }) => status)).toEqual(["skipped", "skipped"]);
});

test("a plan that never began tells nobody", async () => {
  const planId = await create([hook("a")], [hook("b")], { execute: false });
  const whole = await readPlan(rig.database, planId);
  const details = whole && planJson(whole).steps.map((step) => withChanges(step, []).detail);
  expect(details?.[0]).toContain(`Calls POST ${origin}/a before anything is touched.`);
  await cancelPlan(rig.database, system, planId);
  expect((await call(planId)).status).toBe("cancelled");
  expect(received).toEqual([]);
});

test("a request that fails for a moment is sent again with the same key, and only so often", async () => {
  answer = (_, response) => {
    if (received.length === 1) response.destroy();
    else response.writeHead(received.length === 2 ? 503 : 200).end();
  };
  const plan = await call(await create([hook("a")]));
  expect(plan.status).toBe("completed");
  expect(hookSteps(plan)[0]?.hook?.requests).toBe(3);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  received = [];
  answer = (_, response) => response.writeHead(500).end();
  expect((await call(await create([hook("a")]))).status).toBe("failed");
  expect(received).toHaveLength(5);
});

test("an address that may not be asked is not", async () => {
  const strict = openCaller({ environment: {}, allows: alsoAllowing([]) });
  const planId = await create([hook("a")]);
  await advance(rig.database, planId);
  for (const one of await takeHookCalls(rig.database, planId, 10)) {
    await makeCall({ ...parts(), caller: strict }, one, new AbortController().signal);
  }
  await strict.close();
  const plan = await call(planId);
  expect([plan.status, received.length]).toEqual(["failed", 0]);
  expect(plan.error).toContain("this machine's own address");
});

test("two replicas take a call once, and what one that died had taken is made again", async () => {
  const planId = await create([hook("a")]);
  await advance(rig.database, planId);
  const replicas = await Promise.all(
    ["1", "2", "3"].map((n) => takeHookCalls(rig.database, `${planId.slice(0, -1)}${n}`, 10)),
  );
  const [dead, ...more] = replicas.flat();
  expect(more).toEqual([]);
  if (!dead) throw new Error("Nobody has taken the call.");
  expect(await takeHookCalls(rig.database, planId, 10)).toEqual([]);
  // It dies when its request has arrived.
  const killed = new AbortController();
  answer = () => killed.abort();
  await makeCall(parts(), dead, killed.signal);
  answer = taken;
  await rig.database`update hook_calls set due_at = now() where plan_id = ${planId}`;
  const plan = await call(planId);
  expect(plan.status).toBe("completed");
  expect(received).toHaveLength(2);
  expect(new Set(received.map(({ headers }) => headers["idempotency-key"])).size).toBe(1);
  expect(hookSteps(plan)[0]?.hook?.requests).toBe(2);
});

test("a worker that dies with each request gives up in the end", async () => {
  const planId = await create([hook("a")]);
  await advance(rig.database, planId);
  await rig.database`update hook_calls set attempts = 5 where plan_id = ${planId}`;
  const plan = await call(planId);
  expect(plan).toMatchObject({ status: "failed" });
  expect(plan.error).toContain("did not come to an end");
  expect(received).toEqual([]);
});

test("what was answered with 2xx counts although the lease was over, and no second answer does", async () => {
  const planId = await create([hook("a")]);
  await advance(rig.database, planId);
  const [slow] = await takeHookCalls(rig.database, planId, 10);
  if (!slow) throw new Error("Nobody has taken the call.");
  let other: Promise<void> = Promise.resolve();
  answer = (_, response) => {
    answer = (_, second) => second.writeHead(404).end();
    other = (async () => {
      await rig.database`update hook_calls set due_at = now() where plan_id = ${planId}`;
      await takeHookCalls(rig.database, world.imageId, 10);
      response.end("in the end");
    })();
  };
  await makeCall(parts(), slow, new AbortController().signal);
  await other;
  const plan = await call(planId);
  expect(plan.status).toBe("completed");
  expect(hookSteps(plan)[0]?.logs).toBe("in the end");
});

test("a key that is lost is said", async () => {
  const planId = await create([hook("a")]);
  await rig.database`update plan_hooks set request = 'nothing' where plan_id = ${planId}`;
  expect((await call(planId)).error).toContain("enter it again");
});

test("a replica hears of calls, gives up those that are called off, and leaves the rest when it stops", async () => {
  const seen = new EventEmitter();
  const begun = once(seen, "begun");
  const closed = once(seen, "closed");
  answer = (_, response) => {
    response.on("close", () => seen.emit("closed"));
    seen.emit("begun");
  };
  const calling = await startCallingHooks({ ...parts(), log: pino({ level: "silent" }) });
  const planId = await create([hook("slow")]);
  await advance(rig.database, planId);
  await begun;
  await cancelPlan(rig.database, system, planId);
  await advance(rig.database, planId);
  await closed;
  const again = once(seen, "again");
  answer = () => seen.emit("again");
  const other = await create([hook("slow")]);
  await advance(rig.database, other);
  await again;
  await calling.stop();
  expect(await takeHookCalls(rig.database, other, 10)).toMatchObject([{ planId: other }]);
  expect((await call(planId)).status).toBe("cancelled");
});

test("what is sent has the fields that the documentation shows", async () => {
  await call(await create([], [hook("tell")]));
  const page = readFileSync(new URL("../../../docs/hooks.md", import.meta.url), "utf8");
  const [, shown = ""] = /^```json hook-message\n([^`]*)^```$/m.exec(page) ?? [];
  expect(fieldsOf(JSON.parse(received[0]?.body ?? ""))).toEqual(fieldsOf(JSON.parse(shown)));
});

/** The same without values. */
function fieldsOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.slice(0, 1).map(fieldsOf);
  if (typeof value !== "object" || value === null) return "a value";
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, fieldsOf(one)]));
}
