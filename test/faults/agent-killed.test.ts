import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { InspectedContainer } from "../harness/docker-cli.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import { isAlive, signal } from "../harness/processes.ts";
import type { ContainerImage, Plan, Service } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";
import { waitFor } from "../harness/wait.ts";
import { type JournalMoment, type JournalWatch, watchJournal } from "./journal-watch.ts";

/*
 * The agent is killed (kill -9) as soon as its journal shows a phase of a replacement or of a
 * rollback, and started again by the control plane. The plan ends by itself, and then there is
 * exactly one container of that name: running, of the image that the plan's status tells, with its
 * data, and without leftovers.
 */

type Order = "stop-first" | "start-first";

let site: Site;
let rolling: Rollout;
let good: [PushedImage, PushedImage];
let unstartable: PushedImage;
let unhealthy: PushedImage;
let image: ContainerImage;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
  const push = (version: string, options: Parameters<typeof pushImage>[3]) =>
    pushImage(site.registry, "kill/app", `v${version}`, {
      version,
      volumes: ["/data"],
      ...options,
    });
  good = [await push("1", { health: "healthy" }), await push("2", { health: "healthy" })];
  unstartable = await push("3", { health: "healthy", cmd: ["/bin/nowhere"] });
  unhealthy = await push("4", { health: "unhealthy" });
});
afterAll(() => site?.remove());

/** A running container with data in its anonymous volume, as a service with this order. */
async function begin(name: string, order: Order, ...options: string[]): Promise<Service> {
  const args = ["run", "-d", "--name", name, "--restart", "always", ...options];
  await site.docker.run(...args, good[0].reference);
  await site.docker.run("exec", name, "sh", "-c", "echo precious > /data/file");
  const service = await site.service(name);
  await site.api.patch(`/api/services/${service.id}`, { deployOrder: order });
  image ??= await rolling.synced(good[0].name);
  return service;
}

async function discard(...services: Service[]): Promise<void> {
  await site.engine.clear();
  for (const { id } of services) {
    await site.api.delete(`/api/services/${id}?force=true`);
  }
}

const journal = () => join(site.system.dataDir, "agent", "journal");

/** Kills the agent at these moments of the plan that `start` starts, and returns the ended plan. */
async function killedAt(moments: JournalMoment[], start: () => Promise<Plan>): Promise<Plan> {
  let pids = await waitFor(agentPids, { what: "the local agent" });
  const watch = watchJournal(journal(), moments, () => {
    if (pids.length === 0) pids = site.system.pidsOf("agent");
    for (const pid of pids) signal(pid, "SIGKILL");
    killed.push(...pids);
    pids = [];
  });
  const killed: number[] = [];
  try {
    const { id } = await start();
    await waitFor(() => watch.reached() === moments.length, {
      what: `the moments ${JSON.stringify(moments)}`,
      explain: () => watch.lines().join("\n"),
    });
    const plan = await ended(id, watch);
    expect(killed).toHaveLength(moments.length);
    expect(killed.filter((pid) => isAlive(pid))).toEqual([]);
    return plan;
  } finally {
    watch.stop();
  }
}

function agentPids(): number[] | null {
  const found = site.system.pidsOf("agent");
  return found.length > 0 ? found : null;
}

async function ended(planId: string, watch: JournalWatch): Promise<Plan> {
  try {
    return await site.api.planEnd(planId);
  } catch (error) {
    const said = `${watch.lines().join("\n")}\n${site.system.output().slice(-4000)}`;
    throw new Error(said, { cause: error });
  }
}

const deploy =
  (target: PushedImage, more: Record<string, unknown> = {}) =>
  async () =>
    (
      await site.api.post<{ plan: Plan }>(`/api/container-images/${image.id}/deploy`, {
        imageDigestId: digestRow(image, target).id,
        ...more,
      })
    ).plan;

/** These are all the containers, and each runs this image with its restart policy and its data. */
async function expectWhole(names: string[], wanted: PushedImage): Promise<void> {
  await rolling.expectOnly(names);
  for (const name of names) await expectKept(name, wanted);
  const volumes = await site.docker.run("volume", "ls", "--quiet");
  expect(volumes.split("\n")).toHaveLength(names.length);
}

async function expectKept(name: string, wanted: PushedImage): Promise<void> {
  const { HostConfig } = await expectRuns(name, wanted);
  expect(HostConfig.RestartPolicy.Name).toBe("always");
  expect(await site.docker.run("exec", name, "cat", "/data/file")).toBe("precious");
}

async function expectRuns(name: string, wanted: PushedImage): Promise<InspectedContainer> {
  const inspected = await site.docker.inspect(name);
  expect(inspected.State.Running, `${name} is running`).toBe(true);
  expect(inspected.Image).toBe(site.engine.imageId(wanted));
  return inspected;
}

const phases: Record<Order, string[]> = {
  "stop-first": ["accepted", "prepare", "rename", "switch", "verify", "result"],
  "start-first": ["accepted", "prepare", "beside", "switch", "verify", "result"],
};

