import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { HistoryEntry, Plan, Service } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
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
    expect(inspected.Image).toBe(image.platforms[0]?.config.digest);
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
      { timeoutMs: 60_000 },
    );
    await site.api.until<{ service: Service }>(
      `/api/services/${(await site.service("byhand")).id}`,
      ({ service }) =>
        service.runningDigest === good.digest && service.containerStatus === "running",
    );
    await rolling.expectOnly(["byhand"]);
  });

  test("an image that is not there fails the plan before anything is touched", async () => {
    const good = await pushImage(site.registry, "shop/gone", "v1", { version: "1" });
    await site.docker.run("run", "-d", "--name", "gone", good.reference);
    await site.service("gone");
    const next = await pushImage(site.registry, "shop/gone", "v2", {
      version: "2",
      created: "2026-02-01T00:00:00Z",
    });
    const image = await rolling.synced(good.name);
    const before = await site.docker.inspect("gone");
    await site.registry.stop();
    const plan = await rolling.deploy(image.id, { imageDigestId: digestRow(image, next).id });
    await site.registry.start();
    expect(plan.status).toBe("failed");
    expect(plan.steps.map(({ action, status }) => `${action} ${status}`)).toEqual([
      "pull failed",
      "deploy skipped",
      "health_check skipped",
    ]);
    expect(await site.docker.inspect("gone")).toMatchObject({
      Id: before.Id,
      State: { StartedAt: before.State.StartedAt },
    });
  });
});
