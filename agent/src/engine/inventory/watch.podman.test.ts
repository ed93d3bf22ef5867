import type { ContainerReport } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { pushImage } from "../../../../test/harness/images.ts";
import { openTestbed, type Testbed } from "../../../test/real-engine.ts";
import { silentLogger } from "../../log.ts";
import { waitUntil } from "../../wait-until.fixture.ts";
import { stopContainer } from "../container/steps.ts";
import { describeContainer } from "../inspection.ts";
import { fetchLogs, LogFollow } from "../logs/logs.ts";
import { Inventory } from "./inventory.ts";
import { EngineWatch } from "./watch.ts";

let bed: Testbed;
let image: string;
let inventory: Inventory;
let watch: EngineWatch;
const warnings: string[] = [];

beforeAll(async () => {
  bed = await openTestbed();
  const options = { version: "1", labels: { owner: "tests" } };
  const pushed = await pushImage({ host: bed.registry }, `${bed.prefix}/app`, "v1", options);
  image = pushed.reference;
  inventory = new Inventory(bed.engine, () => false, silentLogger);
  const log = { ...silentLogger, warn: (message: string) => warnings.push(message) };
  watch = new EngineWatch(bed.engine, inventory, log);
  await watch.start();
});
afterAll(async () => {
  await watch.stop();
  await bed.close();
});

function until(name: string, holds: (container: ContainerReport) => boolean) {
  return waitUntil(`${name} is as expected`, () => {
    const container = inventory.snapshot().find((one) => one.name === name);
    return container !== undefined && holds(container) ? container : null;
  });
}

describe("with Podman, the agent", () => {
  it("says at its start that it is Podman", () => {
    expect(watch.status).toMatchObject({ engineAvailable: true, engineError: null });
    expect(warnings).toEqual([expect.stringContaining("Podman")]);
  });

  it("sees a container and what becomes of it, as it happens", async () => {
    const name = `${bed.prefix}-seen`;
    const id = await bed.docker("run", "-d", "--name", name, "-p", "127.0.0.1:0:8080", image);
    const running = await until(name, ({ state }) => state === "running");
    expect(running).toMatchObject({
      ...{ id, imageName: image, health: "none", restartCount: 0 },
      repoDigests: [expect.stringContaining(`${bed.prefix}/app@sha256:`)],
      labels: { owner: "tests", version: "1" },
      ports: [expect.objectContaining({ containerPort: 8080, hostIp: "127.0.0.1" })],
    });
    await bed.docker("pause", id);
    await until(name, ({ state }) => state === "paused");
    await bed.docker("unpause", id);
    await until(name, ({ state }) => state === "running");
    await bed.docker("rename", id, `${name}-renamed`);
    await until(`${name}-renamed`, ({ state }) => state === "running");
    await bed.docker("stop", id);
    await until(`${name}-renamed`, ({ state, exitCode }) => state === "exited" && exitCode === 0);
    await bed.docker("rm", id);
    await waitUntil("it is gone", () => inventory.snapshot().every((one) => one.id !== id));
  });

  it("shows a container that Podman starts again and again as restarting", async () => {
    const name = `${bed.prefix}-looping`;
    await bed.docker("run", "-d", "--restart", "always", "--name", name, image, "true");
    await until(name, ({ state, restartCount }) => state === "restarting" && restartCount > 0);
  });

  it("stops a container that Podman starts again and again, or says that it could not", async () => {
    const script = 'trap "exit 0" TERM; sleep 1 & wait $!';
    const options = ["-d", "--restart", "always", "--name", `${bed.prefix}-stopped`];
    const id = await bed.docker("run", ...options, image, "sh", "-c", script);
    await expect.poll(async () => (await bed.inspect(id)).RestartCount).toBeGreaterThan(0);
    const stopping = () =>
      stopContainer(bed.engine, id).then(
        () => "stopped",
        (error: { code?: string }) => error.code,
      );
    await expect.poll(stopping).toBe("stopped");
    const { State: state } = await describeContainer(bed.engine, id);
    expect(state).toMatchObject({ Status: "exited", Restarting: false });
  });

  it("gives logs of both streams, fetched and followed", async () => {
    const name = `${bed.prefix}-logs`;
    const script = "echo one; echo two >&2; read line; echo $line";
    await bed.docker("create", "-i", "--name", name, image, "sh", "-c", script);
    const range = { containerName: name, tail: 10, since: null };
    const lines: string[] = [];
    let ended: unknown;
    await bed.docker("start", name);
    const follow = new LogFollow(bed.engine, range, 1000, {
      lines: (more) => lines.push(...more.map(({ stream, text }) => `${stream}: ${text}`)),
      ended: (error) => {
        ended = error;
      },
    });
    await waitUntil("both lines are told", () => lines.length === 2);
    expect(lines.sort()).toEqual(["stderr: two", "stdout: one"]);
    const fetched = await fetchLogs(bed.engine, range, new AbortController().signal);
    expect(fetched.lines.map(({ text }) => text).sort()).toEqual(["one", "two"]);
    await bed.docker("kill", name);
    await waitUntil("it has ended", () => ended === null);
    follow.stop();
  });
});
