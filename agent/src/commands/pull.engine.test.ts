import { createServer, type Server } from "node:net";
import type { ContainerSpec, PlannedContainer, PullCommand } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestJournal } from "../../test/journal.ts";
import { openTestbed, type Testbed, type TestImage } from "../../test/real-engine.ts";
import { inspectImage } from "../engine/inspection.ts";
import { pullHandler } from "./pull.ts";

let bed: Testbed;
const journal = new TestJournal();
const nothing = `sha256:${"0".repeat(64)}`;

beforeAll(async () => {
  bed = await openTestbed();
});
afterAll(async () => await bed.close());

function pull(reference: string, more: Partial<PullCommand> = {}) {
  const command: PullCommand = {
    kind: "pull",
    reference,
    platform: null,
    credentials: null,
    sizeBytes: null,
    platforms: [],
    containers: [],
    ...more,
  };
  return pullHandler(bed.engine).execute(command, journal.begin(command));
}

describe("pulling", () => {
  it("pulls an image by its digest, once", async () => {
    const image = await bed.image("pulled", "ENV A=1");
    await bed.docker("rmi", "-f", image.id);
    expect(await inspectImage(bed.engine, image.id)).toBeNull();
    const first = await pull(image.reference);
    expect(first).toMatchObject({
      imageId: image.id,
      alreadyPresent: false,
      platform: "linux/amd64",
    });
    expect(first.repoDigests.some((known) => known.endsWith(image.digest))).toBe(true);
    expect(await pull(image.reference)).toMatchObject({ imageId: image.id, alreadyPresent: true });
  });

  it("says why it failed", async () => {
    const { name } = { name: `${bed.registry}/${bed.prefix}/nothing` };
    await expect(pull(`${name}:v1@${nothing}`)).rejects.toMatchObject({ code: "image_unusable" });
    await expect(pull(`127.0.0.1:1/app:v1@${nothing}`)).rejects.toMatchObject({
      code: "registry_unavailable",
    });
    await expect(pull(`${name}:v1`)).rejects.toMatchObject({ code: "refused" });
    await expect(
      pull(`${name}:v1@${nothing}`, { platforms: ["linux/s390x", "windows/amd64"] }),
    ).rejects.toMatchObject({ code: "no_platform" });
    await expect(pull(`${name}:v1@${nothing}`, { sizeBytes: 10 ** 16 })).rejects.toMatchObject({
      code: "disk_full",
    });
  });

  it("ends when it is cancelled", async () => {
    const command = {
      kind: "pull",
      reference: `${bed.registry}/${bed.prefix}/x:v1@${nothing}`,
      platform: null,
      credentials: null,
      sizeBytes: null,
      platforms: [],
      containers: [],
    } as const satisfies PullCommand;
    const context = journal.begin(command, { signal: AbortSignal.abort() });
    await expect(pullHandler(bed.engine).execute(command, context)).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});

describe("host ports that a deploy needs", () => {
  let server: Server;
  let port: number;
  let image: TestImage;

  beforeAll(async () => {
    image = await bed.image("ports");
    server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "0.0.0.0", resolve));
    port = (server.address() as { port: number }).port;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
  });

  function needing(containerName: string, hostPort: number) {
    const ports = [{ containerPort: 8080, hostPort, hostIp: null, protocol: "tcp" }];
    const planned = { containerName, ports, order: "stop-first" as const, allowAutoRemove: false };
    return pull(image.reference, { containers: [planned] });
  }

  it("may not be used by another program", async () => {
    await expect(needing(`${bed.prefix}-new`, port)).rejects.toMatchObject({ code: "port_taken" });
  });

  it("may be used by the container itself, and by no other", async () => {
    const name = `${bed.prefix}-web`;
    await bed.docker("run", "-d", "--name", name, "-p", "127.0.0.1::8080", image.tag);
    const held = Number((await bed.docker("port", name, "8080")).split(":")[1]);
    expect(await needing(name, held)).toMatchObject({ alreadyPresent: true });
    await expect(needing(`${bed.prefix}-other`, held)).rejects.toMatchObject({
      code: "port_taken",
      message: expect.stringContaining(name),
    });
  });
});

describe("a container that could not be replaced", () => {
  let image: TestImage;
  beforeAll(async () => {
    image = await bed.image("planned");
  });

  function planned(containerName: string, more: Partial<PlannedContainer> = {}) {
    const container = { containerName, ports: [], order: "stop-first" as const, ...more };
    return pull(image.reference, { containers: [{ allowAutoRemove: false, ...container }] });
  }

  it("fails the pull before anything is changed", async () => {
    const name = `${bed.prefix}-removed`;
    await bed.docker("run", "-d", "--rm", "--name", name, image.tag);
    await expect(planned(name)).rejects.toMatchObject({ code: "refused" });
    await planned(name, { allowAutoRemove: true });
  });

  it("fails the pull where two could not run side by side", async () => {
    const name = `${bed.prefix}-published`;
    const id = await bed.docker(
      "run",
      "-d",
      "--name",
      name,
      "-p",
      "127.0.0.1:29873:8080",
      image.tag,
    );
    await planned(name);
    const refused = planned(name, { order: "start-first" });
    await expect(refused).rejects.toMatchObject({ code: "refused", message: /29873/ });
    await bed.docker("stop", id);
    await planned(name, { order: "start-first" });
  });

  it.each<[string, ContainerSpec, RegExp]>([
    [
      "more than any container",
      { HostConfig: { Privileged: true, Binds: ["/srv:/host"] } },
      /would be a new container .*: privileged; mounts \/srv\. The policy/,
    ],
    [
      "the agent's own files",
      { HostConfig: { Binds: ["/var/lib/bridgeport-agent:/own"] } },
      /where the agent of this server has its own/,
    ],
  ])("fails the pull where a new container would get %s", async (_, spec, message) => {
    const refused = planned(`${bed.prefix}-new`, { spec });
    await expect(refused).rejects.toMatchObject({ code: "refused", message });
  });

  it("does not fail the pull where a new container may need one that is created before it", async () => {
    const NetworkMode = `container:${bed.prefix}-not-yet`;
    await planned(`${bed.prefix}-new`, { spec: { HostConfig: { NetworkMode } } });
  });

  it("does not fail the pull by the specification of a container that is replaced", async () => {
    const name = `${bed.prefix}-there`;
    await bed.docker("run", "-d", "--name", name, image.tag);
    await planned(name, { spec: { HostConfig: { Privileged: true } } });
  });

  it("does not fail the pull where there is no container yet", async () => {
    await planned(`${bed.prefix}-none`, { order: "start-first" });
  });
});
