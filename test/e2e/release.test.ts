import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import type { DockerCli, InspectedContainer } from "../harness/docker-cli.ts";
import { type ImageOptions, type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage, Plan, Service } from "../harness/resources.ts";
import { digestRow, type Rollout, rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";

/* One plan over several images, on two servers. */

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

interface App {
  name: string;
  docker: DockerCli;
  one: PushedImage;
  two: PushedImage;
  image: ContainerImage;
  service: Service;
  before: InspectedContainer;
}

/** An image of its own whose first version runs in one container, and whose second one is there. */
async function app(name: string, on: "site" | "second", next: ImageOptions): Promise<App> {
  const push = (version: string, more: ImageOptions) =>
    pushImage(site.registry, `release/${name}`, `v${version}`, {
      ...{ version, created: `2026-0${version}-01T00:00:00Z` },
      ...more,
    });
  const one = await push("1", { health: "healthy" });
  const docker = on === "site" ? site.docker : second.docker;
  await docker.run("run", "-d", "--name", name, one.reference);
  const two = await push("2", next);
  const service = await site.service(name, on === "site" ? site.server.id : second.server.id);
  const image = await rolling.synced(one.name);
  return { name, docker, one, two, image, service, before: await docker.inspect(name) };
}

const path = () => `/api/environments/${site.environment.id}/deployment-plans`;
const post = async (body: object, query = "") =>
  (await site.api.post<{ plan: Plan }>(`${path()}${query}`, body)).plan;
const toNewest = (apps: App[]) =>
  apps.map(({ image, two }) => ({
    containerImageId: image.id,
    imageDigestId: digestRow(image, two).id,
  }));

test("of three images on two servers, where the second does not become healthy: all three are back", async () => {
  const apps = [
    await app("shop", "site", { health: "healthy" }),
    await app("pay", "second", { health: "unhealthy" }),
    await app("mail", "second", { health: "healthy" }),
  ];

  const { id } = await post({ targets: toNewest(apps), parallelExecution: true }, "?execute=true");
  const plan = await site.api.planEnd(id);

  expect(plan).toMatchObject({ status: "rolled_back", name: "shop v2 and 2 more" });
  expect(plan.error).toMatch(/^Health check failed for pay on second/);
  const pulls = plan.steps.filter(({ action }) => action === "pull");
  expect(pulls.map(({ status }) => status)).toEqual(["success", "success", "success"]);
  const touched = plan.steps.filter(({ action }) => action === "rollback");
  expect(touched.map(({ service }) => service?.name).sort()).toEqual(["mail", "pay", "shop"]);
  for (const { name, docker, before } of apps) {
    const after = await docker.inspect(name);
    expect(after.Id, name).toBe(before.Id);
    expect(after.State.Running, name).toBe(true);
  }
  await rolling.expectOnly(["shop"]);
  await rolling.expectOnly(["mail", "pay"], second.docker);
  for (const { image, one } of apps) {
    const now = await site.image(image.imageName);
    expect(now.deployedDigest, image.imageName).toBe(one.digest);
  }
  // Only what failed is left alone: the others are still updates.
  const behind = await site.api.get<{ updates: { image: ContainerImage }[] }>(
    `/api/environments/${site.environment.id}/updates`,
  );
  expect(behind.updates.map(({ image }) => image.imageName).sort()).toEqual([
    ...apps.flatMap(({ name, one }) => (name === "pay" ? [] : [one.name])).sort(),
  ]);
});

test("everything that is behind is shown first, container by container, and then moved together", async () => {
  const apps = [
    await app("front", "site", { health: "healthy", env: { COLOUR: "blue" } }),
    await app("back", "second", { health: "healthy" }),
  ];
  const pending = await post({ everythingBehind: true });
  const preview = await site.api.post<{
    containers: { service: { name: string }; changes: { field: string }[]; error: string | null }[];
  }>(`/api/deployment-plans/${pending.id}/execute?dryRun=true`);
  const changes = Object.fromEntries(
    preview.containers.map(({ service, changes, error }) => [
      service.name,
      [error, changes.some(({ field }) => field === "Config.Env.COLOUR")],
    ]),
  );
  expect(changes).toEqual({ front: [null, true], back: [null, false] });

  await site.api.post(`/api/deployment-plans/${pending.id}/execute`);
  expect(await site.api.planEnd(pending.id)).toMatchObject({ status: "completed", error: null });
  for (const { name, docker, two } of apps) {
    expect((await docker.inspect(name)).Config.Image).toBe(`${two.name}:v2@${two.digest}`);
  }
  const nothing = await site.api.request<{ code: string }>("POST", path(), {
    everythingBehind: true,
  });
  expect(nothing).toMatchObject({ status: 400, body: { code: "nothing_behind" } });
});

test("a service that is not in the release and does not run keeps its dependent from being touched", async () => {
  const [web, worker] = [
    await app("web", "site", { health: "healthy" }),
    await app("worker", "second", { health: "healthy" }),
  ];
  const store = await app("store", "second", { health: "healthy" });
  await site.api.post(`/api/services/${worker.service.id}/dependencies`, {
    dependsOnId: store.service.id,
    type: "health_before",
  });
  await second.docker.run("stop", "-t", "0", "store");
  await site.api.until<{ service: Service }>(
    `/api/services/${store.service.id}`,
    ({ service }) => service.containerStatus === "exited",
  );

  const { id } = await post({ targets: toNewest([web, worker]) }, "?execute=true");
  const plan = await site.api.planEnd(id);

  expect(plan.status).toBe("rolled_back");
  expect(plan.error).toContain("worker needs store, which does not run (exited)");
  const after = await second.docker.inspect("worker");
  expect([after.Id, after.State.StartedAt]).toEqual([
    worker.before.Id,
    worker.before.State.StartedAt,
  ]);
  expect((await site.docker.inspect("web")).Id).toBe(web.before.Id);
});
