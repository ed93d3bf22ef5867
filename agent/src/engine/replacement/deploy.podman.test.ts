import { once } from "node:events";
import { mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommitCommand, HealthGate } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ImageOptions, pushImage } from "../../../../test/harness/images.ts";
import { TestJournal } from "../../../test/journal.ts";
import {
  defaultGate,
  openTestbed,
  rollbackCommand,
  runCommand,
  type Testbed,
} from "../../../test/real-engine.ts";
import { awaitHealthy } from "../health/await-healthy.ts";
import { pullImage } from "../images/pull.ts";
import { describeContainer } from "../inspection.ts";
import { commitRuns } from "./commit.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";
import { rollBack } from "./rollback.ts";

/** An image that was pulled by its digest. */
interface Pulled {
  reference: string;
  id: string;
}

/** Its last ten digits are part of the names of kept containers. */
const runId = "0199f0aa-1111-7abc-8def-0123456789ab";

let bed: Testbed;
let v1: Pulled;
let v2: Pulled;
let sick: Pulled;
let count = 0;
const notSelf = (): boolean => false;
const endless = { signal: new AbortController().signal, deadlineAt: null };

beforeAll(async () => {
  bed = await openTestbed();
  v1 = await image("one", { version: "1", health: "healthy" });
  v2 = await image("two", {
    ...{ version: "2", health: "healthy", workdir: "/srv", stopSignal: "SIGINT" },
    env: { NEW: "yes" },
  });
  sick = await image("sick", { version: "3", health: "unhealthy" });
});
afterAll(async () => await bed.close());

/** Pushes an image and pulls it as the agent does. */
async function image(name: string, options: ImageOptions): Promise<Pulled> {
  const pushed = await pushImage({ host: bed.registry }, `${bed.prefix}/${name}`, "v1", options);
  const reference = `${pushed.reference}@${pushed.digest}`;
  const request = { reference, platform: null, credentials: null };
  const { Id: id } = await pullImage(bed.engine, request, {
    ...endless,
    progress: () => undefined,
  });
  return { reference, id };
}

/** A service with a journal of its own. */
class Service {
  readonly name: string;
  readonly journal = new TestJournal();

  constructor() {
    count += 1;
    this.name = `${bed.prefix}-${count}`;
  }

  async start(options: string[] = [], command: string[] = []): Promise<string> {
    const args = ["run", "-d", "--name", this.name, ...options, v1.reference, ...command];
    return await bed.docker(...args);
  }

  async deploy(to: Pulled, more: Parameters<typeof runCommand>[2] = {}) {
    const command = runCommand(this.name, to, more);
    const context = this.journal.begin(command, { id: runId });
    return await replaceContainer(bed.engine, command, context, notSelf, command);
  }

  async rollBack() {
    const command = rollbackCommand(this.name, runId, v1);
    return await rollBack(bed.engine, command, this.journal.begin(command), notSelf);
  }

  async commit() {
    const command: CommitCommand = {
      ...{ kind: "commit", serviceId: this.name, containerName: this.name },
      ...{ runCommandIds: [runId], currentImageId: v2.id, previousImageId: v1.id },
    };
    return await commitRuns(bed.engine, command, this.journal.begin(command));
  }

  async healthy(id: string, gate: Partial<HealthGate> = {}) {
    return await awaitHealthy(bed.engine, id, this.name, { ...defaultGate, ...gate }, endless);
  }

  async names(): Promise<string[]> {
    return (await bed.names()).filter((one) => one.split("-bp-")[0] === this.name);
  }
}

