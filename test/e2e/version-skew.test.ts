import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Former, unpackFormer } from "../harness/former.ts";
import { pushImage } from "../harness/images.ts";
import type { Plan } from "../harness/resources.ts";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { createScratch, type Scratch } from "../harness/scratch.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";
import { launcher } from "../harness/system.ts";
import { waitFor } from "../harness/wait.ts";

/*
 * Control plane and agents are upgraded one after the other, in either order, so each works with the
 * other's former version, and each can be replaced while the other goes on.
 */

let scratch: Scratch;
let former: Former;
let site: Site;
let host: JoinedServer;
let rolling: Rollout;

beforeAll(() => {
  scratch = createScratch("skew");
  former = unpackFormer(scratch);
});
afterEach(async () => {
  await host?.remove();
  await site?.remove();
});
afterAll(() => scratch?.remove());

async function online(): Promise<void> {
  await site.api.until<{ server: { status: string } }>(
    `/api/servers/${host.server.id}`,
    ({ server }) => server.status === "online",
    { what: "the server to be online", explain: host.agent.output },
  );
}

/** Versions of an image, of which the third gets unhealthy; the first one runs. */
async function begin(name: string) {
  const push = (version: string, health: "healthy" | "unhealthy" = "healthy") =>
    pushImage(site.registry, `skew/${name}`, `v${version}`, { version, health });
  const [one, two, bad] = [await push("1"), await push("2"), await push("3", "unhealthy")];
  await host.docker.run("run", "-d", "--name", name, one.reference);
  const service = await site.service(name, host.server.id);
  const image = await rolling.synced(one.name);
  const deploy = (tag: string): Promise<Plan> => rolling.deploy(image.id, { tag });
  const runs = async () => (await host.docker.inspect(name)).Config.Image;
  return { one, two, bad, service, image, deploy, runs };
}

/** Everything that an operator does with a server. */
async function useAll(name: string): Promise<void> {
  const { one, two, service, deploy, runs } = await begin(name);

  expect(await deploy("v2")).toMatchObject({ status: "completed", error: null });
  expect(await runs()).toBe(`${two.name}:v2@${two.digest}`);
  expect((await deploy("v3")).status).toBe("rolled_back");
  expect(await runs()).toBe(`${two.name}:v2@${two.digest}`);
  expect((await deploy("v1")).status).toBe("completed");
  expect(await runs()).toContain(one.digest);

  const before = (await host.docker.inspect(name)).State.StartedAt;
  await site.api.post(`/api/services/${service.id}/restart`);
  await waitFor(async () => (await host.docker.inspect(name)).State.StartedAt !== before, {
    what: "the restart",
  });
  const { lines } = await site.api.get<{ lines: unknown[] }>(
    `/api/services/${service.id}/logs?tail=10`,
  );
  expect(lines).toEqual(expect.any(Array));
  const pruned = await site.api.post<{ spaceReclaimedBytes: number }>(
    `/api/servers/${host.server.id}/prune-images`,
    { mode: "dangling" },
  );
  expect(pruned.spaceReclaimedBytes).toEqual(expect.any(Number));
}

/** Asks for a deploy of an image whose job has to run there. */
async function deployWithJob(name: string) {
  const { service, image, two } = await begin(name);
  const path = `/api/container-images/${image.id}`;
  const job = { command: ["/bin/echo", "migrated"], serviceId: service.id, timeoutMs: 60_000 };
  expect((await site.api.request("PUT", `${path}/job`, job)).status).toBe(200);
  const answer = await site.api.request<{ plan: Plan }>("POST", `${path}/deploy`, {
    tag: "v2",
  });
  return { answer, two };
}

/** Orders a deploy, replaces one side while it is under way, and waits for the plan's end. */
async function deployAcross(name: string, replace: () => Promise<void>): Promise<void> {
  const { two, image, runs } = await begin(name);
  const plan = await rolling.start(image, two);
  await replace();
  expect(await site.api.planEnd(plan.id)).toMatchObject({ status: "completed", error: null });
  expect(await runs()).toBe(`${two.name}:v2@${two.digest}`);
}

describe("an agent of the former version", () => {
  test("serves this control plane, and is replaced while a plan runs", async () => {
    let program = former.agent;
    site = await startSite();
    host = await joinServer(site, "former", { program: () => program });
    rolling = rollout(site, (await site.connect()).id);
    await online();
    await useAll("old");
    const { answer } = await deployWithJob("old-job");
    expect(answer).toMatchObject({
      status: 400,
      body: { code: "agent_outdated", error: expect.stringMatching(/former.*upgrade/) as string },
    });
    await deployAcross("upgraded", async () => {
      await host.agent.kill();
      program = launcher("agent");
      await host.agent.start();
    });
    await useAll("new");
    const { answer: made } = await deployWithJob("new-job");
    const plan = await site.api.planEnd(made.body.plan.id);
    expect(plan).toMatchObject({ status: "completed", error: null });
    expect(plan.steps.find(({ action }) => action === "job")?.logs).toContain("migrated");
  });
});

describe("a control plane of the former version", () => {
  test("is served by this agent, and is replaced while a plan runs", async () => {
    let program = former.controlPlane;
    site = await startSite({ program: () => program });
    host = await joinServer(site, "present");
    rolling = rollout(site, (await site.connect()).id);
    await online();
    await useAll("old");
    await deployAcross("upgraded", async () => {
      await site.system.kill();
      program = launcher("start");
      await site.system.start();
      await site.refresh();
    });
    await online();
    await useAll("new");
  });
});
