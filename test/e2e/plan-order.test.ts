import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage, Plan, PlanStep, Server, Service } from "../harness/resources.ts";
import { digestRow, outline, type Rollout, rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";

let site: Site;
let second: JoinedServer;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  second = await joinServer(site, "second");
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(async () => {
  await Promise.all([site.engine.clear(), second.engine.clear()]);
  // With their dependencies, so that no test finds those of another.
  const { services } = await site.api.until<{ services: Service[] }>(
    `/api/environments/${site.environment.id}/services`,
    (body) => body.services.every(({ discoveryStatus }) => discoveryStatus === "missing"),
  );
  for (const { id } of services) await site.api.delete(`/api/services/${id}`);
});
afterAll(async () => {
  await second?.remove();
  await site?.remove();
});

interface Fleet {
  services: Record<"cache" | "store" | "web" | "worker", Service>;
  image: ContainerImage;
  one: PushedImage;
  two: PushedImage;
}

/** `store` and `worker` run on the second server, the others on the local one. */
async function fleet(repository: string, slow: number): Promise<Fleet> {
  const push = (version: string) =>
    pushImage(site.registry, repository, `v${version}`, {
      version,
      health: version === "1" ? "healthy" : { slow },
      created: `2026-0${version}-01T00:00:00Z`,
    });
  const [one, two] = [await push("1"), await push("2")];
  for (const name of ["cache", "web"]) {
    await site.docker.run("run", "-d", "--name", name, one.reference);
  }
  for (const name of ["store", "worker"]) {
    await second.docker.run("run", "-d", "--name", name, one.reference);
  }
  const there = second.server.id;
  const services = {
    cache: await site.service("cache"),
    web: await site.service("web"),
    store: await site.service("store", there),
    worker: await site.service("worker", there),
  };
  return { services, image: await rolling.synced(one.name), one, two };
}

const depend = (service: Service, on: Service, type: "health_before" | "deploy_after") =>
  site.api.request<{ error: string }>("POST", `/api/services/${service.id}/dependencies`, {
    dependsOnId: on.id,
    type,
  });

function stepOf(plan: Plan, name: string, action: PlanStep["action"]): PlanStep {
  const step = plan.steps.find((one) => one.service?.name === name && one.action === action);
  if (!step) throw new Error(`The plan has no ${action} of ${name}.`);
  return step;
}

const begin = (step: PlanStep): string => step.startedAt ?? "never begun";
const end = (step: PlanStep): string => step.completedAt ?? "never ended";

describe("services that live in another's network", () => {
  test("are deployed after it, without anybody having said so", async () => {
    const push = (version: string) =>
      pushImage(site.registry, "order/shared", `v${version}`, {
        version,
        cmd: ["/bin/sh", "-c", "exec sleep 600"],
        created: `2026-0${version}-01T00:00:00Z`,
      });
    const [one, two] = [await push("1"), await push("2")];
    await site.docker.run("run", "-d", "--name", "zz-net", one.reference);
    const inside = ["--network", "container:zz-net", one.reference];
    for (const name of ["a-user", "zzz-user"]) {
      await site.docker.run("run", "-d", "--name", name, ...inside);
    }
    for (const name of ["zz-net", "a-user", "zzz-user"]) {
      const { id } = await site.service(name);
      await site.api.patch(`/api/services/${id}`, { healthWaitMs: 500 });
    }
    const image = await rolling.synced(one.name);

    const started = await rolling.start(image, two, { parallelExecution: true });
    const plan = await site.api.planEnd(started.id);

    expect(plan).toMatchObject({ status: "completed", error: null });
    for (const name of ["a-user", "zzz-user"]) {
      expect(begin(stepOf(plan, name, "deploy")) >= end(stepOf(plan, "zz-net", "deploy"))).toBe(
        true,
      );
    }
    await rolling.expectOnly(["a-user", "zz-net", "zzz-user"]);
    const provider = await site.docker.inspect("zz-net");
    for (const name of ["a-user", "zzz-user"]) {
      const { HostConfig, State, Image } = await site.docker.inspect(name);
      expect(HostConfig.NetworkMode).toBe(`container:${provider.Id}`);
      expect(State.Running).toBe(true);
      expect(Image).toBe(site.engine.imageId(two));
    }
  });
});

describe("services on several servers that depend on each other", () => {
  test("go level by level, and each waits for what its dependencies ask for, and no longer", async () => {
    const { services, image, two } = await fleet("order/levels", 2);
    // store ◀─ health_before ─ web ◀─ deploy_after ─ worker; cache on its own
    await depend(services.web, services.store, "health_before");
    await depend(services.worker, services.web, "deploy_after");

    const round = await depend(services.store, services.worker, "deploy_after");
    expect(round).toMatchObject({
      status: 400,
      body: { error: "Circular dependency detected: store -> worker -> web -> store" },
    });
    const { deploymentOrder } = await site.api.get<{ deploymentOrder: string[][] }>(
      `/api/environments/${site.environment.id}/dependency-graph`,
    );
    const levelOf = (service: Service) =>
      deploymentOrder.findIndex((ids) => ids.includes(service.id));
    expect([services.cache, services.store, services.web, services.worker].map(levelOf)).toEqual([
      0, 0, 1, 2,
    ]);

    const started = await rolling.start(image, two, { parallelExecution: true });
    const plan = await site.api.planEnd(started.id);

    expect(plan).toMatchObject({ status: "completed", error: null });
    const pulls = plan.steps.filter(({ action }) => action === "pull");
    expect(pulls).toHaveLength(2);
    const deploys = plan.steps.filter(({ action }) => action === "deploy");
    for (const pull of pulls) for (const one of deploys) expect(begin(one) >= end(pull)).toBe(true);
    const cache = stepOf(plan, "cache", "deploy");
    const store = stepOf(plan, "store", "deploy");
    const web = stepOf(plan, "web", "deploy");
    const worker = stepOf(plan, "worker", "deploy");
    // One level at the same time, on both servers.
    expect(begin(cache) < end(store) && begin(store) < end(cache)).toBe(true);
    expect(begin(web) >= end(stepOf(plan, "store", "health_check"))).toBe(true);
    // `deploy_after` does not wait for the gate, which takes two seconds here.
    expect(begin(worker) >= end(web)).toBe(true);
    expect(begin(worker) < end(stepOf(plan, "web", "health_check"))).toBe(true);
    await rolling.expectOnly(["cache", "web"]);
    await rolling.expectOnly(["store", "worker"], second.docker);
    for (const name of ["store", "worker"]) {
      expect((await second.docker.inspect(name)).Image).toBe(second.engine.imageId(two));
    }
  });

  test("in a sequence go one by one in that order", async () => {
    const { services, image, two } = await fleet("order/sequence", 1);
    await depend(services.cache, services.worker, "deploy_after");
    await depend(services.web, services.cache, "health_before");

    const plan = await site.api.planEnd((await rolling.start(image, two)).id);

    expect(plan.status).toBe("completed");
    const forward = plan.steps.filter(({ action }) => action !== "pull");
    expect(forward.map(({ service, action }) => `${action} ${service?.name}`)).toEqual(
      ["store", "worker", "cache", "web"].flatMap((name) => [
        `deploy ${name}`,
        `health_check ${name}`,
      ]),
    );
    for (const [at, step] of forward.entries()) {
      const before = forward[at - 1];
      if (before) expect(begin(step) >= end(before)).toBe(true);
    }
  });
});

describe("a server that is not there", () => {
  const status = (wanted: Server["status"]) =>
    site.api.until<{ server: Server }>(
      `/api/servers/${second.server.id}`,
      ({ server }) => server.status === wanted,
      { what: `the second server to be ${wanted}` },
    );

  test("is named when the plan is made; one that leaves meanwhile is waited for", async () => {
    const { image, two } = await fleet("order/away", 3);
    const plan = await rolling.start(image, two, { parallelExecution: true });
    await site.api.until<{ plan: Plan }>(`/api/deployment-plans/${plan.id}`, (body) =>
      outline(body.plan).includes("health_check store running"),
    );
    await second.agent.kill();
    await status("offline");
    await site.api.until<{ plan: Plan }>(`/api/deployment-plans/${plan.id}`, (body) =>
      outline(body.plan).includes("health_check web success"),
    );
    const { plan: waiting } = await site.api.get<{ plan: Plan }>(
      `/api/deployment-plans/${plan.id}`,
    );
    expect(waiting.status).toBe("running");

    const away = await site.api.request("POST", `/api/container-images/${image.id}/deploy`, {
      imageDigestId: digestRow(image, two).id,
    });
    expect(away).toMatchObject({
      status: 503,
      body: { error: expect.stringContaining("second"), code: "server_offline" },
    });

    await second.agent.start();
    await status("online");
    const ended = await site.api.planEnd(plan.id);
    expect(ended).toMatchObject({ status: "completed", error: null });
    await rolling.expectOnly(["cache", "web"]);
    await rolling.expectOnly(["store", "worker"], second.docker);
    for (const name of ["store", "worker"]) {
      expect((await second.docker.inspect(name)).Image).toBe(second.engine.imageId(two));
    }
  });
});
