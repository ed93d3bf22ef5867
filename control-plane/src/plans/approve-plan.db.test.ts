import { pino } from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Actor, everywhere, type Role, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { environmentsRoutes } from "../environments/environments.routes.ts";
import { freezeRoutes } from "../environments/freeze.routes.ts";
import { type TestApi, testApi } from "../http/api.fixture.ts";
import { insertUser, setRoles } from "../identity/users.store.ts";
import { secretsWith } from "../secrets.ts";
import { expireApprovals } from "./approve-plan.ts";
import { createPlan } from "./create-plan.ts";
import { planActionsRoutes } from "./plan-actions.routes.ts";
import { deployOf, newWorld, planParts, play, type World } from "./plan-world.fixture.ts";
import { plansRoutes } from "./plans.routes.ts";

let rig: TestDatabase;
let world: World;
let api: TestApi;
let ann: Actor;
let bob: Actor;
let eve: Actor;

async function person(role: Role): Promise<Actor> {
  const name = `${newId()}@b.test`;
  const roles = everywhere(role);
  const { id } = await insertUser(rig.database, { email: name, name, roles, passwordHash: null });
  return { type: "user", id, name, roles };
}

beforeAll(async () => {
  rig = await openTestDatabase();
  const { database } = rig;
  const unused = () => Promise.reject(new Error("not asked for"));
  api = testApi(
    environmentsRoutes({ database }),
    freezeRoutes({ database }),
    planActionsRoutes(planParts(database)),
    plansRoutes({
      ...planParts(database),
      secrets: secretsWith("11".repeat(32)),
      ...{ log: pino({ level: "silent" }), resolveTag: unused, dryRun: async () => [] },
      changes: {} as never,
    }),
  );
});
beforeEach(async () => {
  world = await newWorld(rig.database, { services: 1 });
  [ann, bob, eve] = [await person("operator"), await person("operator"), await person("admin")];
  await require(1);
});
afterAll(() => rig.close());

async function require(requiredApprovals: number) {
  api.actor = eve;
  const path = `/environments/${world.environmentId}/settings/operations`;
  const answer = await api.patch(path, { requiredApprovals });
  expect(answer).toMatchObject({ status: 200, body: { settings: { requiredApprovals } } });
}
/** A plan of ann's that waits. */
async function waiting(more = {}): Promise<string> {
  const planId = await createPlan(planParts(rig.database), ann, deployOf(world, more));
  expect(await read(planId)).toMatchObject({ status: "waiting_for_approval", startedAt: null });
  return planId;
}
const read = async (id: string) => (await api.get(`/deployment-plans/${id}`)).body.plan;
async function as(actor: Actor, what: string, id: string, body?: object) {
  api.actor = actor;
  return api.post(`/deployment-plans/${id}/${what}`, body);
}
const approve = (actor: Actor, id: string, body: object = {}) => as(actor, "approve", id, body);
const actions = async (id: string) =>
  (
    await rig.database<{ action: string }[]>`
      select action from audit_logs where resource_id = ${id} order by at, id`
  ).map(({ action }) => action);

test("a plan waits until somebody else has approved it, and runs then", async () => {
  const planId = await waiting();
  const [event] = await rig.database<{ data: object }[]>`
    select data from domain_events where subject_id = ${planId} and name = 'plan.waiting'`;
  expect(event?.data).toMatchObject({ approvalsRequired: 1, tag: "v2" });
  // It keeps no service from others, and shows what it would do.
  expect(await as(bob, "execute?dryRun=true", planId)).toMatchObject({ status: 200 });
  expect(await approve(bob, planId, { comment: "looks right" })).toMatchObject({
    status: 200,
    body: {
      plan: {
        status: "running",
        approvalsRequired: 1,
        approvals: [{ user: bob.name, comment: "looks right" }],
      },
    },
  });
  const whole = await play(rig.database, planId);
  expect(whole.plan.status).toBe("completed");
  const { receipt } = (await api.get(`/deployment-plans/${planId}/receipt`)).body;
  expect(receipt.approvals).toMatchObject([{ user: bob.name, comment: "looks right" }]);
  expect(await actions(planId)).toEqual(["deploy", "approve_plan", "end_plan"]);
  // Going back needs nobody.
  expect((await as(ann, "rollback", planId)).status).toBe(200);
});

describe("who may not decide", () => {
  test("is who made or started it, also by a token, and who has no role here", async () => {
    const planId = await waiting();
    for (const own of [ann, { ...ann, type: "token" } as const]) {
      const { status, body } = await approve(own, planId);
      expect([status, body.code]).toEqual([403, "own_plan"]);
      expect((await as(own, "reject", planId, { reason: "no" })).status).toBe(403);
    }
    const viewer = await person("viewer");
    expect((await approve(viewer, planId)).status).toBe(403);
    const elsewhere = [{ environmentId: newId(), role: "admin" as const }];
    expect((await approve({ ...bob, roles: elsewhere }, planId)).status).toBe(403);
    expect((await approve({ ...system, needs: "operator" }, planId)).body.code).toBe(
      "not_a_person",
    );
    expect(await read(planId)).toMatchObject({ status: "waiting_for_approval", approvals: [] });
  });

  test("is who executed what somebody else had made", async () => {
    const planId = await createPlan(
      planParts(rig.database),
      ann,
      deployOf(world, { execute: false }),
    );
    expect((await as(bob, "execute", planId)).body.plan.status).toBe("waiting_for_approval");
    expect((await approve(bob, planId)).status).toBe(403);
    expect((await approve(eve, planId)).body.plan.status).toBe("running");
  });
});

