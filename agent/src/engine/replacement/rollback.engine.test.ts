import type {
  CommitCommand,
  CommitResult,
  RollbackCommand,
  RollbackResult,
  RunResult,
} from "@bridgeport/proto";
import { describe, expect, it } from "vitest";
import { diesAnywhere } from "../../../test/deaths.ts";
import { dyingEngine } from "../../../test/dying-engine.ts";
import { failingEngine } from "../../../test/failing-engine.ts";
import { givenAliases } from "../../../test/fidelity.ts";
import { TestJournal } from "../../../test/journal.ts";
import { rollbackCommand, runCommand, type TestImage } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { waitUntil } from "../../wait-until.fixture.ts";
import { connectEngine } from "../client.ts";
import { commitRuns } from "./commit.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";
import { recoverRollback, rollBack } from "./rollback.ts";

const { bed, newName, v1, v2, v3, broken } = await openReplacementBed({
  ...usualImages,
  v1: ["ENV VERSION=1", "VOLUME /data"],
  v2: ["ENV VERSION=2", "VOLUME /data"],
  v3: ["ENV VERSION=3", "VOLUME /data"],
});

/** One service whose commands share a journal. */
class Service {
  readonly journal = new TestJournal();
  readonly name: string;

  constructor() {
    this.name = newName();
  }

  async start(...more: string[]): Promise<string> {
    return await bed.docker("run", "-d", "--name", this.name, ...more, v1.tag);
  }

  async deploy(image: TestImage, id: string): Promise<RunResult> {
    const command = runCommand(this.name, image);
    return await replaceContainer(
      bed.engine,
      command,
      this.journal.begin(command, { id }),
      notSelf,
    );
  }

  command(runCommandId: string, more: Partial<RollbackCommand> = {}): RollbackCommand {
    return rollbackCommand(this.name, runCommandId, v1, more);
  }

  async back(runCommandId: string, more: Partial<RollbackCommand> = {}): Promise<RollbackResult> {
    const command = this.command(runCommandId, more);
    return await rollBack(bed.engine, command, this.journal.begin(command), notSelf);
  }

  async commit(runCommandId: string): Promise<CommitResult> {
    const command: CommitCommand = {
      kind: "commit",
      serviceId: this.name,
      containerName: this.name,
      runCommandIds: [runCommandId],
      currentImageId: v2.id,
      previousImageId: v1.id,
    };
    return await commitRuns(bed.engine, command, this.journal.begin(command));
  }

  async names(): Promise<string[]> {
    return (await bed.names()).filter(
      (one) => one === this.name || one.startsWith(`${this.name}-`),
    );
  }
}