describe.each(["stop-first", "start-first"] as const)("a %s replacement", (order) => {
  let service: Service;
  let runs: PushedImage;
  const other = () => (runs === good[0] ? good[1] : good[0]);
  beforeAll(async () => {
    service = await begin("app", order);
    runs = good[0];
  });
  afterAll(() => discard(service));

  async function expectFinished(moment: JournalMoment): Promise<void> {
    const target = other();
    const plan = await killedAt([moment], deploy(target));
    expect(plan).toMatchObject({ status: "completed", error: null });
    runs = target;
    await expectWhole(["app"], target);
  }

  test.each(phases[order])("is finished after a kill at: %s", async (record) => {
    await expectFinished({ kind: "run", container: "app", record });
  });

  test("is finished after a kill while the previous container is removed", async () => {
    await expectFinished({ kind: "commit", container: "app", record: "accepted" });
  });

  test("is rolled back when it is interrupted twice before the switch", async () => {
    const { Id: id } = await site.docker.inspect("app");
    const moment = { kind: "run", container: "app", record: "prepare" };
    const plan = await killedAt([moment, { ...moment, time: 2 }], deploy(other()));
    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toContain("interrupted 2 times");
    await expectWhole(["app"], runs);
    expect((await site.docker.inspect("app")).Id).toBe(id);
  });

  test("that fails is rolled back also after a kill at: undo", async () => {
    const { Id: id } = await site.docker.inspect("app");
    const moment = { kind: "run", container: "app", record: "undo" };
    const target = order === "stop-first" ? unstartable : unhealthy;
    const plan = await killedAt([moment], deploy(target));
    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toMatch(order === "stop-first" ? /nowhere/ : /not well|unhealthy/);
    await expectWhole(["app"], runs);
    expect((await site.docker.inspect("app")).Id).toBe(id);
  });
});

describe.each(["stop-first", "start-first"] as const)(
  "a rollback by hand of a plan of %s services that has completed",
  (order) => {
    let service: Service;
    beforeAll(async () => {
      service = await begin("app", order);
    });
    afterAll(() => discard(service));

    test.each(phases[order])("is finished after a kill at: %s", async (record) => {
      const plan = await rolling.deploy(image.id, { imageDigestId: digestRow(image, good[1]).id });
      expect(plan.status).toBe("completed");
      const back = await killedAt([{ kind: "rollback", container: "app", record }], rollBack(plan));
      expect(back.status).toBe("rolled_back");
      await expectWhole(["app"], good[0]);
    });
  },
);

describe.each(["stop-first", "start-first"] as const)("a failed plan of %s services", (order) => {
  let services: Service[];
  beforeAll(async () => {
    const first = await begin("first", order);
    const never = ["--health-cmd", "echo not well; false", "--health-interval", "300ms"];
    const last = await begin("last", "stop-first", ...never, "--health-retries", "1");
    const dependency = { dependsOnId: first.id, type: "health_before" };
    await site.api.post(`/api/services/${last.id}/dependencies`, dependency);
    services = [last, first];
  });
  afterAll(() => discard(...services));

  test.each([
    ["last", "accepted"],
    ["last", "prepare"],
    ["last", "switch"],
    ["first", "prepare"],
    ["first", "verify"],
    ["first", "result"],
  ])("is rolled back after a kill at the rollback of %s: %s", async (container, record) => {
    const ids = await idsOf(["first", "last"]);
    const plan = await killedAt([{ kind: "rollback", container, record }], deploy(good[1]));
    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toContain("last");
    await expectWhole(["first", "last"], good[0]);
    expect(await idsOf(["first", "last"])).toEqual(ids);
  });
});

describe("a container that lives in another's network", () => {
  let service: Service;
  let sidecar: PushedImage;
  beforeAll(async () => {
    service = await begin("app", "stop-first");
    sidecar = await pushImage(site.registry, "kill/sidecar", "v1", {
      cmd: ["/bin/sleep", "1000000"],
    });
    const network = ["--network", "container:app", "--init"];
    await site.docker.run("run", "-d", "--name", "sidecar", ...network, sidecar.reference);
    await site.service("sidecar");
  });
  afterAll(async () => discard(service, await site.service("sidecar")));

  test.each([
    ["dependents", 1],
    ["dependents-done", 0],
  ])("follows it after a kill at: %s", async (record, to) => {
    const target = good[to] as PushedImage;
    const plan = await killedAt([{ kind: "run", container: "app", record }], deploy(target));
    expect(plan).toMatchObject({ status: "completed", error: null });
    await rolling.expectOnly(["app", "sidecar"]);
    await expectKept("app", target);
    const { HostConfig } = await expectRuns("sidecar", sidecar);
    const { Id: id } = await site.docker.inspect("app");
    expect(HostConfig.NetworkMode).toBe(`container:${id}`);
  });
});

describe("a service whose first container fails", () => {
  test.each(["accepted", "remove", "result"])(
    "has none again after a kill at the rollback: %s",
    async (record) => {
      const name = `new-${record}`;
      const { service } = await site.api.post<{ service: Service }>(
        `/api/servers/${site.server.id}/services`,
        { name, containerName: name, containerImageId: image.id, spec: {} },
      );
      const moment = { kind: "rollback", container: name, record };
      const plan = await killedAt([moment], deploy(unhealthy, { serviceIds: [service.id] }));
      expect(plan.status).toBe("rolled_back");
      await rolling.expectOnly([]);
      expect(await site.docker.run("volume", "ls", "--quiet")).toBe("");
      await site.api.until<{ service: Service }>(
        `/api/services/${service.id}`,
        ({ service }) => service.discoveryStatus === "missing",
      );
      await site.api.delete(`/api/services/${service.id}`);
    },
  );
});

const rollBack = (plan: Plan) => async () =>
  (await site.api.post<{ plan: Plan }>(`/api/deployment-plans/${plan.id}/rollback`)).plan;

function idsOf(names: string[]): Promise<string[]> {
  return Promise.all(names.map(async (name) => (await site.docker.inspect(name)).Id));
}