test("two are needed where two are asked for, and one person counts once", async () => {
  await require(2);
  const planId = await waiting();
  for (let time = 0; time < 2; time++) {
    const { body } = await approve(bob, planId);
    expect(body.plan).toMatchObject({ status: "waiting_for_approval" });
    expect(body.plan.approvals).toHaveLength(1);
  }
  const early = await as(ann, "execute", planId);
  expect(early).toMatchObject({ status: 409, body: { code: "not_approved" } });
  expect(early.body.error).toContain("1 more approval,");
  // Who has lost the role does not count any longer, and counts again with it.
  const roles = async (role: Role) => {
    await setRoles(rig.database, bob.id ?? "", everywhere(role));
  };
  await roles("viewer");
  expect((await approve(eve, planId)).body.plan.status).toBe("waiting_for_approval");
  await roles("operator");
  expect((await as(ann, "execute", planId)).body.plan.status).toBe("running");
});

test("plans of webhooks and of auto-update wait likewise, for any person", async () => {
  const webhook: Actor = {
    type: "webhook",
    id: null,
    name: "webhook",
    roles: everywhere("operator"),
  };
  for (const [actor, triggerType] of [
    [webhook, "webhook"],
    [system, "auto_update"],
  ] as const) {
    const planId = await createPlan(
      planParts(rig.database),
      actor,
      deployOf(world, { triggerType }),
    );
    expect((await read(planId)).status).toBe("waiting_for_approval");
    expect((await approve(ann, planId)).body.plan.status).toBe("running");
    await play(rig.database, planId);
    await rig.database`update services set deployed_digest_id = ${world.digests[0]?.id ?? null}`;
  }
});

describe("an approval is for what was shown", () => {
  test.each<[string, () => Promise<unknown>]>([
    [
      "has been re-created",
      () => rig.database`
      update containers set report = jsonb_set(report, '{id}', '"another"')`,
    ],
    [
      "runs something else",
      () => rig.database`
      update services set running_digest = ${world.digests[1]?.manifestDigest ?? ""}`,
    ],
    ["is gone", () => rig.database`delete from containers`],
  ])("a container that %s puts the plan out of date", async (_, change) => {
    const planId = await waiting();
    await change();
    const { status, body } = await approve(bob, planId);
    expect([status, body.code]).toEqual([409, "plan_out_of_date"]);
    expect(await read(planId)).toMatchObject({ status: "waiting_for_approval", approvals: [] });
    expect((await as(ann, "cancel", planId)).body.plan.status).toBe("cancelled");
  });

  test("a plan in the way, and a freeze, keep it from starting, and nothing is lost", async () => {
    const planId = await waiting();
    await require(0);
    const other = await createPlan(planParts(rig.database), bob, deployOf(world));
    await require(1);
    expect(await approve(bob, planId)).toMatchObject({
      status: 409,
      body: { code: "service_in_running_plan" },
    });
    await as(bob, "cancel", other);
    await play(rig.database, other);
    const freeze = `/environments/${world.environmentId}/freeze`;
    api.actor = eve;
    await api.put(freeze, { until: "2999-01-01T00:00:00Z", reason: "a test" });
    expect(await approve(bob, planId)).toMatchObject({ body: { code: "environment_frozen" } });
    expect(await read(planId)).toMatchObject({ approvals: [] });
  });
});

test("a plan that is rejected is cancelled with the reason, and changes nothing", async () => {
  const planId = await waiting();
  expect((await as(bob, "reject", planId, { reason: " " })).status).toBe(400);
  const { body } = await as(bob, "reject", planId, { reason: "not today" });
  expect(body.plan).toMatchObject({
    status: "cancelled",
    error: `Rejected by ${bob.name}: not today`,
  });
  expect(body.plan.steps.map(({ status }: { status: string }) => status)).toEqual(
    body.plan.steps.map(() => "skipped"),
  );
  expect((await approve(eve, planId)).body.error).toBe(
    "Cannot approve plan with status: cancelled",
  );
  expect(await actions(planId)).toEqual(["deploy", "reject_plan", "end_plan"]);
});

test("a plan that has waited for a week is cancelled, and cannot be approved before that either", async () => {
  const planId = await waiting();
  expect(await expireApprovals(rig.database)).toBe(0);
  await rig.database`
    update deployment_plans set waiting_since = now() - interval '7 days' where id = ${planId}`;
  expect(await approve(bob, planId)).toMatchObject({
    status: 409,
    body: { code: "approval_expired" },
  });
  expect(await expireApprovals(rig.database)).toBe(1);
  expect(await read(planId)).toMatchObject({
    status: "cancelled",
    error: "It was not approved within 7 days.",
  });
});

test("asking for none starts no plan that waits, until somebody starts it", async () => {
  const planId = await waiting();
  await require(0);
  expect(await read(planId)).toMatchObject({
    status: "waiting_for_approval",
    approvalsRequired: 0,
  });
  expect((await as(ann, "execute", planId)).body.plan.status).toBe("running");
});

test("of several who approve at once, the plan starts once", async () => {
  const planId = await waiting();
  const approvals = await Promise.all([approve(bob, planId), approve(eve, planId)]);
  expect(approvals.map(({ status }) => status).sort()).toEqual([200, 400]);
  expect((await read(planId)).approvals).toHaveLength(1);
  expect((await play(rig.database, planId)).plan.status).toBe("completed");
});
