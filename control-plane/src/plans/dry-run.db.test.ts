import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { waitLimitMs } from "../../../test/harness/limit.ts";
import { everywhere, system } from "../actor.ts";
import { recordOutcome } from "../commands/commands.store.ts";
import { undoneCommands } from "../commands/undone-commands.fixture.ts";
import { json } from "../database/connection.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { createPlan } from "./create-plan.ts";
import { dryRunWith, withChanges } from "./dry-run.ts";
import { planJson } from "./plan-json.ts";
import {
  deployOf,
  newWorld,
  planParts,
  refusal,
  removeContainersOf,
  success,
  type World,
} from "./plan-world.fixture.ts";
import { readPlan } from "./plans.store.ts";

let rig: TestDatabase;
beforeAll(async () => {
  rig = await openTestDatabase();
});
afterAll(() => rig.close());

const recorded = {
  Env: ["A=1"],
  HostConfig: { Privileged: true, Binds: ["/srv:/srv", "/etc:/etc"], NetworkMode: "host" },
};
const dryRun = () =>
  dryRunWith({ database: rig.database, images: { imageConfig: async () => null } });

/** A service with a record, and perhaps a specification of its own. */
async function recordedWorld(spec: object | null): Promise<World> {
  const world = await newWorld(rig.database, { services: 1 });
  await rig.database`
    update services set recorded_spec = ${json(rig.database, recorded)},
      spec = ${spec && json(rig.database, spec)}
    where id = any(${world.serviceIds}::uuid[])`;
  return world;
}

/** What a dry run of a deploy to it says, once its agent has said that it could, or could not. */
async function dryStep(world: World, says: "yes" | "refused" | "image_missing") {
  const { database } = rig;
  const [serverId = ""] = world.serverIds;
  const { serviceIds } = world;
  const request = deployOf(world, { serviceIds, create: true, execute: false });
  const planId = await createPlan(planParts(database), system, request);
  const running = dryRun()(planId, { roles: everywhere("viewer") });
  const [command] = await vi.waitFor(async () => {
    const open = await undoneCommands(database, serverId);
    expect(open).toHaveLength(1);
    return open;
  }, waitLimitMs);
  if (!command) throw new Error("nothing was asked");
  const outcome =
    says === "yes"
      ? { ok: true as const, body: success(command.body) }
      : { ok: false as const, failure: refusal("That is not possible.", says) };
  await recordOutcome(database, serverId, { commandId: command.id, outcome });
  const containers = await running;
  const whole = await readPlan(database, planId);
  const deploy = whole && planJson(whole).steps.find(({ action }) => action === "deploy");
  if (!deploy) throw new Error("the plan has no deploy");
  const step = withChanges(deploy, containers);
  return { step, container: containers[0] };
}

test.each(["yes", "refused"] as const)(
  "a container that would be created from a record is shown with what that has of the host: %s",
  async (says) => {
    const world = await recordedWorld(null);
    await removeContainersOf(rig.database, world.serviceIds);
    expect((await dryStep(world, says)).step.detail).toMatch(
      /^service-0 would be created from what the agent of server-0 recorded .*: privileged; mounts \/srv, \/etc; namespaces network=host\. /,
    );
  },
);

test("what the service's own specification gives the container is not told of", async () => {
  const world = await recordedWorld({ HostConfig: { Privileged: true, Binds: ["/srv:/other"] } });
  await removeContainersOf(rig.database, world.serviceIds);
  expect((await dryStep(world, "yes")).step.detail).toContain(
    "than the service's specification says: mounts /etc; namespaces network=host.",
  );
});

test("nor is a record that is not used: a container that is there keeps its own settings", async () => {
  const world = await recordedWorld(null);
  expect((await dryStep(world, "yes")).step.detail).toBeNull();
});

test("an image that neither the server nor a registry tells of is no reason against the deploy", async () => {
  const world = await newWorld(rig.database, { services: 1 });
  const { step, container } = await dryStep(world, "image_missing");
  expect(container).toMatchObject({ error: null, changes: [], detail: null });
  expect(container?.changesUnknown).toMatch(/^server-0 does not have the image yet, .* ahead\. /);
  expect(step).toMatchObject({ error: null, changes: null, detail: container?.changesUnknown });
});
