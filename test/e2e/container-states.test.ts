import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type Rollout, rollout } from "../harness/rollout.ts";
import { type Site, startSite } from "../harness/site.ts";

/*
 * What becomes of a container that does not simply run when it is deployed: what was stopped by hand
 * stays stopped, what fell over is to run again.
 */

let site: Site;
let rolling: Rollout;

beforeAll(async () => {
  site = await startSite();
  rolling = rollout(site, (await site.connect()).id);
});
afterEach(() => site.engine.clear());
afterAll(() => site?.remove());

const state = async (name: string) => (await site.docker.inspect(name)).State;

describe("a container that was stopped by hand", () => {
  test("stays stopped, and the plan says so", async () => {
    const { two, image } = await rolling.versions("state/stopped", ["app"], {}, []);
    await site.docker.run("stop", "app");
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(plan.status).toBe("completed");
    expect(await state("app")).toMatchObject({ Running: false });
    expect(JSON.stringify(plan.steps)).toContain("Updated, not run");
  });
});

describe("a container that is paused", () => {
  test("is replaced and stays paused, with a health check or without", async () => {
    const health = { health: "healthy" as const };
    const { two, image } = await rolling.versions("state/paused", ["app"], health, []);
    await site.docker.run("pause", "app");
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(plan).toMatchObject({ status: "completed", error: null });
    expect(await state("app")).toMatchObject({ Paused: true });
    await rolling.expectRuns("app", two);
    await site.docker.run("unpause", "app");
  });
});

describe("a container that fell over", () => {
  const fallsOver = ["sh", "-c", "exit 3"];

  /** By a signal that is no stop: the container's own init passes it on. */
  async function knockOver(): Promise<void> {
    await site.docker.run("kill", "--signal", "HUP", "app");
    await site.docker.run("wait", "app");
    expect(await state("app")).toMatchObject({ Running: false, ExitCode: 129 });
  }

  test("runs again with an image that is well", async () => {
    const { two, image } = await rolling.versions("state/fallen", ["app"], {}, ["--init"]);
    await knockOver();
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(plan).toMatchObject({ status: "completed", error: null });
    await rolling.expectRuns("app", two);
  });

  test("is no reason to believe in an image that falls over, too", async () => {
    const second = { cmd: fallsOver };
    const { two, image } = await rolling.versions("state/falls", ["app"], second, ["--init"]);
    await knockOver();
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(plan.status).toBe("rolled_back");
    await rolling.expectOnly(["app"]);
  });

  test("after its deploy is what a rollback by hand is for: the one before it runs", async () => {
    const second = { cmd: ["sh", "-c", "sleep 2; exit 3"], health: { test: "true" } };
    const { one, two, image } = await rolling.versions("state/late", ["app"], second, []);
    const plan = await site.api.planEnd((await rolling.start(image, two)).id);
    expect(plan.status).toBe("completed");
    await site.docker.run("wait", "app");
    expect((await rolling.rollBack(plan)).status).toBe("rolled_back");
    await rolling.expectRuns("app", one);
  });

  test("whose predecessor was removed by hand is created again and runs", async () => {
    const second = { cmd: ["sh", "-c", "sleep 3; exit 3"] };
    const { one, two, image } = await rolling.versions("state/pruned", ["app"], second, []);
    const { id } = await site.service("app");
    await site.api.patch(`/api/services/${id}`, { healthWaitMs: 60_000 });
    const plan = await rolling.start(image, two);
    await site.api.until<{ plan: typeof plan }>(
      `/api/deployment-plans/${plan.id}`,
      ({ plan: { steps } }) =>
        steps.some(({ action, status }) => action === "health_check" && status === "running"),
    );
    await site.docker.run("container", "prune", "--force");
    expect((await site.api.planEnd(plan.id)).status).toBe("rolled_back");
    await rolling.expectRuns("app", one);
    await rolling.expectOnly(["app"]);
  });
});

describe("a container that was created with its network's id", () => {
  test("is in that network with its address and names after a rollback by hand, too", async () => {
    await site.docker.run("network", "create", "--subnet", "10.199.77.0/24", "byid");
    const network = await site.docker.run("network", "inspect", "--format", "{{.Id}}", "byid");
    const args = ["--network", network.trim(), "--network-alias", "web", "--ip", "10.199.77.9"];
    const { two, image } = await rolling.versions("state/byid", ["app"], {}, args);
    const completed = await site.api.planEnd((await rolling.start(image, two)).id);
    expect((await rolling.rollBack(completed)).status).toBe("rolled_back");
    const { Networks } = (await site.docker.inspect("app")).NetworkSettings;
    expect(Networks.byid?.Aliases).toContain("web");
    expect(Networks.byid).toMatchObject({ IPAMConfig: { IPv4Address: "10.199.77.9" } });
  });
});