describe("a rollback", () => {
  it("restores the restart policy of a container that ends at once", async () => {
    const service = new Service();
    const id = await bed.docker(
      ...["run", "-d", "--restart", "always", "--name", service.name, v1.tag, "sh", "-c", "exit 7"],
    );
    await service.deploy(v2, "run-1").catch(() => undefined);
    await service.back("run-1");
    await waitUntil(
      "the engine starts it again",
      async () => (await bed.inspect(id)).RestartCount > 0,
    );
  });

  it("restores the same container, with everything it had", async () => {
    const service = new Service();
    const net = `${service.name}-net`;
    await bed.docker("network", "create", "--subnet", "10.199.20.0/24", net);
    const id = await service.start(
      ...["--restart", "always", "--network", net, "--ip", "10.199.20.7", "--network-alias", "db"],
    );
    await bed.docker("exec", service.name, "sh", "-c", "echo in-the-layer > /file");
    const before = await bed.inspect(id);
    await service.deploy(v2, "run-1");
    const result = await service.back("run-1");
    expect(result).toMatchObject({ outcome: "restored", containerId: id, imageId: v1.id });
    expect(result.downtimeMs).toBeGreaterThan(0);
    const after = await bed.inspect(service.name);
    expect(after.Id).toBe(id);
    expect(after.State.Running).toBe(true);
    expect(after.HostConfig).toEqual(before.HostConfig);
    expect(after.Config).toEqual(before.Config);
    expect(after.NetworkSettings.Networks?.[net]).toMatchObject({ IPAddress: "10.199.20.7" });
    expect(givenAliases(after, net)).toEqual(["db"]);
    expect(await bed.docker("exec", service.name, "cat", "/file")).toBe("in-the-layer");
    expect(await service.names()).toEqual([service.name]);
  });

  it("has one effect when it is delivered twice", async () => {
    const service = new Service();
    const id = await service.start();
    await service.deploy(v2, "run-1");
    await service.back("run-1");
    const again = await service.back("run-1");
    expect(again).toMatchObject({ outcome: "unchanged", containerId: id });
    expect((await bed.inspect(service.name)).State.Running).toBe(true);
  });

  it.each(["prepare", "rename", "switch", "verify"])(
    "continues if the agent was killed after %s",
    async (killAfter) => {
      const service = new Service();
      const id = await service.start("--restart", "unless-stopped");
      await service.deploy(v2, "run-1");
      const command = service.command("run-1");
      const first = service.journal.begin(command, { killAfter });
      await Promise.race([
        first.killed,
        rollBack(connectEngine(bed.host), command, first, notSelf),
      ]);
      const second = service.journal.begin(command, { id: first.commandId });
      const result = await recoverRollback(connectEngine(bed.host), command, second, notSelf);
      expect(result).toMatchObject({ outcome: "restored", containerId: id });
      const after = await bed.inspect(service.name);
      expect(after.State.Running).toBe(true);
      expect(after.HostConfig.RestartPolicy?.Name).toBe("unless-stopped");
      expect(await service.names()).toEqual([service.name]);
    },
  );

  describe("continues wherever the agent dies", () => {
    diesAnywhere(7, async ({ at, when }) => {
      const service = new Service();
      const id = await service.start("--restart", "always");
      await service.deploy(v2, "run-1");
      const command = service.command("run-1");
      const { engine, died, sent } = dyingEngine(bed.host, at, when);
      const first = service.journal.begin(command);
      const done = rollBack(engine, command, first, notSelf);
      const ended = await Promise.race([
        done.then(() => "completed" as const),
        died.then(() => "died" as const),
      ]);
      engine.close();
      if (ended === "completed") return ended;
      const second = service.journal.begin(command, { id: first.commandId });
      const result = await recoverRollback(connectEngine(bed.host), command, second, notSelf);
      const where = `${when} ${sent.at(-1)}`;
      expect(result, where).toMatchObject({ outcome: "restored", containerId: id });
      const after = await bed.inspect(service.name);
      expect(after, where).toMatchObject({ Id: id, State: { Running: true } });
      expect(after.HostConfig.RestartPolicy?.Name, where).toBe("always");
      expect(await service.names(), where).toEqual([service.name]);
      return ended;
    });
  });

  it("continues if the agent died after it had paused the previous container again", async () => {
    const service = new Service();
    const id = await service.start();
    await bed.docker("pause", id);
    await service.deploy(v2, "run-1");
    const command = service.command("run-1");
    const { engine, died, sent } = dyingEngine(bed.host, 6, "after");
    const first = service.journal.begin(command);
    await Promise.race([died, rollBack(engine, command, first, notSelf)]);
    expect(sent.at(-1)).toContain("/pause");
    const second = service.journal.begin(command, { id: first.commandId });
    const result = await recoverRollback(connectEngine(bed.host), command, second, notSelf);
    expect(result).toMatchObject({ outcome: "restored", containerId: id });
    expect((await bed.inspect(service.name)).State.Paused).toBe(true);
    expect(await service.names()).toEqual([service.name]);
  });

  it("keeps the previous container when the new one is gone and it does not start", async () => {
    const service = new Service();
    const id = await service.start("-v", `${service.name}-volume:/vol`);
    await service.deploy(v2, "run-1");
    const command = service.command("run-1");
    const first = service.journal.begin(command, { killAfter: "prepare" });
    await Promise.race([first.killed, rollBack(connectEngine(bed.host), command, first, notSelf)]);
    await bed.docker("rm", "-f", service.name);
    const net = `${service.name}-net`;
    await bed.docker("network", "create", net);
    await bed.docker("network", "connect", net, id);
    await bed.docker("network", "rm", net);
    const second = service.journal.begin(command, { id: first.commandId });
    await expect(
      recoverRollback(connectEngine(bed.host), command, second, notSelf),
    ).rejects.toMatchObject({ code: "start_failed" });
    expect((await bed.inspect(service.name)).Id).toBe(id);
  });

  it("replaces a container that keeps crashing", async () => {
    const service = new Service();
    const id = await service.start("--restart", "always");
    const crashing = await bed.image("crashing", 'CMD ["sh", "-c", "sleep 1; exit 3"]');
    await service.deploy(crashing, "run-1");
    await expect.poll(async () => (await bed.inspect(service.name)).State.Restarting).toBe(true);
    expect(await service.back("run-1")).toMatchObject({ outcome: "restored", containerId: id });
    expect(await service.names()).toEqual([service.name]);
  });

  it("leaves a stopped container stopped", async () => {
    const service = new Service();
    const id = await service.start();
    await bed.docker("stop", id);
    await service.deploy(v2, "run-1");
    expect(await service.back("run-1")).toMatchObject({ outcome: "restored", downtimeMs: null });
    expect((await bed.inspect(service.name)).State.Running).toBe(false);
  });

  it("removes the container that a run created where there was none before", async () => {
    const service = new Service();
    const command = runCommand(service.name, v2, { spec: { HostConfig: {} } });
    await replaceContainer(
      bed.engine,
      command,
      service.journal.begin(command, { id: "run-1" }),
      notSelf,
    );
    const result = await service.back("run-1", { reference: null });
    expect(result).toMatchObject({ outcome: "removed", containerId: null });
    expect(await service.names()).toEqual([]);
  });

  it("fails where the container was re-created on the server by hand", async () => {
    const service = new Service();
    const command = runCommand(service.name, v2, { spec: { HostConfig: {} } });
    const run = service.journal.begin(command, { id: "run-1" });
    await replaceContainer(bed.engine, command, run, notSelf);
    await bed.docker("rm", "-f", service.name);
    const id = await service.start();
    await expect(service.back("run-1", { reference: null })).rejects.toMatchObject({
      code: "refused",
      message: expect.stringContaining(id.slice(0, 12)),
    });
    expect((await bed.inspect(service.name)).State.Running).toBe(true);
  });

  it("keeps the volumes of a container that was re-created on the server by hand", async () => {
    const service = new Service();
    const id = await service.start();
    await service.deploy(v2, "run-1");
    await bed.docker("rm", "-f", service.name);
    const theirs = await service.start("--label", "theirs=1");
    const volume = (await bed.inspect(theirs)).Mounts?.[0]?.Name ?? "";
    expect(await service.back("run-1")).toMatchObject({ outcome: "restored", containerId: id });
    expect(await service.names()).toEqual([service.name]);
    expect(await bed.docker("volume", "inspect", volume)).toContain(volume);
    await bed.docker("volume", "rm", volume);
  });

  it("changes nothing where the run was not delivered, or was undone", async () => {
    const service = new Service();
    const id = await service.start();
    expect(await service.back("never")).toMatchObject({ outcome: "unchanged", containerId: id });
    await service.deploy(broken, "run-1").catch(() => undefined);
    expect(await service.back("run-1")).toMatchObject({ outcome: "unchanged", containerId: id });
    expect((await bed.inspect(service.name)).State.Running).toBe(true);
  });

  it("fails where the journal no longer has the run", async () => {
    const service = new Service();
    const id = await service.start();
    const longAgo = "0199f0aa-1111-7abc-8def-0123456789ab";
    await expect(service.back(longAgo, { reference: null })).rejects.toMatchObject({
      code: "not_found",
    });
    expect(await bed.inspect(service.name)).toMatchObject({ Id: id, State: { Running: true } });
  });

  it("re-creates the container from its specification once the previous one is gone", async () => {
    const service = new Service();
    await service.start("-e", "MINE=1");
    await bed.docker("exec", service.name, "sh", "-c", "echo precious > /data/file");
    const first = await service.deploy(v2, "run-1");
    expect((await service.commit("run-1")).removed).toBe(1);
    expect(await service.names()).toEqual([service.name]);

    const result = await service.back("run-1", { spec: first.spec });
    expect(result).toMatchObject({ outcome: "recreated", imageId: v1.id });
    const after = await bed.inspect(service.name);
    expect(after.Config.Image).toBe(v1.reference);
    expect(after.Config.Env).toEqual(expect.arrayContaining(["MINE=1", "VERSION=1"]));
    expect(await bed.docker("exec", service.name, "cat", "/data/file")).toBe("precious");
    expect(await service.names()).toEqual([service.name]);
  });

  it("re-creates it running, as it ran before, also when the agent is killed meanwhile", async () => {
    const service = new Service();
    await service.start();
    const { spec } = await service.deploy(v2, "run-1");
    await service.commit("run-1");
    await bed.docker("stop", service.name);
    const command = service.command("run-1", { spec });
    const first = service.journal.begin(command, { killAfter: "prepare" });
    const lost = rollBack(connectEngine(bed.host), command, first, notSelf);
    await Promise.race([first.killed, lost]);
    const second = service.journal.begin(command, { id: first.commandId });
    const result = await recoverRollback(connectEngine(bed.host), command, second, notSelf);
    expect(result).toMatchObject({ outcome: "recreated", imageId: v1.id });
    expect((await bed.inspect(service.name)).State.Running).toBe(true);
    expect(await service.names()).toEqual([service.name]);
  });

  it("pulls the previous image where the server no longer has it", async () => {
    const service = new Service();
    await service.start();
    await service.deploy(v2, "run-1");
    await service.commit("run-1");
    const old = await bed.image("gone", "ENV VERSION=0");
    await bed.docker("rmi", "-f", old.id);
    const result = await service.back("run-1", { reference: old.reference });
    expect(result.outcome).toBe("recreated");
    expect((await bed.inspect(service.name)).Config.Env).toContain("VERSION=0");
  });

  it("keeps the new container running if the previous one cannot be started", async () => {
    const service = new Service();
    const volume = `${service.name}-volume`;
    await service.start("-v", `${volume}:/vol`, "--label", "keep=me");
    const { containerId } = await service.deploy(v2, "run-1");
    const kept = (await service.names()).find((one) => one !== service.name) ?? "";
    await bed.docker("run", "-d", "--name", `${service.name}x`, v1.tag);
    // A network that the kept container needs, and that is gone.
    const net = `${service.name}-net`;
    await bed.docker("network", "create", net);
    await bed.docker("network", "connect", net, kept);
    await bed.docker("network", "rm", net);
    await expect(service.back("run-1")).rejects.toMatchObject({ code: "start_failed" });
    const after = await bed.inspect(service.name);
    expect(after.Id).toBe(containerId);
    expect(after.State.Running).toBe(true);
    expect(await service.names()).toContain(kept);
  });
});

