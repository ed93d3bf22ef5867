import type { CommandBody, Observation } from "@bridgeport/proto";
import pino from "pino";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { everywhere, system } from "../actor.ts";
import { json } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { reportOf, storeContainer } from "../inventory/discovered.fixture.ts";
import { markEnrolled } from "../servers/join-tokens.store.ts";
import { advance, startAdvancing } from "./advance.ts";
import { cancelPlan, createPlan, executePlan, rollBackPlan } from "./create-plan.ts";
import { planJson } from "./plan-json.ts";
import {
  deployOf,
  digestOf,
  newWorld,
  planParts,
  play,
  refusal,
  removeContainersOf,
  setSpec,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";
import { receiptOf } from "./receipt-json.ts";

let test_: TestDatabase;
beforeAll(async () => {
  test_ = await openTestDatabase();
});
afterAll(() => test_.close());

async function serviceRows(world: World) {
  return test_.database<
    {
      id: string;
      deployedDigestId: string;
      runningDigest: string | null;
      imageTag: string;
      recordedSpec: object | null;
    }[]
  >`select id, deployed_digest_id, running_digest, image_tag, recorded_spec from services
    where id = any(${world.serviceIds}::uuid[]) order by id`;
}

async function imageRow(world: World) {
  const [row] = await test_.database<{ deployedDigestId: string | null }[]>`
    select deployed_digest_id from container_images where id = ${world.imageId}`;
  return row;
}

test("a deploy that goes well ends completed, and services and image are deployed at its digest", async () => {
  const world = await newWorld(test_.database, { services: 3, servers: 2 });
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const sent: string[] = [];
  const whole = await play(test_.database, planId, ({ body }) => {
    sent.push(body.kind);
    return success(body);
  });
  const plan = planJson(whole);
  expect(plan.status).toBe("completed");
  expect(plan.error).toBeNull();
  expect(plan.imageTag).toBe("v2");
  expect(plan.steps.map(({ action, status }) => `${action} ${status}`)).toEqual([
    "pull success",
    "pull success",
    ...Array.from({ length: 3 }, () => ["deploy success", "health_check success"]).flat(),
  ]);
  expect(sent).toEqual([
    "pull",
    "pull",
    ...["run", "probe", "run", "probe", "run", "probe"],
    ...["commit", "commit", "commit"],
  ]);
  for (const service of await serviceRows(world)) {
    expect(service).toMatchObject({ deployedDigestId: world.digests[1]?.id, imageTag: "v2" });
    expect(service.recordedSpec).toEqual({ Image: `registry.test/app:v2@${digestOf("b")}` });
  }
  expect((await imageRow(world))?.deployedDigestId).toBe(world.digests[1]?.id);
  expect(plan.steps[2]?.downtimeMs).toBe(12);
  const [change] = plan.steps[2]?.changes ?? [];
  expect(change).toMatchObject({
    field: "Config.Env.A",
    before: "***",
    after: "*** (another value)",
  });
  const forOperators = planJson(whole, { roles: everywhere("operator") }).steps[2]?.changes?.[0];
  expect(forOperators?.after).toBe("2");
});

test("commands name the image by digest, with its tag", async () => {
  const world = await newWorld(test_.database, { services: 1 });
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const references: unknown[] = [];
  await play(test_.database, planId, ({ body }) => {
    if ("reference" in body) references.push(body.reference);
    return success(body);
  });
  expect(references).toEqual(Array(2).fill(`registry.test/app:v2@${digestOf("b")}`));
});

test("a failed gate takes every touched service back, and the digest into quarantine", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  let probes = 0;
  const whole = await play(test_.database, planId, ({ body }) => {
    if (body.kind === "probe" && ++probes === 2) return refusal("it exited with code 3");
    return success(body);
  });
  const plan = planJson(whole);
  expect(plan.status).toBe("rolled_back");
  expect(plan.error).toBe("Health check failed for service-1 on server-0: it exited with code 3.");
  expect(
    plan.steps.filter(({ action }) => action === "rollback").map((s) => s.service.name),
  ).toEqual(["service-1", "service-0"]);
  const failed = plan.steps.find(({ status }) => status === "failed");
  expect(failed).toMatchObject({ exitCode: 3, logs: "last words" });
  for (const service of await serviceRows(world)) {
    expect(service).toMatchObject({ deployedDigestId: world.digests[0]?.id, imageTag: "v1" });
  }
  const quarantined = await test_.database`
    select digest_id from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(quarantined).toMatchObject([{ digestId: world.digests[1]?.id }]);
});

test("a pull that fails touches nothing and says nothing about the digest", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const whole = await play(test_.database, planId, () => refusal("no space", "disk_full"));
  expect(whole.plan.status).toBe("failed");
  expect(whole.plan.error).toBe("Pull failed for server-0: no space.");
  const quarantined = await test_.database`
    select 1 from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(quarantined).toHaveLength(0);
});

