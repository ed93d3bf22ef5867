import type { LifecycleAction } from "@bridgeport/proto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { openTestbed, type Testbed, type TestImage } from "../../../test/real-engine.ts";
import { connectEngine } from "../client.ts";
import { changeLifecycle } from "./lifecycle.ts";

let bed: Testbed;
let image: TestImage;
const journal = new TestJournal();

beforeAll(async () => {
  bed = await openTestbed();
  image = await bed.image("app");
});
afterAll(async () => await bed.close());

function change(containerName: string, action: LifecycleAction, self = false) {
  const command = { kind: "lifecycle", containerName, action } as const;
  return changeLifecycle(bed.engine, command, journal.begin(command), () => self);
}

describe("a container", () => {
  it("is stopped, started and restarted", async () => {
    const name = `${bed.prefix}-web`;
    const id = await bed.docker("run", "-d", "--name", name, image.tag);
    expect(await change(name, "stop")).toMatchObject({ state: "exited" });
    expect(await change(name, "stop")).toMatchObject({ state: "exited" });
    expect(await change(name, "start")).toMatchObject({ state: "running" });
    const { StartedAt: started } = (await bed.inspect(id)).State;
    expect(await change(name, "start")).toMatchObject({ state: "running" });
    expect((await bed.inspect(id)).State.StartedAt).toBe(started);
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
    expect((await bed.inspect(id)).State.StartedAt).not.toBe(started);
    await bed.docker("pause", id);
    expect(await change(name, "start")).toMatchObject({ state: "running" });
  });

  it("is not restarted a second time by an agent that was killed meanwhile", async () => {
    const name = `${bed.prefix}-once`;
    const id = await bed.docker("run", "-d", "--name", name, image.tag);
    const command = { kind: "lifecycle", containerName: name, action: "restart" } as const;
    const first = journal.begin(command, { killAfter: "restart" });
    const engine = connectEngine(bed.host);
    await Promise.race([first.killed, changeLifecycle(engine, command, first, () => false)]);
    const again = () =>
      changeLifecycle(
        bed.engine,
        command,
        journal.begin(command, { id: first.commandId }),
        () => false,
      );
    const { StartedAt: before } = (await bed.inspect(id)).State;
    await again();
    const { StartedAt: after } = (await bed.inspect(id)).State;
    expect(after).not.toBe(before);
    await again();
    expect((await bed.inspect(id)).State.StartedAt).toBe(after);
  });

  it("outlives its restart with --rm, and so do its anonymous volumes", async () => {
    const name = `${bed.prefix}-rm`;
    const id = await bed.docker("run", "-d", "--rm", "--name", name, "-v", "/data", image.tag);
    await bed.docker("exec", id, "touch", "/data/precious");
    const { StartedAt: started } = (await bed.inspect(id)).State;
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
    expect((await bed.inspect(id)).State.StartedAt).not.toBe(started);
    expect(await bed.docker("exec", id, "ls", "/data")).toBe("precious");
  });

  it("runs after its restart, paused or stopped before", async () => {
    const name = `${bed.prefix}-paused`;
    const id = await bed.docker("run", "-d", "--name", name, image.tag);
    await bed.docker("pause", id);
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
    await bed.docker("stop", id);
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
  });

  it("says why it does not start, and who may not stop it", async () => {
    const name = `${bed.prefix}-broken`;
    await bed.docker("create", "--name", name, image.tag, "no-such-program");
    await expect(change(name, "start")).rejects.toMatchObject({ code: "start_failed" });
    await expect(change(name, "restart")).rejects.toMatchObject({ code: "start_failed" });
    await expect(change(`${name}-none`, "start")).rejects.toMatchObject({ code: "not_found" });
    await expect(change(name, "stop", true)).rejects.toMatchObject({ code: "refused" });
  });
});

describe("what lives in a container's namespaces", () => {
  let count = 0;
  const namespace = (name: string) =>
    bed.docker("exec", name, "busybox", "readlink", "/proc/self/ns/net");
  const startedAt = async (name: string) => (await bed.inspect(name)).State.StartedAt;

  /** A container that gives two others its network, one of which does not run. */
  async function household() {
    count += 1;
    const host = `${bed.prefix}-host-${count}`;
    const [lodger, idle] = [`${host}-lodger`, `${host}-idle`];
    await bed.docker("run", "-d", "--name", host, image.tag);
    const shared = ["-d", "--network", `container:${host}`, "--entrypoint", "sleep"];
    await bed.docker("run", ...shared, "--stop-signal", "KILL", "--name", lodger, image.tag, "600");
    await bed.docker("run", ...shared, "--name", idle, image.tag, "0");
    await bed.docker("wait", idle);
    return { host, lodger, idle };
  }

  it("joins it again when it has been restarted, or stopped and started", async () => {
    const { host, lodger, idle } = await household();
    await change(host, "restart");
    expect(await namespace(lodger)).toBe(await namespace(host));
    await change(host, "stop");
    const before = await startedAt(lodger);
    await change(host, "start");
    expect(await startedAt(lodger)).not.toBe(before);
    expect(await namespace(lodger)).toBe(await namespace(host));
    const then = await startedAt(lodger);
    await change(host, "start");
    expect(await startedAt(lodger)).toBe(then);
    expect((await bed.inspect(idle)).State.Running).toBe(false);
  });

  it("joins it again once, if the agent is killed meanwhile", async () => {
    const { host, lodger } = await household();
    const command = { kind: "lifecycle", containerName: host, action: "restart" } as const;
    const first = journal.begin(command, { killAfter: "restart" });
    const engine = connectEngine(bed.host);
    await Promise.race([first.killed, changeLifecycle(engine, command, first, () => false)]);
    // It got as far as this.
    await bed.docker("restart", "-t", "0", host);
    const host1 = await startedAt(host);
    const again = () =>
      changeLifecycle(
        bed.engine,
        command,
        journal.begin(command, { id: first.commandId }),
        () => false,
      );
    await again();
    expect(await startedAt(host)).toBe(host1);
    expect(await namespace(lodger)).toBe(await namespace(host));
    const lodger1 = await startedAt(lodger);
    await again();
    expect(await startedAt(lodger)).toBe(lodger1);
  });

  it("keeps it from being restarted if nothing may be done to that", async () => {
    const { host, lodger } = await household();
    const command = { kind: "lifecycle", containerName: host, action: "restart" } as const;
    const context = journal.begin(command, { protectedNames: [lodger] });
    const before = await startedAt(host);
    const refused = changeLifecycle(bed.engine, command, context, () => false);
    await expect(refused).rejects.toMatchObject({ code: "refused" });
    expect(await startedAt(host)).toBe(before);
  });
});
