import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { deleteManifest, type PushedImage, pushImage } from "../harness/images.ts";
import { freePort } from "../harness/ports.ts";
import type { HistoryEntry, Plan, Service } from "../harness/resources.ts";
import { digestRow, outline, type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

let site: Site;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

describe("a failing health check", () => {
  test("brings every service that was touched back, the failed one too", async () => {
    const good = await pushImage(site.registry, "shop/fragile", "v1", {
      version: "1",
      health: "healthy",
    });
    for (const name of ["one", "two", "three"]) {
      await site.docker.run("run", "-d", "--name", name, "-e", `NAME=${name}`, good.reference);
      await site.service(name);
    }
    const ids = await Promise.all(
      ["one", "two", "three"].map(async (name) => (await site.docker.inspect(name)).Id),
    );
    const bad = await pushImage(site.registry, "shop/fragile", "v2", {
      version: "2",
      health: "unhealthy",
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(good.name);
    const row = digestRow(image, bad);

    const plan = await rolling.deploy(image.id, { imageDigestId: row.id, parallelExecution: true });

    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toEqual(expect.any(String));
    for (const [at, name] of ["one", "two", "three"].entries()) {
      await expectIsAgain(name, good, ids[at]);
    }
    await rolling.expectOnly(["one", "three", "two"]);
    const { history } = await site.api.get<{ history: HistoryEntry[] }>(
      `/api/container-images/${image.id}/history`,
    );
    expect(history[0]).toMatchObject({ status: "rolled_back", digest: bad.digest });
    expect((await site.image(good.name)).deployedDigest).not.toBe(bad.digest);
  });

  async function expectIsAgain(
    name: string,
    image: PushedImage,
    id: string | undefined,
  ): Promise<void> {
    const inspected = await site.docker.inspect(name);
    expect(inspected.Image).toBe(site.engine.imageId(image));
    expect(inspected.State.Running).toBe(true);
    expect(inspected.Id).toBe(id);
  }

  test("without auto-rollback the plan fails and can be rolled back by hand", async () => {
    const good = await pushImage(site.registry, "shop/byhand", "v1", { version: "1" });
    await site.docker.run("run", "-d", "--name", "byhand", good.reference);
    await site.service("byhand");
    const bad = await pushImage(site.registry, "shop/byhand", "v2", {
      version: "2",
      crash: 7,
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(good.name);
    const failed = await rolling.deploy(image.id, {
      imageDigestId: digestRow(image, bad).id,
      autoRollback: false,
    });
    expect(failed.status).toBe("failed");
    const gate = failed.steps.find(({ status }) => status === "failed");
    expect(`${gate?.error} ${gate?.logs}`).toContain("7");
    expect(`${gate?.error} ${gate?.logs}`).toContain("cannot start: no such setting");

    await site.api.post(`/api/deployment-plans/${failed.id}/rollback`);
    await site.api.until<{ plan: Plan }>(
      `/api/deployment-plans/${failed.id}`,
      ({ plan }) => plan.status === "rolled_back",
    );
    await site.api.until<{ service: Service }>(
      `/api/services/${(await site.service("byhand")).id}`,
      ({ service }) =>
        service.runningDigest === good.digest && service.containerStatus === "running",
    );
    await rolling.expectOnly(["byhand"]);
  });

  test("in a sequence brings what had gone well back too, and never touches the rest", async () => {
    const names = ["first", "second", "third"];
    const { one, two, image, services } = await rolling.versions("shop/sequence", names);
    const before = await Promise.all(names.map((name) => site.docker.inspect(name)));
    await site.api.patch(`/api/services/${services[1]?.id}`, {
      healthCheckUrl: `http://127.0.0.1:${await freePort()}/`,
      healthRetries: 1,
      healthIntervalMs: 1000,
    });

    const plan = await site.api.planEnd((await rolling.start(image, two)).id);

    expect(plan.status).toBe("rolled_back");
    expect(plan.error).toContain("second");
    expect(outline(plan)).toEqual([
      "pull success",
      "deploy first rolled_back",
      "health_check first rolled_back",
      "deploy second rolled_back",
      "health_check second failed",
      "deploy third skipped",
      "health_check third skipped",
      "rollback second success",
      "rollback first success",
    ]);
    const [backSecond, backFirst] = plan.steps.slice(-2);
    expect(String(backFirst?.startedAt) >= String(backSecond?.completedAt)).toBe(true);
    for (const [at, name] of names.entries()) await expectIsAgain(name, one, before[at]?.Id);
    await rolling.expectUntouched(before.slice(2));
    await rolling.expectOnly(names);
  });
});

describe("what is not there, or not free, ends a plan before anything is touched", () => {
  const skipped = [
    "pull failed",
    "deploy one skipped",
    "health_check one skipped",
    "deploy two skipped",
    "health_check two skipped",
  ];

  test("a registry that is down", async () => {
    const { two, image } = await rolling.versions("shop/down", ["one", "two"]);
    const before = await Promise.all(["one", "two"].map((name) => site.docker.inspect(name)));
    await site.registry.stop();

    const plan = await site.api.planEnd((await rolling.start(image, two)).id);

    await site.registry.start();
    expect(plan.status).toBe("failed");
    expect(plan.error).toContain(site.registry.host);
    expect(outline(plan)).toEqual(skipped);
    await rolling.expectUntouched(before);
    await rolling.expectOnly(["one", "two"]);
  });

  test("a manifest that was deleted at the registry", async () => {
    const { two, image } = await rolling.versions("shop/deleted", ["one", "two"]);
    const before = await Promise.all(["one", "two"].map((name) => site.docker.inspect(name)));
    await deleteManifest(site.registry, "shop/deleted", two.digest);

    const plan = await site.api.planEnd((await rolling.start(image, two)).id);

    expect(plan.status).toBe("failed");
    expect(plan.error).toContain(two.digest);
    expect(outline(plan)).toEqual(skipped);
    await rolling.expectUntouched(before);
    await rolling.expectOnly(["one", "two"]);
  });

  test("a port of the host that another container holds", async () => {
    const { two, image, services } = await rolling.versions("shop/port", ["web"]);
    const before = await site.docker.inspect("web");
    const port = await freePort();
    const holder = ["--name", "holder", "--publish", `127.0.0.1:${port}:8080`];
    const other = await pushImage(site.registry, "shop/holder", "v1", {});
    await site.docker.run("run", "-d", ...holder, other.reference);
    const { service } = await site.api.post<{ service: Service }>(
      `/api/servers/${site.server.id}/services`,
      {
        name: "new",
        containerName: "new",
        containerImageId: image.id,
        spec: { ports: [`127.0.0.1:${port}:8080`] },
      },
    );

    const plan = await site.api.planEnd((await rolling.start(image, two)).id);

    expect(plan.status).toBe("failed");
    expect(plan.error).toContain(String(port));
    expect(plan.error).toContain("holder");
    expect(outline(plan)[0]).toBe("pull failed");
    await rolling.expectUntouched([before]);
    await rolling.expectOnly(["holder", "web"]);

    await site.docker.run("rm", "--force", "holder");
    const serviceIds = [service.id, ...services.map(({ id }) => id)];
    const free = await site.api.planEnd((await rolling.start(image, two, { serviceIds })).id);
    expect(free).toMatchObject({ status: "completed", error: null });
    expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe("2\n");
  });
});