test("one active plan for a service: the second is refused and names the first", async () => {
  const world = await newWorld(test_.database);
  const first = await createPlan(planParts(test_.database), system, deployOf(world));
  await expect(
    createPlan(planParts(test_.database), system, deployOf(world)),
  ).rejects.toMatchObject({
    kind: "conflict",
    message: expect.stringContaining(first) as string,
  });
  const pending = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { execute: false }),
  );
  await expect(executePlan(planParts(test_.database), system, pending)).rejects.toMatchObject({
    kind: "conflict",
  });
  await play(test_.database, first);
  await executePlan(planParts(test_.database), system, pending);
  const whole = await play(test_.database, pending);
  expect(whole.plan.status).toBe("completed");
});

test("a plan that lay pending goes back to what runs when it starts", async () => {
  const world = await newWorld(test_.database, { services: 1 });
  const [a, b] = world.digests;
  const pending = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { imageDigestId: a?.id, execute: false }),
  );
  await play(test_.database, await createPlan(planParts(test_.database), system, deployOf(world)));
  await test_.database`
    update services set running_digest = ${b?.manifestDigest ?? ""} where id = ${world.serviceIds[0] ?? ""}`;
  await executePlan(planParts(test_.database), system, pending);
  const sent: CommandBody[] = [];
  const whole = await play(test_.database, pending, ({ body }) => {
    sent.push(body);
    return body.kind === "probe" ? refusal("it exited") : success(body);
  });
  expect(whole.plan.status).toBe("rolled_back");
  expect(sent.find(({ kind }) => kind === "rollback")).toMatchObject({
    reference: `registry.test/app:v2@${b?.manifestDigest}`,
  });
  expect(await serviceRows(world)).toMatchObject([{ deployedDigestId: b?.id, imageTag: "v2" }]);
});

test("a pending plan of a service that was linked to another image is refused", async () => {
  const world = await newWorld(test_.database);
  const pending = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { execute: false }),
  );
  await test_.database`
    with other as (
      insert into container_images (id, environment_id, name, image_name, normalized_name)
      select ${newId()}, environment_id, 'Other', 'other', 'docker.io/library/other'
      from container_images where id = ${world.imageId} returning id)
    update services set container_image_id = other.id from other
    where services.id = ${world.serviceIds[0] ?? ""}`;
  await expect(executePlan(planParts(test_.database), system, pending)).rejects.toMatchObject({
    kind: "conflict",
    code: "plan_out_of_date",
  });
  expect((await readPlan(test_.database, pending))?.plan.status).toBe("pending");
});

test("going back makes a container from what was carried over, not from an older record", async () => {
  const world = await newWorld(test_.database, { services: 1 });
  await play(test_.database, await createPlan(planParts(test_.database), system, deployOf(world)));
  const carried = { Image: "app", HostConfig: { Binds: ["by-hand:/data"] } };
  const planId = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { imageDigestId: world.digests[0]?.id }),
  );
  const carrying = ({ body }: { body: CommandBody }) => {
    const said = success(body);
    return said.kind === "run" ? { ...said, spec: carried } : said;
  };
  await play(test_.database, planId, carrying);
  await rollBackPlan(test_.database, system, planId);
  const sent: CommandBody[] = [];
  await play(test_.database, planId, ({ body }) => {
    sent.push(body);
    return success(body);
  });
  expect(sent).toMatchObject([{ kind: "rollback", spec: carried }]);
  expect(await serviceRows(world)).toMatchObject([{ recordedSpec: carried }]);
});

