import type { RollbackCommand } from "@bridgeport/proto";
import { describe, expect, it } from "vitest";
import { diesAnywhere } from "../../../test/deaths.ts";
import { dyingEngine } from "../../../test/dying-engine.ts";
import { TestJournal } from "../../../test/journal.ts";
import { rollbackCommand, runCommand } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { CommandQueue, type Held } from "../../commands/queue.ts";
import { connectEngine } from "../client.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";
import { recoverRollback, rollBack } from "./rollback.ts";

/** Its last ten digits are part of transient container names. */
const runId = "0199f0aa-1111-7abc-8def-0123456789ab";

const { bed, v1, v2, broken } = await openReplacementBed(usualImages);

let count = 0;

async function pair(...more: string[]): Promise<{ provider: string; user: string }> {
  count += 1;
  const [provider, user] = [`${bed.prefix}-${count}a`, `${bed.prefix}-${count}b`];
  await bed.docker("run", "-d", "--name", provider, v1.tag);
  const sleeper = ["--entrypoint", "sleep", v1.tag, "600"];
  const mode = more.length > 0 ? more : ["--network", `container:${provider}`];
  await bed.docker("run", "-d", "--stop-signal", "KILL", "--name", user, ...mode, ...sleeper);
  return { provider, user };
}

function rollbackOf(containerName: string, runCommandId: string): RollbackCommand {
  return rollbackCommand(containerName, runCommandId, v1);
}

async function served(name: string): Promise<string> {
  return await bed.docker("exec", name, "wget", "-q", "-O", "-", "http://127.0.0.1:8080/");
}

/** A provider that was deployed, and the beginning of its rollback. */
async function rollingBack(options: { killAfter?: string } = {}) {
  const { provider, user } = await pair();
  const journal = new TestJournal();
  const command = runCommand(provider, v2);
  const run = journal.begin(command, { id: runId });
  await replaceContainer(bed.engine, command, run, notSelf);
  const rollback = rollbackOf(provider, runId);
  const context = journal.begin(rollback, options);
  const recover = async () =>
    await recoverRollback(
      connectEngine(bed.host),
      rollback,
      journal.begin(rollback, { id: context.commandId }),
      notSelf,
    );
  return { provider, user, rollback, first: { context, recover } };
}

async function expectBack(provider: string, user: string, where: string): Promise<void> {
  expect(await served(user), where).toBe("1");
  const names = (await bed.names()).filter((one) => one.startsWith(provider.slice(0, -1)));
  expect(names, where).toEqual([provider, user]);
  // One after the other: Podman removes none that another one needs.
  await bed.docker("rm", "-f", user);
  await bed.docker("rm", "-f", provider);
}

