import type { ContainerSpec } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { system } from "../actor.ts";
import { advance } from "../plans/advance.ts";
import { createPlan } from "../plans/create-plan.ts";
import { planJson } from "../plans/plan-json.ts";
import { deployOf, newWorld, planParts, success } from "../plans/plan-world.fixture.ts";
import { readPlan } from "../plans/plans.store.ts";
import type { TestAgent } from "./agent.fixture.ts";
import { openRogueRig, type RogueRig } from "./rogue.fixture.ts";

/* What an agent says that a container was created from, and may make up. */

let rig: RogueRig;

beforeAll(async () => {
  rig = await openRogueRig();
});
afterAll(() => rig.close());
afterEach(() => rig.leave());

/** Carries out a plan for one service as an agent that records this of its container. */
async function deployRecording(spec: ContainerSpec) {
  const { database } = rig;
  const world = await newWorld(database, { services: 1 });
  const [serverId = ""] = world.serverIds;
  await database`
    update services set recorded_spec = '{"User": "earlier"}'
    where id = any(${world.serviceIds}::uuid[])`;
  const rogue = await rig.join(serverId);
  const planId = await createPlan(planParts(database), system, deployOf(world));
  await advance(database, planId);
  const read = async () => {
    const whole = await readPlan(database, planId);
    if (!whole) throw new Error("the plan is gone");
    return whole;
  };
  while ((await read()).plan.status === "running") {
    await answerNext(rogue, spec);
    await advance(database, planId);
  }
  const whole = await read();
  const [service] = await database<{ recordedSpec: object | null; deployedDigestId: string }[]>`
    select recorded_spec, deployed_digest_id from services
    where id = any(${world.serviceIds}::uuid[])`;
  const run = whole.steps.find(({ action }) => action === "deploy")?.outcome;
  return {
    plan: planJson(whole),
    deploy: planJson(whole).steps.find(({ action }) => action === "deploy"),
    answer: run?.ok && run.body.kind === "run" ? run.body : null,
    recorded: service?.recordedSpec,
    isDeployed: service?.deployedDigestId === world.digests[1]?.id,
  };
}

async function answerNext(rogue: TestAgent, spec: ContainerSpec): Promise<void> {
  const { command } = await rogue.next("command");
  const said = success(command.body);
  const body = said.kind === "run" ? { ...said, spec } : said;
  const outcome = { ok: true as const, body };
  const result = { commandId: command.id, startedAt: 0, finishedAt: 0, outcome };
  rogue.send({ kind: "result", result });
  await rogue.next("resultAck");
}

test.each([
  ["has fields of other types", { Env: "A=1", HostConfig: [] }, /its field Env is not what/],
  ["is of 300 kB", { User: "x".repeat(300 * 1024) }, /it is longer than 256 kB/],
])(
  "a record that %s is not kept, the step says so, and the deploy succeeds",
  async (_what, spec, why) => {
    const { plan, deploy, answer, recorded, isDeployed } = await deployRecording(spec);
    expect(plan).toMatchObject({ status: "completed", error: null });
    expect(deploy).toMatchObject({
      status: "success",
      error: null,
      detail: expect.stringMatching(why),
      logs: expect.stringMatching(why),
      downtimeMs: 12,
      imageId: expect.any(String),
    });
    expect(deploy?.changes).toHaveLength(1);
    expect(answer).toMatchObject({ spec: null, containerId: "new" });
    expect(recorded).toEqual({ User: "earlier" });
    expect(isDeployed).toBe(true);
  },
);

test("of a record the fields that no specification has are left out, wherever it is kept", async () => {
  const kept = { Env: ["A=1"], HostConfig: { Privileged: true, Binds: ["/:/host"] } };
  const spec = { ...kept, Image: "evil/x", hostConfig: { Privileged: true }, Surprise: 1 };
  const { deploy, answer, recorded } = await deployRecording(spec);
  expect(recorded).toEqual(kept);
  // A rollback by hand reads it from there.
  expect(answer?.spec).toEqual(kept);
  expect(deploy).toMatchObject({ status: "success", detail: null });
});