test.each([
  ["from what the service's specification says", { Env: ["A=written"] }],
  ["from nothing where there is no specification", null],
])("after another agent has enrolled a container is made %s", async (_what, spec) => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const serverId = world.serverIds[0] ?? "";
  await database`
    update services set recorded_spec = '{"User": "recorded"}', spec = ${spec && json(database, spec)}
    where id = any(${world.serviceIds}::uuid[])`;
  const planId = await createPlan(planParts(database), system, deployOf(world));
  const recording = ({ body }: { body: CommandBody }) => {
    const said = success(body);
    return said.kind === "run" ? { ...said, spec: { User: "carried" } } : said;
  };
  await play(database, planId, recording);
  await markEnrolled(database, serverId, null);
  await database`update servers set status = 'online' where id = ${serverId}`;
  await rollBackPlan(database, system, planId);
  const sent: CommandBody[] = [];
  await play(database, planId, ({ body }) => {
    sent.push(body);
    return success(body);
  });
  expect(sent).toMatchObject([{ kind: "rollback", spec }]);
});

test("what an agent recorded is not run by the next one, also where it was ordered already", async () => {
  const { database } = test_;
  const world = await newWorld(database, { services: 1 });
  const { serviceIds } = world;
  await database`
    update services set recorded_spec = '{"User": "recorded"}', spec = '{"User": "written"}'
    where id = any(${serviceIds}::uuid[])`;
  await removeContainersOf(database, serviceIds);
  const planId = await createPlan(
    planParts(database),
    system,
    deployOf(world, { serviceIds, create: true }),
  );
  const specs: unknown[] = [];
  // The first agent pulls, and is gone when it gets the deploy.
  await play(database, planId, ({ body }) => {
    if ("spec" in body) specs.push(body.spec);
    return body.kind === "pull" ? success(body) : null;
  });
  await markEnrolled(database, world.serverIds[0] ?? "", null);
  await play(database, planId, ({ body }) => {
    if ("spec" in body) specs.push(body.spec);
    return success(body);
  });
  expect(specs).toEqual([{ User: "recorded" }, { User: "written" }]);
});

test("a first deploy that was taken back leaves no record: the corrected specification counts", async () => {
  const world = await newWorld(test_.database, { services: 1 });
  const [id = ""] = world.serviceIds;
  await setSpec(test_.database, id, { Env: ["A=wrong"] });
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  await storeContainer(test_.database, world.serverIds[0] ?? "", reportOf("service-0"));
  await play(test_.database, planId, ({ body }) => {
    if (body.kind === "probe") return refusal("it exited");
    const said = success(body);
    return said.kind === "rollback" ? { ...said, containerId: null, outcome: "removed" } : said;
  });
  // Nothing runs, whatever the agent reported last.
  const containers = await test_.database`
    select name from containers where server_id = any(${world.serverIds}::uuid[])`;
  expect(containers).toEqual([]);
  expect(await serviceRows(world)).toMatchObject([{ recordedSpec: null, runningDigest: null }]);
  await setSpec(test_.database, id, { Env: ["A=right"] });
  const bodies: CommandBody[] = [];
  await play(
    test_.database,
    await createPlan(planParts(test_.database), system, deployOf(world)),
    (command) => {
      bodies.push(command.body);
      return success(command.body);
    },
  );
  expect(bodies.find(({ kind }) => kind === "run")).toMatchObject({ spec: { Env: ["A=right"] } });
});

test("what an agent tells is kept, whatever characters a container printed", async () => {
  const world = await newWorld(test_.database, { services: 1 });
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const whole = await play(test_.database, planId, ({ body }) =>
    body.kind === "run" ? refusal("a\0b \ud83d c\\u0000 \ud83d\ude00") : success(body),
  );
  expect(whole.plan.error).toBe(
    "Deploy failed for service-0 on server-0: a\ufffdb \ufffd c\\u0000 \ud83d\ude00.",
  );
});

