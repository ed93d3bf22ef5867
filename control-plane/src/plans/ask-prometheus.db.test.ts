import { once } from "node:events";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { type Caller, openCaller } from "../hooks/call.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { alsoAllowing } from "../reach.ts";
import { noteInventory } from "../servers/sessions.store.ts";
import { advance } from "./advance.ts";
import type { Condition } from "./analysis.ts";
import { askPrometheus, startAskingPrometheus } from "./ask-prometheus.ts";
import { createPlan } from "./create-plan.ts";
import { planJson } from "./plan-json.ts";
import {
  type Answer,
  deployOf,
  newWorld,
  planParts,
  play,
  refusal,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";
import { rolloutOf } from "./rollout.ts";
import { releaseQuestions, takeQuestions } from "./soak-queries.store.ts";

let rig: TestDatabase;
let world: World;
let caller: Caller;
let value: string;
let asked: string[];
const gives: RequestListener = (request, response) => {
  asked.push(new URL(request.url ?? "", "http://p").searchParams.get("query") ?? "");
  const result = [{ metric: {}, value: [1, value] }];
  response.end(JSON.stringify({ status: "success", data: { resultType: "vector", result } }));
};
const server = createServer(gives);
let url: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  caller = openCaller({ environment: {} });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(async () => {
  await rig.database`delete from soak_queries`;
  value = "0";
  asked = [];
  world = await newWorld(rig.database, { services: 1 });
});
afterAll(async () => {
  await caller.close();
  server.closeAllConnections();
  server.close();
  await rig.close();
});

const soakMs = 60_000;

/** Its agent connects, and reports the container that a deploy has made. */
async function report(): Promise<void> {
  const [serverId = ""] = world.serverIds;
  const sessionId = newId();
  await rig.database`update servers set session_id = ${sessionId} where id = ${serverId}`;
  await noteInventory(rig.database, { serverId, sessionId });
  await rig.database`delete from containers where server_id = ${serverId}`;
  const report = reportOf("service-0", { id: "new", health: "healthy", startedAt: 1 });
  await storeContainer(rig.database, serverId, report);
}

/** A plan whose batch is being watched, with what is measured meanwhile. */
async function soaking(condition: Condition | null, answer?: Answer): Promise<string> {
  const analysis = condition && {
    prometheus: { url, query: "errors", condition, intervalMs: 1000 },
  };
  const rollout = rolloutOf({ soakMs, analysis });
  const planId = await createPlan(planParts(rig.database), system, {
    ...deployOf(world),
    rollout,
  });
  await play(rig.database, planId, answer);
  await report();
  await advance(rig.database, planId);
  return planId;
}
/** So much of the soak's time passes. */
const passes = (planId: string, ms: number) =>
  rig.database`
    update plan_steps set deadline_at = deadline_at - make_interval(secs => ${ms / 1000})
    where plan_id = ${planId} and action = 'soak' and status = 'running'`;
async function shown(planId: string) {
  const whole = await readPlan(rig.database, planId);
  if (!whole) throw new Error("the plan is gone");
  const plan = planJson(whole);
  return { ...plan, soak: plan.steps.find(({ action }) => action === "soak") };
}
const take = (claim = newId()) => takeQuestions(rig.database, claim, 10);
const under1: Condition = { operator: "<", value: 1 };

test("a value that fits is shown, and one at the end lets the batch pass", async () => {
  const planId = await soaking(under1);
  expect(await take()).toEqual([]);
  await passes(planId, 1000);
  await advance(rig.database, planId);
  value = "0.25";
  const [question] = await take();
  if (!question) throw new Error("nothing is asked");
  await askPrometheus({ database: rig.database, caller }, question, new AbortController().signal);
  expect(asked).toEqual(["errors"]);
  expect((await shown(planId)).soak).toMatchObject({
    status: "running",
    soak: {
      analysis: {
        prometheus: { url, query: "errors", condition: under1, intervalMs: 1000 },
        last: { value: 0.25, problem: null },
      },
    },
  });
  await passes(planId, soakMs);
  const stop = await asking();
  await ended(planId, "completed");
  await stop();
});

/** Plans go on whenever Prometheus has answered, as in a whole control plane. */
async function asking(): Promise<() => Promise<void>> {
  const log = pino({ level: "silent" });
  const running = await startAskingPrometheus({ database: rig.database, caller, log });
  return () => running.stop();
}
async function ended(planId: string, status: string): Promise<void> {
  await expect
    .poll(async () => (await play(rig.database, planId)).plan.status, { timeout: 600_000 })
    .toBe(status);
}

test("a value that does not fit takes the batch back, and its digest is avoided", async () => {
  const planId = await soaking(under1);
  value = "1";
  await passes(planId, 1000);
  const stop = await asking();
  await ended(planId, "rolled_back");
  await stop();
  expect((await shown(planId)).error).toBe(
    "Batch 1 did not stay healthy: The query gave 1, and has to be < 1.",
  );
  const avoided = await rig.database`
    select from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(avoided).toHaveLength(1);
});

test("where there is no value at the end, the plan is paused with the reason", async () => {
  const planId = await soaking(under1);
  value = "NaN";
  await passes(planId, 2 * soakMs);
  const stop = await asking();
  await ended(planId, "paused");
  await stop();
  expect(await shown(planId)).toMatchObject({
    pausedReason:
      "Batch 1 could not be watched: The query gave NaN, which is no number to compare.",
    soak: { soak: { analysis: { last: { value: null } } } },
  });
});

test("replicas take a question once, and one that died is taken over", async () => {
  const planId = await soaking(under1);
  await passes(planId, 1000);
  await advance(rig.database, planId);
  const claim = newId();
  const [mine] = await take(claim);
  expect(await take()).toEqual([]);
  // The lease of a replica that died ends.
  await rig.database`update soak_queries set due_at = now()`;
  const [other] = await take();
  expect(other).toEqual(mine);
  await releaseQuestions(rig.database, claim);
  expect(await take()).toEqual([]);
  if (!mine || !other) throw new Error("nothing is asked");
  // Both answer: the first one counts.
  for (const [question, given] of [
    [other, "0.5"],
    [mine, "7"],
  ] as const) {
    value = given;
    await askPrometheus({ database: rig.database, caller }, question, new AbortController().signal);
  }
  expect((await shown(planId)).soak?.soak?.analysis?.last?.value).toBe(0.5);
});

test("an address that may not be asked is not, and that is said", async () => {
  const planId = await soaking(under1);
  await passes(planId, 1000);
  await advance(rig.database, planId);
  const [question] = await take();
  if (!question) throw new Error("nothing is asked");
  const strict = openCaller({ environment: {}, allows: alsoAllowing([]) });
  await askPrometheus(
    { database: rig.database, caller: strict },
    question,
    new AbortController().signal,
  );
  await strict.close();
  expect(asked).toEqual([]);
  expect((await shown(planId)).soak?.soak?.analysis?.last?.problem).toContain(
    "BRIDGEPORT_ALLOWED_TARGETS",
  );
});

test("a health check by URL is asked of the agent while a batch is watched", async () => {
  await rig.database`
    update services set health_check_url = 'http://127.0.0.1:1/health' where id = any(${world.serviceIds}::uuid[])`;
  let checks = 0;
  const planId = await soaking(null, ({ body }) => {
    if (body.kind === "probe") checks++;
    return success(body);
  });
  expect(checks).toBe(1);
  await passes(planId, 30_000);
  const whole = await play(rig.database, planId, ({ body }) => {
    if (body.kind !== "probe") return success(body);
    checks++;
    expect(body.gate.url).toBe("http://127.0.0.1:1/health");
    return refusal("3 attempts: it answered 500");
  });
  expect(checks).toBe(2);
  expect(whole.plan).toMatchObject({
    status: "rolled_back",
    error:
      "Batch 1 did not stay healthy: service-0 on server-0 failed its health check: 3 attempts: it answered 500.",
  });
});
