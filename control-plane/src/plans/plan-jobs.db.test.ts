import { jobCapability } from "@bridgeport/proto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { setImageJob } from "../images/image-jobs.store.ts";
import { createPlan, rollBackPlan } from "./create-plan.ts";
import { withChanges } from "./dry-run.ts";
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

let rig: TestDatabase;
beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

async function worldWithJob({ capabilities = [jobCapability] } = {}): Promise<World> {
  const world = await newWorld(rig.database, { services: 2, servers: 2, capabilities });
  await setImageJob(rig.database, world.imageId, {
    command: ["migrate", "up"],
    serviceId: world.serviceIds[1] ?? "",
    timeoutMs: 60_000,
  });
  return world;
}

const create = (world: World, more: Parameters<typeof deployOf>[1] = {}) =>
  createPlan(planParts(rig.database), system, deployOf(world, more));

test("a plan runs its image's job once, when all images are there and before any service is replaced", async () => {
  const world = await worldWithJob();
  const sent: string[] = [];
  const whole = await play(rig.database, await create(world), ({ body }) => {
    sent.push(body.kind);
    return success(body);
  });
  expect(sent).toEqual(["pull", "pull", "job", "run", "probe", "run", "probe", "commit", "commit"]);
  const plan = planJson(whole);
  expect(plan.status).toBe("completed");
  const step = plan.steps.find(({ action }) => action === "job");
  expect(step).toMatchObject({
    status: "success",
    server: { name: "server-1" },
    service: { id: world.serviceIds[1], name: "service-1" },
    job: { command: ["migrate", "up"], containerName: "service-1", timeoutMs: 60_000 },
    logs: "migrated",
  });
});

test("a job that fails ends the plan with nothing replaced, and its digest in quarantine", async () => {
  const world = await worldWithJob();
  const sent: string[] = [];
  const whole = await play(rig.database, await create(world), ({ body }) => {
    sent.push(body.kind);
    if (body.kind !== "job") return success(body);
    return refusal('The job "migrate up" of service-1 exited with code 3.', "exited");
  });
  expect(sent).toEqual(["pull", "pull", "job"]);
  const plan = planJson(whole);
  expect(plan.status).toBe("failed");
  expect(plan.error).toContain("exited with code 3");
  expect(plan.steps.find(({ action }) => action === "job")).toMatchObject({
    status: "failed",
    exitCode: 3,
    logs: "last words",
  });
  const rows = await rig.database`
    select from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(rows).toHaveLength(1);
});

test("a plan that leaves the job's server out pulls there for the job", async () => {
  const world = await worldWithJob();
  const planId = await create(world, { serviceIds: world.serviceIds.slice(0, 1) });
  const whole = await play(rig.database, planId);
  expect(
    planJson(whole)
      .steps.map(({ action, server }) => `${action} ${server.name}`)
      .slice(0, 3),
  ).toEqual(["pull server-0", "pull server-1", "job server-1"]);
});

test("a dry run says what the job would do", async () => {
  const world = await worldWithJob();
  const whole = await readPlan(rig.database, await create(world, { execute: false }));
  if (!whole) throw new Error("There is no plan.");
  const details = planJson(whole).steps.map((step) => withChanges(step, []).detail);
  expect(details.filter((detail) => detail !== null)).toEqual([
    "Runs migrate up once on server-1, from the new image and with the settings of service-1. A rollback does not undo it.",
  ]);
});

test("a rollback runs no job", async () => {
  const world = await worldWithJob();
  const planId = await create(world);
  await play(rig.database, planId);
  await rollBackPlan(rig.database, system, planId);
  const sent: string[] = [];
  const whole = await play(rig.database, planId, ({ body }) => {
    sent.push(body.kind);
    return success(body);
  });
  expect(whole.plan.status).toBe("rolled_back");
  expect(sent).not.toContain("job");
});

test("no plan is made where the job cannot run", async () => {
  const world = await worldWithJob({ capabilities: [] });
  await expect(create(world)).rejects.toMatchObject({ code: "agent_outdated" });
  await rig.database`update servers set agent_capabilities = array['job']`;
  await rig.database`delete from services where id = ${world.serviceIds[1] ?? ""}`;
  await expect(create(world)).rejects.toMatchObject({ code: "job_without_service" });
  const plans = await rig.database`
    select from deployment_plans where container_image_id = ${world.imageId}`;
  expect(plans).toHaveLength(0);
});