test("a plan that is about to go back by itself cannot be cancelled", async () => {
  const world = await newWorld(test_.database, { services: 2, servers: 2 });
  const planId = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { parallelExecution: true }),
  );
  let deploys = 0;
  await play(test_.database, planId, ({ body }) => {
    if (body.kind !== "run") return success(body);
    deploys += 1;
    return deploys === 1 ? refusal("it does not start") : null;
  });
  await expect(cancelPlan(test_.database, system, planId)).rejects.toMatchObject({
    code: "plan_is_rolling_back",
  });
  expect((await play(test_.database, planId)).plan.status).toBe("rolled_back");
});

test("two requests at the same moment: exactly one plan becomes active", async () => {
  const world = await newWorld(test_.database);
  const results = await Promise.allSettled(
    Array.from({ length: 6 }, () => createPlan(planParts(test_.database), system, deployOf(world))),
  );
  expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const [count] = await test_.database<{ count: number }[]>`
    select count(*) from plan_services
    where active and service_id = any(${world.serviceIds}::uuid[])`;
  expect(count?.count).toBe(2);
});

test("advancing at the same time on several replicas starts everything once", async () => {
  const world = await newWorld(test_.database, { services: 4, servers: 2 });
  const planId = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { parallelExecution: true }),
  );
  await Promise.all(Array.from({ length: 6 }, () => advance(test_.database, planId)));
  const commands = await test_.database`select kind from commands where plan_id = ${planId}`;
  expect(commands).toHaveLength(2);
});

test("a cancelled pending plan is over at once and cannot be executed", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { execute: false }),
  );
  await cancelPlan(test_.database, system, planId);
  await expect(executePlan(planParts(test_.database), system, planId)).rejects.toThrow(
    "Cannot execute plan with status: cancelled",
  );
});

test("cancel in the middle of a deploy: it finishes, nothing else starts", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  await play(test_.database, planId, ({ body }) => (body.kind === "run" ? null : success(body)));
  await cancelPlan(test_.database, system, planId);
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("cancelled");
  expect(planJson(whole).steps.map(({ status }) => status)).toEqual([
    "success",
    "success",
    "skipped",
    "skipped",
    "skipped",
  ]);
});

test("a completed plan goes back by hand, and not again once it is back", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  await play(test_.database, planId);
  await rollBackPlan(test_.database, system, planId);
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("rolled_back");
  expect((await imageRow(world))?.deployedDigestId).toBe(world.digests[0]?.id);
  const quarantined = await test_.database`
    select reason from quarantined_digests where container_image_id = ${world.imageId}`;
  expect(quarantined).toMatchObject([{ reason: "It was rolled back by hand." }]);
  await expect(rollBackPlan(test_.database, system, planId)).rejects.toThrow(
    "Cannot rollback plan with status: rolled_back",
  );
});

test("a plan whose services were deployed again since is not rolled back over that", async () => {
  const world = await newWorld(test_.database);
  const first = await createPlan(planParts(test_.database), system, deployOf(world));
  await play(test_.database, first);
  const second = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { imageDigestId: world.digests[0]?.id }),
  );
  await play(test_.database, second);
  await expect(rollBackPlan(test_.database, system, first)).rejects.toThrow(second);
});

test("a server that is offline is named before anything is planned", async () => {
  const world = await newWorld(test_.database);
  await test_.database`update servers set status = 'offline' where id = any(${world.serverIds}::uuid[])`;
  await expect(
    createPlan(planParts(test_.database), system, deployOf(world)),
  ).rejects.toMatchObject({
    kind: "agent_unavailable",
    message: expect.stringContaining("server-0 is offline") as string,
  });
});

test("an image without services, a foreign digest, a foreign service: clear refusals", async () => {
  const world = await newWorld(test_.database, { services: 0 });
  await expect(createPlan(planParts(test_.database), system, deployOf(world))).rejects.toThrow(
    "No services linked to this image",
  );
  const other = await newWorld(test_.database);
  await expect(
    createPlan(
      planParts(test_.database),
      system,
      deployOf(other, { imageDigestId: world.digests[0]?.id }),
    ),
  ).rejects.toMatchObject({ kind: "not_found" });
  await expect(
    createPlan(planParts(test_.database), system, deployOf(other, { serviceIds: [world.imageId] })),
  ).rejects.toMatchObject({ kind: "invalid", code: "service_not_linked" });
});