describe("with Podman, a deploy", () => {
  it("passes its gate, and is rolled back to the container that was kept", async () => {
    const service = new Service();
    const before = await service.start();
    const { containerId, previousContainerId, running } = await service.deploy(v2);
    expect({ previousContainerId, running }).toEqual({
      previousContainerId: before,
      running: true,
    });
    expect((await bed.inspect(service.name)).Image).toBe(v2.id);
    expect(await service.healthy(containerId)).toMatchObject({ method: "exec" });
    const names = await service.names();
    expect(names).toHaveLength(2);

    const back = await service.rollBack();

    expect(back).toMatchObject({ outcome: "restored", containerId: before });
    expect(await service.healthy(before)).toMatchObject({ method: "exec", state: "running" });
    expect(await bed.inspect(service.name)).toMatchObject({ Id: before, Image: v1.id });
    expect(await service.names()).toEqual([service.name]);
  });

  it("is committed: the kept container goes, and both images are protected from prunes", async () => {
    const service = new Service();
    await service.start();
    await service.deploy(v2);
    expect(await service.commit()).toMatchObject({ removed: 1 });
    expect(await service.names()).toEqual([service.name]);
  });

  it.each(["eager", "engine"] as const)(
    "fails the gate %s by the container's check",
    async (probe) => {
      const service = new Service();
      await service.start();
      const { containerId } = await service.deploy(sick);
      const gate = { probe, waitMs: 1, retries: 1, intervalMs: 1 };
      await expect(service.healthy(containerId, gate)).rejects.toMatchObject({ code: "unhealthy" });
    },
  );

  it("passes the gate of the engine's own verdict by the check that the agent runs", async () => {
    const service = new Service();
    const id = await service.start();
    expect(await service.healthy(id, { probe: "engine" })).toMatchObject({ method: "exec" });
  });

  it("passes gates by time and by URL", async () => {
    const plain = await image("plain", { version: "4" });
    const service = new Service();
    await service.start();
    const { containerId } = await service.deploy(plain);
    expect(await service.healthy(containerId, { waitMs: 1 })).toMatchObject({ method: "stable" });
    const server = createServer((_, answer) => answer.end("well")).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const result = await service.healthy(containerId, { waitMs: 1, url });
    expect(result).toMatchObject({ method: "url", state: "running" });
    server.close();
  });

  it("keeps the user's settings and leaves Podman's own to Podman", async () => {
    const service = new Service();
    const [net, other] = [`${service.name}-net`, `${service.name}-other`];
    await bed.docker("network", "create", net);
    await bed.docker("network", "create", other);
    await service.start([
      ...["--network", net, "--network-alias", "front", "-e", "MINE=1", "-m", "64m"],
      ...["--restart", "always", "-v", "/data", "--label", "mine=yes"],
    ]);
    await bed.docker("network", "connect", "--alias", "back", other, service.name);
    await bed.docker("exec", service.name, "sh", "-c", "echo precious > /data/file");

    const result = await service.deploy(v2);

    const {
      Config: config,
      HostConfig: host,
      NetworkSettings: settings,
      Id: id,
    } = await bed.inspect(service.name);
    const env = config.Env ?? [];
    expect(env).toEqual(expect.arrayContaining(["MINE=1", "VERSION=2", "NEW=yes"]));
    expect(env.filter((entry) => entry.startsWith("HOSTNAME="))).toEqual([
      `HOSTNAME=${id.slice(0, 12)}`,
    ]);
    expect(config).toMatchObject({ WorkingDir: "/srv", StopSignal: "2", Labels: { mine: "yes" } });
    expect(host).toMatchObject({ Memory: 64 * 1024 * 1024, RestartPolicy: { Name: "always" } });
    expect(await bed.docker("exec", service.name, "cat", "/data/file")).toBe("precious");
    expect(Object.keys(settings.Networks ?? {}).sort()).toEqual([net, other].sort());
    expect(settings.Networks?.[net]?.Aliases).toContain("front");
    expect(settings.Networks?.[other]?.Aliases).toContain("back");
    // Of what is not the user's nothing is said to have been kept, and addresses are not fixed.
    const kept = result.changes.filter(({ origin }) => origin === "kept").map(({ field }) => field);
    for (const field of ["Config.Env.HOSTNAME", "Config.WorkingDir", "Config.StopSignal"]) {
      expect(kept).not.toContain(field);
    }
    expect(
      kept.filter((field) => /^(Config.Healthcheck|HostConfig.Annotations)/.test(field)),
    ).toEqual([]);
    expect(result.changes).toContainEqual(
      expect.objectContaining({
        ...{ field: `NetworkSettings.Networks.${net}.IPAddress`, origin: "plan", after: null },
      }),
    );
  });

  it("is on the network of containers that name none, and starts beside the previous one", async () => {
    const service = new Service();
    await service.start();
    const result = await service.deploy(v2, { order: "start-first" });
    expect(result.downtimeMs).toBe(0);
    const { NetworkSettings: settings } = await bed.inspect(service.name);
    expect(settings.Networks).toMatchObject({ podman: { IPAddress: expect.stringMatching(/\d/) } });
  });

  it("creates a container from a specification, on Podman's network where it says bridge", async () => {
    for (const spec of [
      { HostConfig: {} },
      { HostConfig: { NetworkMode: "bridge" } },
      { Env: ["MINE=1"], NetworkingConfig: { EndpointsConfig: { bridge: {} } } },
    ]) {
      const service = new Service();
      const result = await service.deploy(v2, { spec });
      expect(result).toMatchObject({ previousContainerId: null, running: true });
      const { NetworkSettings: settings } = await bed.inspect(service.name);
      expect(Object.keys(settings.Networks ?? {})).toEqual(["podman"]);
    }
  });

  it("keeps a paused container paused, and rolls back to it", async () => {
    const service = new Service();
    const before = await service.start();
    await bed.docker("pause", before);
    await service.deploy(v2);
    expect(await bed.inspect(service.name)).toMatchObject({
      Image: v2.id,
      State: { Paused: true },
    });
    expect(await service.rollBack()).toMatchObject({ outcome: "restored", containerId: before });
    expect((await bed.inspect(service.name)).State.Paused).toBe(true);
  });

  it("starts the new container also between two runs of the previous one", async () => {
    const service = new Service();
    const id = await service.start(["--restart", "always"], ["true"]);
    const restarting = async () => (await describeContainer(bed.engine, id)).State.Restarting;
    await expect.poll(restarting).toBe(true);
    // Its command is the user's, and ends in any image.
    await service.deploy(v2).catch(() => undefined);
    const restarts = async () => (await bed.inspect(service.name)).RestartCount;
    await expect.poll(restarts).toBeGreaterThan(1);
  });

  it("leaves a container that was stopped as it is", async () => {
    const service = new Service();
    await service.start(["--restart", "always"]);
    await bed.docker("stop", service.name);
    expect(await service.deploy(v2)).toMatchObject({ running: false, downtimeMs: null });
    expect((await bed.inspect(service.name)).State.Running).toBe(false);
  });

  it("re-creates what lives in the container's namespaces", async () => {
    const service = new Service();
    await service.start();
    const [user, third] = [`${service.name}-user`, `${service.name}-third`];
    for (const [name, modes] of [
      [user, ["--network", `container:${service.name}`]],
      [third, ["--network", `container:${user}`, "--ipc", `container:${user}`]],
    ] as const) {
      await bed.docker(
        "run",
        "-d",
        "--stop-signal",
        "KILL",
        "--name",
        name,
        ...modes,
        v1.reference,
        "sleep",
        "600",
      );
    }
    const { recreatedDependents } = await service.deploy(v2);
    expect(recreatedDependents).toEqual([user, third]);
    for (const name of [user, third]) {
      expect(
        await bed.docker("exec", name, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"),
      ).toBe("2");
    }
    await service.rollBack();
    expect(await bed.docker("exec", third, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/")).toBe(
      "1",
    );
    const left = (await bed.names()).filter((one) => one.startsWith(service.name)).sort();
    expect(left).toEqual([service.name, third, user].sort());
    // Before the others: Podman removes none of which another one needs something.
    await bed.docker("rm", "-f", third);
    await bed.docker("rm", "-f", user);
  });

  it("fails where the container was removed by hand", async () => {
    const service = new Service();
    await service.start();
    await bed.docker("rm", "-f", service.name);
    await expect(service.deploy(v2)).rejects.toMatchObject({ code: "not_found" });
  });

  it.each(["prepare", "rename", "switch", "verify"])(
    "is finished or undone where the agent died after %s",
    async (phase) => {
      const service = new Service();
      const before = await service.start(["--restart", "always"]);
      const command = runCommand(service.name, v2);
      const dying = service.journal.begin(command, { id: runId, killAfter: phase });
      void replaceContainer(bed.engine, command, dying, notSelf, command);
      await dying.killed;
      const again = service.journal.begin(command, { id: runId });
      const done = await recoverReplacement(bed.engine, command, again, notSelf).catch(() => null);
      const after = await bed.inspect(service.name);
      expect(after.Id).toBe(done?.containerId ?? before);
      expect(after).toMatchObject({
        State: { Running: true },
        HostConfig: { RestartPolicy: { Name: "always" } },
      });
    },
  );
});

describe("with Podman, files that were put into a container", () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "bridgeport-files-"));
    await writeFile(join(directory, "open"), "open\n", { mode: 0o644 });
    await writeFile(join(directory, "private"), "private\n", { mode: 0o600 });
    await symlink("nowhere", join(directory, "link"));
  });
  afterAll(async () => await rm(directory, { recursive: true }));

  async function holding(...names: string[]): Promise<Service> {
    const service = new Service();
    await bed.docker("create", "--name", service.name, v1.reference);
    for (const name of names)
      await bed.docker("cp", join(directory, name), `${service.name}:/etc/`);
    await bed.docker("start", service.name);
    return service;
  }

  it("come along where everyone may read them", async () => {
    const service = await holding("open");
    const { changes } = await service.deploy(v2);
    expect(changes).toContainEqual(
      expect.objectContaining({ field: "Files./etc/open", origin: "kept" }),
    );
    expect(await bed.docker("exec", service.name, "cat", "/etc/open")).toBe("open");
  });

  it.each(["private", "link"])(
    "are refused before anything is changed where they are not: %s",
    async (name) => {
      const service = await holding("open", name);
      const before = await bed.inspect(service.name);
      await expect(service.deploy(v2)).rejects.toMatchObject({
        code: "refused",
        message: expect.stringContaining(`/etc/${name}`),
      });
      expect(await bed.inspect(service.name)).toEqual(before);
      expect(await service.names()).toEqual([service.name]);
    },
  );
});
