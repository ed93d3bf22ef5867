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

  it("is kept with its anonymous volumes when it is restarted, also with --rm", async () => {
    const name = `${bed.prefix}-rm`;
    const id = await bed.docker("run", "-d", "--rm", "--name", name, "-v", "/data", image.tag);
    await bed.docker("exec", id, "touch", "/data/precious");
    const { StartedAt: started } = (await bed.inspect(id)).State;
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
    expect((await bed.inspect(id)).State.StartedAt).not.toBe(started);
    expect(await bed.docker("exec", id, "ls", "/data")).toBe("precious");
  });

  it("runs after its restart, also if it was paused or stopped before", async () => {
    const name = `${bed.prefix}-paused`;
    const id = await bed.docker("run", "-d", "--name", name, image.tag);
    await bed.docker("pause", id);
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
    await bed.docker("stop", id);
    expect(await change(name, "restart")).toMatchObject({ state: "running" });
  });

  it("says why it does not start, and is not stopped if the agent runs in it", async () => {
    const name = `${bed.prefix}-broken`;
    await bed.docker("create", "--name", name, image.tag, "no-such-program");
    await expect(change(name, "start")).rejects.toMatchObject({ code: "start_failed" });
    await expect(change(name, "restart")).rejects.toMatchObject({ code: "start_failed" });
    await expect(change(`${name}-none`, "start")).rejects.toMatchObject({ code: "not_found" });
    await expect(change(name, "stop", true)).rejects.toMatchObject({ code: "refused" });
  });
});

describe("containers that live in another's namespaces", () => {
  let count = 0;
  const namespace = (name: string) =>
    bed.docker("exec", name, "busybox", "readlink", "/proc/self/ns/net");
  const startedAt = async (name: string) => (await bed.inspect(name)).State.StartedAt;

  /** A provider whose network two dependents share, one of which does not run. */
  async function createProviderWithDependents() {
    count += 1;
    const provider = `${bed.prefix}-provider-${count}`;
    const [dependent, idle] = [`${provider}-dependent`, `${provider}-idle`];
    await bed.docker("run", "-d", "--name", provider, image.tag);
    const shared = ["-d", "--network", `container:${provider}`, "--entrypoint", "sleep"];
    await bed.docker(
      "run",
      ...shared,
      "--stop-signal",
      "KILL",
      "--name",
      dependent,
      image.tag,
      "600",
    );
    await bed.docker("run", ...shared, "--name", idle, image.tag, "0");
    await bed.docker("wait", idle);
    return { provider, dependent, idle };
  }

  it("join its new ones when it is restarted, or stopped and started", async () => {
    const { provider, dependent, idle } = await createProviderWithDependents();
    await change(provider, "restart");
    expect(await namespace(dependent)).toBe(await namespace(provider));
    await change(provider, "stop");
    const before = await startedAt(dependent);
    await change(provider, "start");
    expect(await startedAt(dependent)).not.toBe(before);
    expect(await namespace(dependent)).toBe(await namespace(provider));
    const unchangedAt = await startedAt(dependent);
    await change(provider, "start");
    expect(await startedAt(dependent)).toBe(unchangedAt);
    expect((await bed.inspect(idle)).State.Running).toBe(false);
  });

  it("join its new ones once, if the agent is killed meanwhile", async () => {
    const { provider, dependent } = await createProviderWithDependents();
    const command = { kind: "lifecycle", containerName: provider, action: "restart" } as const;
    const first = journal.begin(command, { killAfter: "restart" });
    const engine = connectEngine(bed.host);
    await Promise.race([first.killed, changeLifecycle(engine, command, first, () => false)]);
    // The agent had sent the restart when it was killed.
    await bed.docker("restart", "-t", "0", provider);
    const providerStartedAt = await startedAt(provider);
    const recoverAgain = () =>
      changeLifecycle(
        bed.engine,
        command,
        journal.begin(command, { id: first.commandId }),
        () => false,
      );
    await recoverAgain();
    expect(await startedAt(provider)).toBe(providerStartedAt);
    expect(await namespace(dependent)).toBe(await namespace(provider));
    const dependentStartedAt = await startedAt(dependent);
    await recoverAgain();
    expect(await startedAt(dependent)).toBe(dependentStartedAt);
  });

  it("keep it from being restarted if the policy protects them", async () => {
    const { provider, dependent } = await createProviderWithDependents();
    const command = { kind: "lifecycle", containerName: provider, action: "restart" } as const;
    const context = journal.begin(command, { protectedNames: [dependent] });
    const before = await startedAt(provider);
    const refused = changeLifecycle(bed.engine, command, context, () => false);
    await expect(refused).rejects.toMatchObject({ code: "refused" });
    expect(await startedAt(provider)).toBe(before);
  });
});