test("a service whose container is gone is left out of a plan for the image, and stays so in it", async () => {
  const world = await newWorld(test_.database);
  const [here = "", gone = ""] = world.serviceIds;
  await removeContainersOf(test_.database, [gone]);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const sent: CommandBody[] = [];
  const plan = planJson(
    await play(test_.database, planId, ({ body }) => {
      sent.push(body);
      return success(body);
    }),
  );
  const leftOut = [
    {
      service: { id: gone, name: "service-1", serverName: "server-0" },
      reason: expect.stringContaining("gone") as string,
    },
  ];
  expect(plan).toMatchObject({ status: "completed", services: [{ id: here }], leftOut });
  expect(sent).toMatchObject([
    { kind: "pull", containers: [{ containerName: "service-0", mustExist: true }] },
    // What vanishes now is not brought back.
    { kind: "run", containerName: "service-0", spec: null },
    { kind: "probe" },
    { kind: "commit" },
  ]);
  await test_.database`delete from services where id = ${gone}`;
  const later = await readPlan(test_.database, planId);
  expect(later && planJson(later).leftOut).toEqual(leftOut);
});

test("a plan that names a service whose container is gone needs to be told to create it", async () => {
  const world = await newWorld(test_.database);
  const [, gone = ""] = world.serviceIds;
  const asked = deployOf(world, { serviceIds: world.serviceIds });
  await removeContainersOf(test_.database, [gone]);
  await expect(createPlan(planParts(test_.database), system, asked)).rejects.toMatchObject({
    kind: "invalid",
    code: "container_missing",
    message: expect.stringMatching(/^service-1 on server-0: .*specification/) as string,
  });
  const spec = { Env: ["A=1"], HostConfig: { PidMode: "host" } };
  await test_.database`
    update services set recorded_spec = ${json(test_.database, spec)} where id = ${gone}`;
  const parts = planParts(test_.database);
  await expect(createPlan(parts, system, asked)).rejects.toThrow("create: true");
  const planId = await createPlan(parts, system, { ...asked, create: true });
  const sent: CommandBody[] = [];
  await play(test_.database, planId, ({ body }) => {
    sent.push(body);
    return success(body);
  });
  const runs = sent.filter(({ kind }) => kind === "run");
  expect(runs).toMatchObject([{ spec: null }, { spec }]);
  expect(sent[0]).toMatchObject({
    // What the policy of the host may refuse is asked before anything is replaced.
    containers: [{ mustExist: true }, { mustExist: false, spec: { HostConfig: spec.HostConfig } }],
  });
});

test("a pending plan whose service has lost its container since does not start", async () => {
  const world = await newWorld(test_.database, { services: 1 });
  const pending = await createPlan(
    planParts(test_.database),
    system,
    deployOf(world, { execute: false }),
  );
  await removeContainersOf(test_.database, world.serviceIds);
  await expect(executePlan(planParts(test_.database), system, pending)).rejects.toMatchObject({
    code: "plan_out_of_date",
  });
});

test("a container that did not run is updated and not run, and has no health to wait for", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const sent: string[] = [];
  const whole = await play(test_.database, planId, ({ body }) => {
    sent.push(body.kind);
    const said = success(body);
    return said.kind === "run" && body.kind === "run" && body.containerName === "service-0"
      ? { ...said, running: false, before: { ...seen, running: false, exitCode: 0 } }
      : said;
  });
  const note = "Updated, not run: it had ended with code 0.";
  const plan = planJson(whole);
  expect(plan).toMatchObject({ status: "completed", error: null });
  expect(plan.steps.slice(1)).toMatchObject([
    { action: "deploy", status: "success", detail: note, logs: note },
    { action: "health_check", status: "skipped", detail: note, error: null },
    { action: "deploy", status: "success", detail: null },
    { action: "health_check", status: "success" },
  ]);
  expect(sent).toEqual(["pull", "run", "run", "probe", "commit", "commit"]);
  expect(receiptOf(whole).services).toMatchObject([
    { note, before: { running: false, exitCode: 0 }, after: { running: false } },
    { note: null, after: { running: true, health: "healthy" } },
  ]);
});

const seen: Observation = {
  containerId: "old",
  imageId: digestOf("1"),
  running: true,
  health: "healthy",
  name: "service-0",
  exitCode: null,
};

