import type { ContainerReport } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { given } from "../../../../test/harness/given.ts";
import { silentLogger } from "../../log.ts";
import { waitUntil } from "../../wait-until.fixture.ts";
import { type BreakableEngine, breakableEngine } from "../breakable-engine.fixture.ts";
import { importBusybox, TestContainers, testEngine } from "../busybox.fixture.ts";
import { connectEngine, type Engine } from "../client.ts";
import { type ListedContainer, listContainers } from "../container/listing.ts";
import { Inventory, type InventoryChange } from "./inventory.ts";
import { EngineWatch } from "./watch.ts";

const engine = testEngine();
let image: string;
let containers: TestContainers;
let proxy: BreakableEngine;
let watched: Engine;
let inventory: Inventory;
let watch: EngineWatch;
let changes: InventoryChange[];

beforeAll(async () => {
  image = await importBusybox(engine, "watch-test");
  containers = new TestContainers(engine, image);
});

beforeEach(async () => {
  proxy = await breakableEngine(engine.host);
  watched = connectEngine(proxy.host);
  inventory = new Inventory(watched, (id) => id === "self", silentLogger);
  watch = new EngineWatch(watched, inventory, silentLogger);
  changes = [];
  inventory.subscribe({ completed: () => {}, changed: (change) => changes.push(change) });
});

afterEach(async () => {
  await watch.stop();
  watched.close();
  await proxy.remove();
  await containers.removeAll();
});

afterAll(async () => {
  await engine.docker.getImage(image).remove({ force: true });
  engine.close();
});

function named(name: string): ContainerReport | undefined {
  return inventory.snapshot().find((container) => container.name === name);
}

