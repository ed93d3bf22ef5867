import type { PullCommand } from "@bridgeport/proto";
import { describe, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { runCommand } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { changeLifecycle } from "./lifecycle.ts";
import { checkReplaceable } from "./preflight.ts";
import { replaceContainer } from "./replace.ts";

const { bed, newName, v1, v2 } = await openReplacementBed(usualImages);

/** How a container can depend on a provider, as options of `docker run`, with the provider's own options. */
const kinds: Record<string, { app: (other: string) => string[]; other?: string[] }> = {
  "its network": { app: (other) => ["--network", `container:${other}`] },
  "its IPC namespace": {
    app: (other) => ["--ipc", `container:${other}`],
    other: ["--ipc", "shareable"],
  },
  "its process namespace": { app: (other) => ["--pid", `container:${other}`] },
  "a link to it": { app: (other) => ["--link", `${other}:other`] },
  "its volumes": { app: (other) => ["--volumes-from", other], other: ["-v", "/data"] },
};

async function startProvider(name: string, kind: string, command: string[] = []): Promise<string> {
  const options = kinds[kind]?.other ?? [];
  return await bed.docker("run", "-d", "--name", name, ...options, v1.tag, ...command);
}

async function startPair(
  kind: string,
  command: string[] = [],
): Promise<{ app: string; provider: string }> {
  const name = newName();
  const [app, provider] = [`${name}-app`, `${name}-vpn`];
  await startProvider(provider, kind, command);
  const options = kinds[kind]?.app(provider) ?? [];
  const sleeper = ["--entrypoint", "sleep", v1.tag, "600"];
  await bed.docker("run", "-d", "--stop-signal", "KILL", "--name", app, ...options, ...sleeper);
  return { app, provider };
}

const refusedFor = (app: string, provider: RegExp) => ({
  code: "refused",
  message: expect.stringMatching(new RegExp(`^${app}.* ${provider.source}`)),
});

/** Expects that both the pull and the run refuse to deploy it, and that it has not been changed. */
async function expectRefused(app: string, reason: ReturnType<typeof refusedFor>): Promise<void> {
  const before = await bed.inspect(app);
  const names = await bed.names();
  const pull: PullCommand = {
    ...{ kind: "pull", reference: v2.reference, platform: null, credentials: null },
    ...{ sizeBytes: null, platforms: [] },
    containers: [{ containerName: app, ports: [], order: "stop-first", allowAutoRemove: false }],
  };
  const pulling = new TestJournal().begin(pull);
  await expect(checkReplaceable(bed.engine, pull, pulling, notSelf)).rejects.toMatchObject(reason);
  const command = runCommand(app, v2);
  const context = new TestJournal().begin(command);
  await expect(replaceContainer(bed.engine, command, context, notSelf)).rejects.toMatchObject(
    reason,
  );
  expect(context.reached).toEqual([]);
  const after = await bed.inspect(app);
  expect([after.Id, after.State]).toEqual([before.Id, before.State]);
  expect(await bed.names()).toEqual(names);
}

describe.each(Object.keys(kinds))("a container that has %s from a provider", (kind) => {
  it("is left running where its provider was removed and created again", async () => {
    const { app, provider } = await startPair(kind);
    const { Id: gone } = await bed.inspect(provider);
    await bed.docker("rm", "-f", provider);
    // Links and volumes refer to a provider by name, so they work with the container that has it now.
    if (!["a link to it", "its volumes"].includes(kind)) await startProvider(provider, kind);
    await expectRefused(app, refusedFor(app, new RegExp(`(${gone.slice(0, 12)}|${provider})`)));
  });
});

describe("a container whose provider does not run", () => {
  it("is left running, and the failure says what to start", async () => {
    const { app, provider } = await startPair("its network");
    await bed.docker("stop", provider);
    await expectRefused(app, refusedFor(app, new RegExp(`Start ${provider}`)));
    await bed.docker("start", provider);
    const command = runCommand(app, v2);
    const context = new TestJournal().begin(command);
    const { running } = await replaceContainer(bed.engine, command, context, notSelf);
    expect(running).toBe(true);
  });

  it("is not restarted, as it could not start again", async () => {
    const { app, provider } = await startPair("its network");
    const before = await bed.inspect(app);
    await bed.docker("rm", "-f", provider);
    const restart = { kind: "lifecycle", containerName: app, action: "restart" } as const;
    const context = new TestJournal().begin(restart);
    await expect(changeLifecycle(bed.engine, restart, context, notSelf)).rejects.toMatchObject({
      code: "refused",
    });
    expect((await bed.inspect(app)).State).toEqual(before.State);
  });
});

describe("a provider that does not run, with a dependent that still does", () => {
  it("is not replaced where it was stopped: the dependent would stay down", async () => {
    const { app, provider } = await startPair("its network");
    await bed.docker("stop", provider);
    const before = await bed.inspect(app);
    const command = runCommand(provider, v2);
    const context = new TestJournal().begin(command);
    await expect(replaceContainer(bed.engine, command, context, notSelf)).rejects.toMatchObject(
      refusedFor(app, new RegExp(`Start ${provider}`)),
    );
    expect((await bed.inspect(app)).State).toEqual(before.State);
  });

  it("is started where it had crashed, and the dependent joins it", async () => {
    const { app, provider } = await startPair("its network", [
      ...["sh", "-c", "trap 'exit 3' USR1; sleep 600 & wait"],
    ]);
    await bed.docker("kill", "--signal", "USR1", provider);
    expect(await bed.docker("wait", provider)).toBe("3");
    const command = runCommand(provider, v2);
    const context = new TestJournal().begin(command);
    const result = await replaceContainer(bed.engine, command, context, notSelf);
    expect(result).toMatchObject({ running: true, recreatedDependents: [app] });
    const after = await bed.inspect(app);
    expect(after.State.Running).toBe(true);
    expect(after.HostConfig.NetworkMode).toBe(`container:${result.containerId}`);
  });
});

it("a provider is not replaced where a dependent needs another provider that is gone", async () => {
  const { app, provider } = await startPair("its network");
  const third = `${provider}-third`;
  await bed.docker("run", "-d", "--ipc", "shareable", "--name", third, v1.tag);
  await bed.docker("rm", "-f", app);
  await bed.docker(
    ...["run", "-d", "--stop-signal", "KILL", "--name", app, "--network", `container:${provider}`],
    ...["--ipc", `container:${third}`, "--entrypoint", "sleep", v1.tag, "600"],
  );
  await bed.docker("rm", "-f", third);
  const command = runCommand(provider, v2);
  const context = new TestJournal().begin(command);
  await expect(replaceContainer(bed.engine, command, context, notSelf)).rejects.toMatchObject(
    refusedFor(app, /.*/),
  );
  expect(context.reached).toEqual([]);
  expect((await bed.inspect(app)).State.Running).toBe(true);
});