describe("a rollback proves itself", () => {
  const rolledBack = async (after: Observation | null) => {
    const world = await newWorld(test_.database, { services: 1 });
    const planId = await createPlan(planParts(test_.database), system, deployOf(world));
    return play(test_.database, planId, ({ body }) => {
      if (body.kind === "probe") return refusal("it exited");
      const said = success(body);
      if (said.kind === "run") {
        return {
          ...said,
          before: seen,
          after: { ...seen, containerId: "new", imageId: digestOf("2") },
        };
      }
      return said.kind === "rollback" && after ? { ...said, after } : said;
    });
  };

  test("by what the agent sees afterwards, and the receipt names all three", async () => {
    const whole = await rolledBack(seen);
    expect(whole.plan.status).toBe("rolled_back");
    expect(receiptOf(whole)).toMatchObject({
      status: "rolled_back",
      services: [
        {
          before: seen,
          after: { containerId: "new", imageId: digestOf("2"), running: true },
          afterRollback: seen,
          rollback: "restored",
          error: "it exited",
        },
      ],
    });
  });

  test.each([
    ["does not run", { ...seen, running: false }],
    ["has another image", { ...seen, imageId: digestOf("2") }],
  ])("and is none where the container %s", async (_, after) => {
    const whole = await rolledBack(after);
    expect(whole.plan).toMatchObject({
      status: "failed",
      error: expect.stringContaining("Could not be rolled back") as string,
    });
    expect(receiptOf(whole).services).toMatchObject([{ rollback: "failed", afterRollback: after }]);
  });

  test("is believed of an agent that does not tell, whose receipt is what was reported", async () => {
    const whole = await rolledBack(null);
    expect(whole.plan.status).toBe("rolled_back");
    expect(receiptOf(whole).services).toMatchObject([
      {
        before: seen,
        afterRollback: { containerId: "old", imageId: digestOf("1"), running: null },
      },
    ]);
  });

  test("of a plan that has not started the receipt has what is there", async () => {
    const world = await newWorld(test_.database, { services: 1 });
    const id = await createPlan(
      planParts(test_.database),
      system,
      deployOf(world, { execute: false }),
    );
    const whole = await readPlan(test_.database, id);
    expect(whole && receiptOf(whole).services).toMatchObject([
      { before: { name: "service-0", running: true }, after: null, afterRollback: null },
    ]);
  });
});

test("a server deleted in the middle fails the plan, which keeps its names", async () => {
  const world = await newWorld(test_.database);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  await play(test_.database, planId, ({ body }) => (body.kind === "run" ? null : success(body)));
  await test_.database`delete from servers where id = any(${world.serverIds}::uuid[])`;
  const whole = await play(test_.database, planId);
  expect(whole.plan.status).toBe("failed");
  expect(planJson(whole).steps[1]?.service).toMatchObject({
    id: null,
    name: "service-0",
    serverName: "server-0",
  });
});

test("results wake the plan by themselves, and a restart goes on where it was", async () => {
  const world = await newWorld(test_.database);
  const log = pino({ level: "silent" });
  const before = await startAdvancing(test_.database, log);
  const planId = await createPlan(planParts(test_.database), system, deployOf(world));
  const { database } = test_;

  const openCommands = () => database<{ id: string; body: never }[]>`
    select id, body from commands where plan_id = ${planId} and status <> 'done'`;

  async function answerOne(): Promise<void> {
    await expect.poll(() => openCommands()).not.toHaveLength(0);
    const [command] = await openCommands();
    if (!command) throw new Error("no command");
    await database`
      update commands set status = 'done', done_at = now(),
        outcome = ${database.json({ ok: true, body: success(command.body) } as never)}
      where id = ${command.id}`;
  }

  await answerOne(); // the pull
  await answerOne(); // the first deploy
  await before.stop();
  const after = await startAdvancing(database, log);
  // The first gate, the second service, and the removal of what was kept of both.
  for (let rest = 0; rest < 5; rest++) await answerOne();
  await expect
    .poll(async () => (await database`select status from deployment_plans where id = ${planId}`)[0])
    .toMatchObject({ status: "completed" });
  await after.stop();
});