describe("a rollback of a run that was undone, but not completely", () => {
  it("starts the previous container that did not start before, with its restart policy", async () => {
    const service = new Service();
    const id = await service.start("--restart", "always");
    const command = runCommand(service.name, broken);
    const context = service.journal.begin(command, { id: "run-1" });
    const engine = failingEngine(bed.host, `/containers/${id}/start`);
    await expect(replaceContainer(engine, command, context, notSelf)).rejects.toMatchObject({
      message: expect.stringContaining("failed too"),
    });
    engine.close();
    expect((await bed.inspect(service.name)).State.Running).toBe(false);

    expect(await service.back("run-1")).toMatchObject({ outcome: "restored", containerId: id });

    const after = await bed.inspect(service.name);
    expect(after).toMatchObject({ Id: id, State: { Running: true } });
    expect(after.HostConfig.RestartPolicy?.Name).toBe("always");
  });

  it("restores the restart policy where the undo had started it without", async () => {
    const service = new Service();
    const id = await service.start("--restart", "always");
    const command = runCommand(service.name, broken);
    const context = service.journal.begin(command, { id: "run-1" });
    const engine = failingEngine(bed.host, `/containers/${id}/update`, 2);
    await expect(replaceContainer(engine, command, context, notSelf)).rejects.toMatchObject({
      message: expect.stringContaining("failed too"),
    });
    engine.close();
    expect((await bed.inspect(service.name)).State.Running).toBe(true);
    expect(await service.back("run-1")).toMatchObject({ outcome: "restored", containerId: id });
    expect((await bed.inspect(id)).HostConfig.RestartPolicy?.Name).toBe("always");
  });

  it("keeps the new container where the previous one was removed on the server by hand", async () => {
    const service = new Service();
    const id = await service.start();
    const command = runCommand(service.name, v2);
    const first = service.journal.begin(command, { id: "run-1", killAfter: "rename" });
    await Promise.race([
      first.killed,
      replaceContainer(connectEngine(bed.host), command, first, notSelf),
    ]);
    await bed.docker("rm", "-f", id);
    const second = service.journal.begin(command, { id: "run-1" });
    const recovered = recoverReplacement(connectEngine(bed.host), command, second, notSelf);
    await expect(recovered).rejects.toMatchObject({
      message: expect.stringContaining("stays in its place"),
    });
    expect(await bed.inspect(service.name)).toMatchObject({
      Image: v2.id,
      State: { Running: true },
    });
    expect(await service.names()).toEqual([service.name]);
  });
});

describe("containers that a failed plan left", () => {
  it("are removed when the next deploy of the service succeeds", async () => {
    const service = new Service();
    await service.start();
    await service.deploy(v2, "0000000001");
    expect(await service.names()).toHaveLength(2);
    await service.deploy(broken, "0000000002").catch(() => undefined);
    expect(await service.names()).toHaveLength(2);
    const third = await service.deploy(v3, "0000000003");
    const names = await service.names();
    expect(names).toHaveLength(2);
    expect((await bed.inspect(names[1] ?? "")).Id).toBe(third.previousContainerId);
  });

  it("are told apart from other containers by their names", async () => {
    const service = new Service();
    await service.start();
    const others = [`${service.name}-bp-proxy`, `${service.name}-bp-00000000aa`];
    for (const other of others) await bed.docker("run", "-d", "--name", other, v1.tag);
    await service.deploy(v2, "0000000001");
    expect(await service.names()).toEqual(expect.arrayContaining(others));
  });
});