describe("containers that live in another's namespaces", () => {
  it("are re-created after it, and share the new one's namespaces", async () => {
    const { provider, user } = await pair();
    const third = `${provider}c`;
    await bed.docker(
      ...["run", "-d", "--stop-signal", "KILL", "--name", third, "--network", `container:${user}`],
      ...["--pid", `container:${user}`, "--entrypoint", "sleep", v1.tag, "600"],
    );
    const command = runCommand(provider, v2);
    const result = await replaceContainer(
      bed.engine,
      command,
      new TestJournal().begin(command),
      notSelf,
    );
    expect(result.recreatedDependents).toEqual([user, third]);
    const after = await bed.inspect(user);
    expect(after.HostConfig.NetworkMode).toBe(`container:${result.containerId}`);
    expect(after.Image).toBe(v1.id);
    expect(after.Config.Image).toBe(v1.tag);
    expect(await served(user)).toBe("2");
    expect(await served(third)).toBe("2");
    expect((await bed.inspect(third)).HostConfig.PidMode).toBe(`container:${after.Id}`);
    const names = (await bed.names()).filter((one) => one.startsWith(`${bed.prefix}-${count}`));
    expect(names.filter((one) => one.includes("-bp-"))).toHaveLength(1);
  });

  it("stay as they are where the policy protects them, and so does their provider", async () => {
    const { provider, user } = await pair();
    const before = await Promise.all([provider, user].map((name) => bed.inspect(name)));
    const command = runCommand(provider, v2);
    const context = new TestJournal().begin(command, { protectedNames: [user] });
    await expect(replaceContainer(bed.engine, command, context, notSelf)).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(user),
    });
    expect(context.reached).toEqual([]);
    const after = await Promise.all([provider, user].map((name) => bed.inspect(name)));
    expect(after.map(({ Id, State }) => [Id, State.StartedAt])).toEqual(
      before.map(({ Id, State }) => [Id, State.StartedAt]),
    );
  });

  it("do not deadlock when they and their provider are deployed in parallel", async () => {
    count += 1;
    const [base, mid, app] = ["x", "y", "a"].map((end) => `${bed.prefix}-${count}${end}`) as [
      string,
      string,
      string,
    ];
    const sleeper = ["--entrypoint", "sleep", v1.tag, "600"];
    const start = async (name: string, provider: string) =>
      await bed.docker(
        ...["run", "-d", "--stop-signal", "KILL", "--name", name],
        ...["--network", `container:${provider}`, ...sleeper],
      );
    await bed.docker("run", "-d", "--name", base, v1.tag);
    await start(mid, base);
    await start(app, mid);
    const queue = new CommandQueue(() => ({ change: 4, pull: 4, watch: 4 }));
    const deploy = (name: string) =>
      new Promise((resolve, reject) => {
        const command = runCommand(name, v2);
        const run = async (held: Held): Promise<void> => {
          const context = new TestJournal().begin(command, { held });
          await replaceContainer(bed.engine, command, context, notSelf).then(resolve, reject);
        };
        queue.add({ id: name, lane: "change", locks: [name], run });
      });
    await Promise.all([deploy(base), deploy(mid)]);
    const after = await bed.inspect(mid);
    expect(after.Image).toBe(v2.id);
    expect(after.HostConfig.NetworkMode).toBe(`container:${(await bed.inspect(base)).Id}`);
    expect((await bed.inspect(app)).HostConfig.NetworkMode).toBe(`container:${after.Id}`);
    expect(await served(app)).toBe("2");
  });

  it("are re-created when their provider is rolled back", async () => {
    const { provider, user } = await pair();
    const journal = new TestJournal();
    const command = runCommand(provider, v2);
    const run = journal.begin(command, { id: runId });
    const { previousContainerId } = await replaceContainer(bed.engine, command, run, notSelf);
    const rollback = rollbackOf(provider, runId);
    const result = await rollBack(bed.engine, rollback, journal.begin(rollback), notSelf);
    expect(result).toMatchObject({ outcome: "restored", containerId: previousContainerId });
    expect((await bed.inspect(user)).HostConfig.NetworkMode).toBe(
      `container:${previousContainerId}`,
    );
    expect(await served(user)).toBe("1");
    const names = (await bed.names()).filter((one) => one.startsWith(`${bed.prefix}-${count}`));
    expect(names).toEqual([provider, user]);
  });

  it("are the same containers again, when both were deployed and both are rolled back", async () => {
    const { provider, user } = await pair();
    const { Id: before } = await bed.inspect(user);
    const journal = new TestJournal();
    const runs: [string, string][] = [];
    for (const name of [user, provider]) {
      const command = runCommand(name, v2);
      const context = journal.begin(command);
      await replaceContainer(bed.engine, command, context, notSelf);
      runs.unshift([name, context.commandId]);
    }
    for (const run of runs) {
      const rollback = rollbackOf(...run);
      const result = await rollBack(bed.engine, rollback, journal.begin(rollback), notSelf);
      expect(result.outcome).toBe("restored");
    }
    expect(await bed.inspect(user)).toMatchObject({ Id: before, State: { Running: true } });
    expect(await served(user)).toBe("1");
  });

  it.each(["prepare", "rename", "switch", "verify", "dependents", "dependent", "dependents-done"])(
    "if the agent is killed after %s of a rollback of their provider",
    async (killAfter) => {
      const { provider, user, rollback, first } = await rollingBack({ killAfter });
      const cutOff = rollBack(connectEngine(bed.host), rollback, first.context, notSelf);
      await Promise.race([first.context.killed, cutOff]);
      expect(await first.recover()).toMatchObject({ outcome: "restored" });
      await expectBack(provider, user, killAfter);
    },
  );

  describe("wherever the agent dies while their provider is rolled back", () => {
    diesAnywhere(12, async ({ at, when }) => {
      const { provider, user, rollback, first } = await rollingBack();
      const { engine, died, sent } = dyingEngine(bed.host, at, when);
      const done = rollBack(engine, rollback, first.context, notSelf);
      const ended = await Promise.race([
        done.then(() => "completed" as const),
        died.then(() => "died" as const),
      ]);
      if (ended === "died") await first.recover();
      await expectBack(provider, user, `${sent.at(-1)}`);
      engine.close();
      return ended;
    });
  });

  it("share the previous one's namespaces again when the new one does not start", async () => {
    const { provider, user } = await pair();
    const before = await bed.inspect(user);
    const command = runCommand(provider, broken);
    await expect(
      replaceContainer(bed.engine, command, new TestJournal().begin(command), notSelf),
    ).rejects.toMatchObject({ code: "start_failed" });
    expect((await bed.inspect(user)).Id).toBe(before.Id);
    expect(await served(user)).toBe("1");
  });

  describe("share them again wherever the agent dies during that undo", () => {
    diesAnywhere(9, async ({ at, when }) => {
      const { provider, user } = await pair();
      const command = runCommand(provider, broken);
      const journal = new TestJournal();
      const first = journal.begin(command);
      const { engine, died, sent } = dyingEngine(bed.host, at, when);
      const failed = replaceContainer(engine, command, first, notSelf);
      const ended = await Promise.race([
        failed.catch(() => "completed" as const),
        died.then(() => "died" as const),
      ]);
      if (ended === "died") {
        const second = journal.begin(command, { id: first.commandId });
        const fresh = connectEngine(bed.host);
        await recoverReplacement(fresh, command, second, notSelf).catch(() => null);
        fresh.close();
      }
      await expectBack(provider, user, `${sent.at(-1)}`);
      engine.close();
      return ended === "died" ? "died" : "completed";
    });
  });

  it.each(["verify", "dependents", "dependent", "dependents-done"])(
    "if the agent is killed after %s",
    async (killAfter) => {
      const { provider, user } = await pair();
      const command = runCommand(provider, v2);
      const journal = new TestJournal();
      const first = journal.begin(command, { killAfter });
      await Promise.race([
        first.killed,
        replaceContainer(connectEngine(bed.host), command, first, notSelf),
      ]);
      const second = journal.begin(command, { id: first.commandId });
      const result = await recoverReplacement(connectEngine(bed.host), command, second, notSelf);
      expect(result.recreatedDependents).toEqual([user]);
      expect(await served(user)).toBe("2");
      const names = (await bed.names()).filter((one) => one.startsWith(`${bed.prefix}-${count}`));
      expect(names.filter((one) => one.includes("-bp-"))).toHaveLength(1);
    },
  );

  it("keep the namespaces that they share, and their links", async () => {
    const { provider, user } = await pair("--link", `${bed.prefix}-${count + 1}a:web`);
    const command = runCommand(provider, v2);
    await replaceContainer(bed.engine, command, new TestJournal().begin(command), notSelf);
    expect((await bed.inspect(user)).HostConfig.Links).toEqual([`/${provider}:/${user}/web`]);
    expect(await bed.docker("exec", user, "wget", "-q", "-O", "-", "http://web:8080/")).toBe("2");
  });
});
