import { afterAll, beforeAll, expect, test } from "vitest";
import { type Api, login } from "../harness/api.ts";
import type { DockerCli } from "../harness/docker-cli.ts";
import { type PushedImage, pushImage } from "../harness/images.ts";
import type { ContainerImage, Environment, Plan } from "../harness/resources.ts";
import { digestRow, rollout } from "../harness/rollout.ts";
import { type JoinedServer, joinServer, type Site, startSite } from "../harness/site.ts";

/*
 * A release of three images on two engines, with a migration before it, approved by somebody else, with a
 * canary that is paused and resumed; one whose canary fails while it is watched; and what runs then on to
 * another environment on a third engine. Everything is killed (kill -9) in the middle of each.
 */

const names = ["shop", "pay", "mail"] as const;
type Name = (typeof names)[number];

let site: Site;
let second: JoinedServer;
let elsewhere: JoinedServer;
let live: Environment;
let other: Api;
const versions = new Map<Name, PushedImage[]>();
/** Where each container is. */
let places: { container: string; image: Name; docker: () => DockerCli }[];

const password = "correct horse battery staple";
const email = "second@bridgeport.test";

beforeAll(async () => {
  site = await startSite();
  second = await joinServer(site, "second");
  live = (await site.api.post<{ environment: Environment }>("/api/environments", { name: "live" }))
    .environment;
  elsewhere = await joinServer(site, "live-1", { environmentId: live.id });
  for (const name of names) {
    const all: PushedImage[] = [];
    for (const version of ["1", "2", "3"]) {
      all.push(
        await pushImage(site.registry, `careful/${name}`, `v${version}`, {
          ...{ version, health: "healthy", volumes: ["/data"] },
          created: `2026-0${version}-01T00:00:00Z`,
        }),
      );
    }
    versions.set(name, all);
  }
  places = [
    { container: "shop-a", image: "shop", docker: () => site.docker },
    { container: "shop-b", image: "shop", docker: () => second.docker },
    { container: "pay", image: "pay", docker: () => second.docker },
    { container: "mail", image: "mail", docker: () => site.docker },
  ];
  for (const { container, image, docker } of places) {
    await docker().run("run", "-d", "--name", container, pushed(image, 1).reference);
  }
  for (const name of names) {
    await elsewhere.docker.run("run", "-d", "--name", name, pushed(name, 1).reference);
  }
  const rolling = rollout(site, (await site.connect()).id);
  for (const { container, docker } of places) {
    await site.service(container, docker() === site.docker ? site.server.id : second.server.id);
  }
  for (const name of names) await rolling.synced(pushed(name, 1).name);
  await site.api.post("/api/users", { email, password, role: "admin" });
});
afterAll(async () => {
  await elsewhere?.remove();
  await second?.remove();
  await site?.remove();
});

function pushed(name: Name, version: number): PushedImage {
  const image = versions.get(name)?.[version - 1];
  if (!image) throw new Error(`${name} has no version ${version}.`);
  return image;
}

const planOf = async (id: string) =>
  (await site.api.get<{ plan: Plan }>(`/api/deployment-plans/${id}`)).plan;
const until = async (id: string, is: (plan: Plan) => boolean, what: string): Promise<Plan> =>
  (
    await site.api.until<{ plan: Plan }>(`/api/deployment-plans/${id}`, ({ plan }) => is(plan), {
      what,
    })
  ).plan;

/** Control plane, database and every agent end at once, as after a loss of power, and start again. */
async function killEverything(): Promise<void> {
  await Promise.all([
    site.system.kill(["agent", "postgres"]),
    second.agent.kill(),
    elsewhere.agent.kill(),
  ]);
  await Promise.all([site.system.start(), second.agent.start(), elsewhere.agent.start()]);
  await site.refresh();
  other = await login(site.system.url, email, password);
}

/** A release of all three images, one service of each at a time, watched for so long. */
async function release(version: number, more: object): Promise<Plan> {
  const targets = [];
  for (const name of names) {
    const image = await site.image(pushed(name, 1).name);
    const imageDigestId = digestRow(image, pushed(name, version)).id;
    targets.push({ containerImageId: image.id, imageDigestId });
  }
  const path = `/api/environments/${site.environment.id}/deployment-plans?execute=true`;
  const rollout = { batch: 1, soakMs: 2000, ...more };
  return (await site.api.post<{ plan: Plan }>(path, { targets, rollout })).plan;
}

async function expectVersion(version: number): Promise<void> {
  for (const { container, image, docker } of places) {
    const found = await docker().inspect(container);
    expect(found.Config.Image, container).toContain(pushed(image, version).digest);
    expect(found.State.Running, container).toBe(true);
  }
}

