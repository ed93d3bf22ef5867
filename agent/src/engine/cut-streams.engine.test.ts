import type { LogLine } from "@bridgeport/proto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { silentLogger } from "../log.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { importBusybox, TestContainers, testEngine } from "./busybox.fixture.ts";
import { connectEngine, type Engine } from "./client.ts";
import { type EngineProxy, engineProxy } from "./engine-proxy.fixture.ts";
import { awaitHealthy } from "./health/await-healthy.ts";
import { Inventory } from "./inventory/inventory.ts";
import { EngineWatch } from "./inventory/watch.ts";
import { LogFollow } from "./logs/logs.ts";

const engine = testEngine();
const endless = { signal: new AbortController().signal, deadlineAt: null };
const gate = { waitMs: null, retries: 3, intervalMs: 5_000, url: null, probe: "eager" as const };
let image: string;
let containers: TestContainers;
let proxy: EngineProxy;
let behind: Engine;

beforeAll(async () => {
  image = await importBusybox(engine, "cut-test");
  containers = new TestContainers(engine, image);
});

beforeEach(async () => {
  proxy = await engineProxy(engine.host);
  proxy.cutSilentMs = 1_000;
  behind = connectEngine(proxy.host);
});

afterEach(async () => {
  behind.close();
  await proxy.remove();
  await containers.removeAll();
});

afterAll(async () => {
  await engine.docker.getImage(image).remove({ force: true });
  engine.close();
});

/** A health check that passes once the proxy has cut connections, and writes nothing before. */
const passesLate = [
  "CMD",
  "/busybox",
  "sh",
  "-c",
  "while ! test -e /ready; do /busybox usleep 9999; done",
];

async function ready(id: string): Promise<void> {
  const touch = await engine.docker.getContainer(id).exec({ Cmd: ["/busybox", "touch", "/ready"] });
  await touch.start({ Detach: true });
}

const cut = (times: number) => waitUntil("connections were cut", () => proxy.cuts >= times, 60_000);

test("a gate without a health check passes behind a proxy that cuts silent connections", async () => {
  const { id } = await containers.run("cut-plain", "exec /busybox sleep 600");
  const result = await awaitHealthy(behind, id, "cut-plain", { ...gate, waitMs: 4_000 }, endless);
  expect(result).toMatchObject({ method: "stable", state: "running" });
  expect(proxy.cuts).toBeGreaterThan(0);
});

test("so does one whose health check writes nothing for long", async () => {
  const Healthcheck = { Test: passesLate, Interval: 300e9, Timeout: 300e9 };
  const { id } = await containers.run("cut-check", "exec /busybox sleep 600", { Healthcheck });
  const waiting = awaitHealthy(behind, id, "cut-check", { ...gate, waitMs: 3_600_000 }, endless);
  await cut(3);
  await ready(id);
  expect(await waiting).toMatchObject({ method: "exec", state: "running" });
});

test("and one that waits for the health status of the engine", async () => {
  const Test = ["CMD", "/busybox", "test", "-e", "/ready"];
  const Healthcheck = { Test, Interval: 2e9, Retries: 1000 };
  const { id } = await containers.run("cut-engine", "exec /busybox sleep 600", { Healthcheck });
  const patient = { ...gate, waitMs: 3_600_000, probe: "engine" as const };
  const waiting = awaitHealthy(behind, id, "cut-engine", patient, endless);
  await cut(2);
  await ready(id);
  expect(await waiting).toMatchObject({ method: "engine", health: "healthy" });
});

test("a followed log continues where it was cut, with no line lost or repeated", async () => {
  const container = await containers.run(
    "cut-log",
    "echo old; while read line; do echo $line; done",
    {
      OpenStdin: true,
      AttachStdin: true,
    },
  );
  const lines: LogLine[] = [];
  let ended: unknown;
  const range = { containerName: "cut-log", tail: 100, since: null };
  const follow = new LogFollow(behind, range, 1000, {
    lines: (more) => lines.push(...more),
    ended: (error) => {
      ended = error;
    },
  });
  const stdin = await container.attach({ stream: true, stdin: true, hijack: true });
  for (const [index, text] of ["one", "two", "two"].entries()) {
    await cut(proxy.cuts + 2);
    stdin.write(`${text}\n`);
    await waitUntil("it is told", () => lines.length === index + 2);
  }
  expect(lines.map(({ text }) => text)).toEqual(["old", "one", "two", "two"]);
  expect(ended).toBeUndefined();
  await container.kill();
  stdin.end();
  await waitUntil("it has ended", () => ended === null);
  follow.stop();
});

test("the inventory stays current, and the engine is not reported as unavailable", async () => {
  const inventory = new Inventory(behind, () => false, silentLogger);
  const watch = new EngineWatch(behind, inventory, silentLogger);
  await watch.start();
  const available: boolean[] = [];
  watch.onStatus((status) => available.push(status.engineAvailable));
  await cut(2);
  await containers.run("cut-new", "exec /busybox sleep 600");
  const state = () => inventory.snapshot().find(({ name }) => name === "cut-new")?.state;
  await waitUntil("it is seen", () => state() === "running");
  expect(available).not.toContain(false);
  await watch.stop();
});

test("one container that the engine never describes disturbs neither the server nor the others", async () => {
  const stuck = await containers.run("stuck-shim", "exec /busybox sleep 600", {
    Labels: { a: "b" },
  });
  const other = await containers.run("cut-other", "exec /busybox sleep 600");
  proxy.cutSilentMs = null;
  proxy.swallow = (request) => request.startsWith(`GET /containers/${stuck.id}/json`);
  const again = { slowMs: 200, retryMs: { first: 200, last: 200 } };
  const hasty = connectEngine(proxy.host, { look: 2_000 });
  const inventory = new Inventory(hasty, () => false, silentLogger, again);
  const watch = new EngineWatch(hasty, inventory, silentLogger);
  await watch.start();
  const of = (id: string) => inventory.snapshot().find((one) => one.id === id);
  await waitUntil("the other is seen", () => of(other.id)?.state === "running");
  expect(watch.available).toBe(true);
  expect(of(stuck.id)).toMatchObject({
    name: "stuck-shim",
    imageName: image,
    state: "unknown",
    health: "unknown",
    labels: { a: "b" },
  });
  await other.kill();
  await waitUntil("what happens to the other is seen", () => of(other.id)?.state === "exited");
  proxy.swallow = () => false;
  await waitUntil("it is known when it is described", () => of(stuck.id)?.state === "running");
  await watch.stop();
  hasty.close();
});