/** By id. Other tests have containers of theirs on the engine, which change at any time. */
function own(listed: readonly ListedContainer[]): ListedContainer[] {
  return listed
    .filter(({ name }) => name.startsWith("watch-"))
    .toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

function until(name: string, holds: (container: ContainerReport) => boolean) {
  return waitUntil(`${name} is as expected`, () => {
    const container = named(name);
    return container !== undefined && holds(container) ? container : null;
  });
}

test("a list by the events is the one that the engine gives", async () => {
  const sleeps = "exec /busybox sleep 600";
  for (const name of ["watch-a", "watch-b", "watch-c", "watch-d"]) {
    await containers.run(name, sleeps, { ExposedPorts: { "80/tcp": {} } });
  }
  await watch.start();
  const compare = async (): Promise<string[]> => {
    const ofEngine = own(await listContainers(engine));
    expect(own(await listContainers(watched))).toEqual(ofEngine);
    return ofEngine.map(({ name }) => name);
  };
  await compare();
  // No wait for an event: what was done before a list is in it.
  const created = await containers.run("watch-e", sleeps, {});
  expect(await compare()).toContain("watch-e");
  await inventory.settled();
  await created.stop({ t: 0 });
  await waitUntil(
    "its event is there",
    () => changes.some((one) => "upsert" in one && one.upsert.state === "exited") || null,
  );
  await compare();
  await created.remove();
  expect(await compare()).not.toContain("watch-e");
});

describe("the inventory", () => {
  test("describes what was there before", async () => {
    await containers.run("watch-there", "exec /busybox sleep 600", {
      Labels: { owner: "tests" },
      ExposedPorts: { "80/tcp": {}, "53/udp": {} },
      HostConfig: {
        PortBindings: { "80/tcp": [{ HostIp: "127.0.0.1", HostPort: "" }] },
        AutoRemove: true,
      },
    });
    await watch.start();
    expect(watch.available).toBe(true);
    const { Id: imageId } = await engine.docker.getImage(image).inspect();
    const report = named("watch-there");
    expect(report).toMatchObject({
      imageName: image,
      imageId,
      state: "running",
      health: "none",
      checkLimitMs: 0,
      autoRemove: true,
      self: false,
      labels: { owner: "tests" },
      finishedAt: null,
      imagePlatform: "linux/amd64",
      ports: [
        { containerPort: 53, hostPort: null, hostIp: null, protocol: "udp" },
        { containerPort: 80, hostIp: "127.0.0.1", protocol: "tcp" },
      ],
    });
    expect(report?.ports[1]?.hostPort).toBeGreaterThan(0);
    const { State: state } = await engine.docker.getContainer(report?.id ?? "").inspect();
    expect(report?.startedAt).toBe(Date.parse(state.StartedAt));
  });

  test("follows a container from its creation to its removal", async () => {
    await watch.start();
    const container = await containers.create("watch-life", "exec /busybox sleep 600");
    await until("watch-life", ({ state }) => state === "created");
    await container.start();
    await until("watch-life", ({ state }) => state === "running");
    await container.rename({ name: "watch-renamed" });
    await until("watch-renamed", ({ id }) => id === container.id);
    expect(named("watch-life")).toBeUndefined();
    await container.kill();
    const exited = await until("watch-renamed", ({ state }) => state === "exited");
    expect(exited).toMatchObject({ exitCode: 137 });
    await container.remove();
    await waitUntil("it is gone", () => named("watch-renamed") === undefined);
    // Other tests change containers of this engine meanwhile.
    const itsOwn = changes.filter((one) =>
      "upsert" in one ? one.upsert.id === container.id : one.removedId === container.id,
    );
    expect(itsOwn.at(-1)).toEqual({ removedId: container.id });
  });

  test("knows containers without an image, as a build makes them", async () => {
    await watch.start();
    const made = await engine.docker.createContainer({ name: "watch-bare", Cmd: ["/nothing"] });
    try {
      const report = await until("watch-bare", ({ state }) => state === "created");
      expect(report).toMatchObject({ imageName: "", imageId: "", repoDigests: [] });
      await inventory.resync();
      expect(named("watch-bare")).toMatchObject({ imageId: "" });
    } finally {
      await made.remove();
    }
  });

  test("sees health change", async () => {
    await watch.start();
    await containers.run("watch-health", "exec /busybox sleep 600", {
      Healthcheck: {
        Test: ["CMD", "/busybox", "test", "-e", "/ready"],
        Interval: 50_000_000,
        Retries: 2,
      },
    });
    await until("watch-health", ({ health }) => health === "unhealthy");
    const container = engine.docker.getContainer("watch-health");
    const touch = await container.exec({ Cmd: ["/busybox", "touch", "/ready"] });
    await touch.start({ Detach: true });
    const report = await until("watch-health", ({ health }) => health === "healthy");
    expect(report.checkLimitMs).toBeGreaterThan(0);
  });

  test("is not told the same thing twice", async () => {
    const container = await containers.run("watch-quiet", "exec /busybox sleep 600");
    await watch.start();
    const exec = await container.exec({ Cmd: ["/busybox", "true"] });
    await exec.start({ Detach: true });
    await container.update({ CpuShares: 512 });
    await containers.create("watch-marker", "true");
    await until("watch-marker", () => true);
    expect(
      changes.filter((change) => "upsert" in change && change.upsert.id === container.id),
    ).toEqual([]);
  });

  test("learns of digests that an image gets later", async () => {
    const name = `${given("registryHost")}/watch-digest`;
    await containers.run("watch-digest", "exec /busybox sleep 600");
    await watch.start();
    const pushed = (digests: readonly string[]) =>
      digests.filter((one) => one.startsWith(`${name}@`));
    expect(pushed(named("watch-digest")?.repoDigests ?? [])).toEqual([]);
    await engine.docker.getImage(image).tag({ repo: name, tag: "1" });
    const push = await engine.docker.getImage(`${name}:1`).push({ authconfig: {}, tag: "1" });
    push.resume();
    const report = await until("watch-digest", ({ repoDigests }) => pushed(repoDigests).length > 0);
    expect(pushed(report.repoDigests)[0]).toMatch(new RegExp(`^${name}@sha256:[0-9a-f]{64}$`));
    await engine.docker.getImage(`${name}:1`).remove();
  });
});

describe("when the engine goes away", () => {
  test("it is said, and what changed meanwhile is seen when it is back", async () => {
    const stays = await containers.run("watch-stays", "exec /busybox sleep 600");
    const goes = await containers.run("watch-goes", "exec /busybox sleep 600");
    await watch.start();
    const known = inventory.snapshot().length;
    await proxy.breakDown();
    await waitUntil("it is unavailable", () => !watch.available);
    expect(watch.status).toMatchObject({
      engineAvailable: false,
      engineError: expect.stringMatching(/Docker Engine .*(start it|restarting|answer)/),
      dockerVersion: expect.any(String),
    });
    // Unknown is not gone.
    expect(inventory.snapshot()).toHaveLength(known);
    let back = false;
    void watch.whenAvailable().then(() => {
      back = true;
    });
    await goes.remove({ force: true });
    await stays.kill();
    await containers.run("watch-comes", "exec /busybox sleep 600");
    changes.length = 0;
    await proxy.comeBack();
    await waitUntil("it is available", () => watch.available && back);
    expect(named("watch-goes")).toBeUndefined();
    expect(named("watch-stays")).toMatchObject({ state: "exited" });
    expect(named("watch-comes")).toMatchObject({ state: "running" });
    expect(changes).toContainEqual({ removedId: goes.id });
  });

  test("an engine that is not there at the start is waited for", async () => {
    await proxy.breakDown();
    await watch.start();
    expect(watch.available).toBe(false);
    expect(watch.status.engineError).toMatch(/^No Docker Engine answers at unix:.*start it/);
    expect(inventory.complete).toBe(false);
    await proxy.comeBack();
    await watch.whenAvailable();
    expect(inventory.complete).toBe(true);
  });
});