const migrations = async (): Promise<string[]> =>
  (await site.docker.run("exec", "shop-a", "sh", "-c", "cat /data/migrated || true"))
    .split("\n")
    .filter(Boolean);

test("it waits for somebody else, migrates once, pauses after its canaries, and is resumed to its end", async () => {
  await site.api.patch(`/api/environments/${site.environment.id}/settings/operations`, {
    requiredApprovals: 1,
  });
  const shop = await site.image(pushed("shop", 1).name);
  const { id: serviceId } = await site.service("shop-a");
  const command = ["/bin/sh", "-c", "echo migrated >> /data/migrated; sleep 2"];
  const job = await site.api.request("PUT", `/api/container-images/${shop.id}/job`, {
    ...{ command, serviceId, timeoutMs: 600_000 },
  });
  expect(job.status).toBe(200);

  const { id } = await release(2, { pauseAfter: 1 });
  expect((await planOf(id)).status).toBe("waiting_for_approval");
  await killEverything();
  expect((await planOf(id)).status).toBe("waiting_for_approval");
  const own = await site.api.request("POST", `/api/deployment-plans/${id}/approve`, {});
  expect(own.status).toBe(403);
  await other.post(`/api/deployment-plans/${id}/approve`, { comment: "go" });

  await until(
    id,
    ({ steps }) => steps.some(({ action, status }) => action === "job" && status === "running"),
    "the migration to run",
  );
  await killEverything();
  const paused = await until(id, ({ status }) => status !== "running", "the pause");
  expect(paused).toMatchObject({ status: "paused", error: null });
  expect(await migrations()).toEqual(["migrated"]);
  await killEverything();
  expect((await planOf(id)).status).toBe("paused");

  await site.api.post(`/api/deployment-plans/${id}/resume`);
  await until(
    id,
    ({ steps }) => steps.some(({ action, status }) => action === "soak" && status === "running"),
    "the second batch to be watched",
  );
  await killEverything();
  const plan = await site.api.planEnd(id);
  expect(plan, JSON.stringify(plan, null, 1)).toMatchObject({ status: "completed", error: null });
  await expectVersion(2);
  expect(await migrations()).toEqual(["migrated"]);
});

test("a canary that dies while it is watched takes the whole release back by itself", async () => {
  await site.api.patch(`/api/environments/${site.environment.id}/settings/operations`, {
    requiredApprovals: 0,
  });
  await site.api.delete(
    `/api/container-images/${(await site.image(pushed("shop", 1).name)).id}/job`,
  );
  const { id } = await release(3, { soakMs: 600_000 });
  await until(
    id,
    ({ steps }) => steps.some(({ action, status }) => action === "soak" && status === "running"),
    "the canaries to be watched",
  );
  await killEverything();
  const watching = await planOf(id);
  expect(watching.status).toBe("running");
  const canary = places.find(({ container }) =>
    watching.steps.some(
      ({ action, status, service }) =>
        action === "deploy" && status === "success" && service?.name === container,
    ),
  );
  await canary?.docker().run("kill", canary.container);

  const plan = await site.api.planEnd(id);
  expect(plan, JSON.stringify(plan, null, 1)).toMatchObject({ status: "rolled_back" });
  expect(plan.error).toContain(canary?.container);
  const touched = plan.steps.filter(({ action }) => action === "rollback");
  expect(touched.length).toBe(3);
  await expectVersion(2);
});

test("what runs is promoted to another environment, whatever is killed meanwhile", async () => {
  const { registry } = await site.api.post<{ registry: { id: string } }>(
    `/api/environments/${live.id}/registries`,
    { name: "live", type: "generic", registryUrl: `http://${site.registry.host}` },
  );
  const { images } = await site.api.until<{ images: ContainerImage[] }>(
    `/api/environments/${live.id}/container-images`,
    ({ images }) => images.length === names.length,
    { what: "the images that run there" },
  );
  for (const { id } of images) {
    await site.api.patch(`/api/container-images/${id}`, { registryConnectionId: registry.id });
  }
  const { plan, leftOut } = await site.api.post<{ plan: Plan; leftOut: unknown[] }>(
    `/api/environments/${live.id}/promote`,
    { fromEnvironmentId: site.environment.id },
  );
  expect(leftOut).toEqual([]);
  await killEverything();
  expect(await site.api.planEnd(plan.id)).toMatchObject({ status: "completed", error: null });
  for (const name of names) {
    const { Config, State } = await elsewhere.docker.inspect(name);
    expect([Config.Image.split("@")[1], State.Running]).toEqual([pushed(name, 2).digest, true]);
  }
});
