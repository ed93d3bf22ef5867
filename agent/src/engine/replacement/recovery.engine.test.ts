import { afterAll, describe, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { runCommand } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { connectEngine, type Engine } from "../client.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";

const check = "HEALTHCHECK --interval=1s CMD wget -q -O /dev/null http://127.0.0.1:8080/";
const { bed, newName, v1, v2, broken } = await openReplacementBed({
  ...usualImages,
  v1: ["ENV VERSION=1", check],
  v2: ["ENV VERSION=2", check],
});

const engines: Engine[] = [];
afterAll(() => {
  for (const engine of engines) engine.close();
});

/** Each agent process has an engine object of its own, as it remembers what it has seen. */
function freshProcess(): Engine {
  const engine = connectEngine(bed.host);
  engines.push(engine);
  return engine;
}

async function runOld(...more: string[]): Promise<{ name: string; id: string }> {
  const name = newName();
  const id = await bed.docker("run", "-d", "--name", name, "--restart", "always", ...more, v1.tag);
  return { name, id };
}

const phases = {
  "stop-first": ["prepare", "rename", "switch", "verify"],
  "start-first": ["prepare", "beside", "switch", "verify"],
} as const;

for (const order of ["stop-first", "start-first"] as const) {
  describe(`an agent killed in a ${order} deploy`, () => {
    it.each(phases[order])("continues after %s", async (killAfter) => {
      const { name, id } = await runOld();
      const command = runCommand(name, v2, { order });
      const journal = new TestJournal();
      const first = journal.begin(command, { id: `kill-${killAfter}-${name}`, killAfter });
      const lost = replaceContainer(freshProcess(), command, first, notSelf);
      await Promise.race([first.killed, lost]);
      expect(first.reached.at(-1)).toBe(killAfter);

      const second = journal.begin(command, { id: first.commandId });
      const result = await recoverReplacement(freshProcess(), command, second, notSelf);

      const after = await bed.inspect(name);
      expect(after.Id).toBe(result.containerId);
      expect(after.Image).toBe(v2.id);
      expect(after.State.Running).toBe(true);
      expect(after.HostConfig.RestartPolicy?.Name).toBe("always");
      expect(result.previousContainerId).toBe(id);
      expect(result.spec).toMatchObject({ HostConfig: { RestartPolicy: { Name: "always" } } });
      const kept = await bed.inspect(id);
      expect(kept.State.Running).toBe(false);
      expect(kept.HostConfig.RestartPolicy?.Name).toBe("no");
      const left = (await bed.names()).filter((one) => one.startsWith(`${name}-`));
      expect(left).toEqual([kept.Name.slice(1)]);
    });
  });
}

it("an agent killed after it has paused the new container of a paused one finishes the deploy", async () => {
  const { name, id } = await runOld();
  await bed.docker("pause", id);
  const command = runCommand(name, v2);
  const journal = new TestJournal();
  const first = journal.begin(command, { killAfter: "switch" });
  await Promise.race([first.killed, replaceContainer(freshProcess(), command, first, notSelf)]);
  const next = (await bed.names()).find((one) => one.startsWith(`${name}-bp-new-`)) ?? "";
  await bed.docker("stop", id);
  await bed.docker("start", next);
  await bed.docker("pause", next);
  const second = journal.begin(command, { id: first.commandId });
  const result = await recoverReplacement(freshProcess(), command, second, notSelf);
  const after = await bed.inspect(name);
  expect(after.Id).toBe(result.containerId);
  expect(after.Image).toBe(v2.id);
  expect(after.State.Paused).toBe(true);
});

it("an agent killed before it has created a container does not take another one for its own", async () => {
  const { name, id } = await runOld();
  const command = runCommand(name, v2);
  const journal = new TestJournal();
  const first = journal.begin(command, { killAfter: "prepare" });
  await Promise.race([first.killed, replaceContainer(freshProcess(), command, first, notSelf)]);
  await bed.docker("rm", "-f", id);
  const theirs = await bed.docker("run", "-d", "--name", name, "-v", "/data", v1.tag);
  const second = journal.begin(command, { id: first.commandId });
  await expect(recoverReplacement(freshProcess(), command, second, notSelf)).rejects.toMatchObject({
    code: "internal",
  });
  const after = await bed.inspect(name);
  expect(after.Id).toBe(theirs);
  expect(after.State.Running).toBe(true);
});

describe("a deploy that is undone", () => {
  it("is undone completely if the agent is killed meanwhile", async () => {
    const { name, id } = await runOld();
    const command = runCommand(name, broken);
    const journal = new TestJournal();
    const first = journal.begin(command, { killAfter: "undo" });
    await Promise.race([first.killed, replaceContainer(freshProcess(), command, first, notSelf)]);
    const second = journal.begin(command, { id: first.commandId });
    await expect(
      recoverReplacement(freshProcess(), command, second, notSelf),
    ).rejects.toMatchObject({ code: "start_failed" });
    await expectOld(name, id);
  });

  it("is attempted a second time, and not a third", async () => {
    const { name, id } = await runOld();
    const command = runCommand(name, v2);
    const journal = new TestJournal();
    const first = journal.begin(command, { killAfter: "prepare" });
    await Promise.race([first.killed, replaceContainer(freshProcess(), command, first, notSelf)]);
    const second = journal.begin(command, { id: first.commandId, killAfter: "rename" });
    await Promise.race([
      second.killed,
      recoverReplacement(freshProcess(), command, second, notSelf),
    ]);
    const third = journal.begin(command, { id: first.commandId });
    await expect(recoverReplacement(freshProcess(), command, third, notSelf)).rejects.toMatchObject(
      { code: "internal" },
    );
    await expectOld(name, id);
  });
});

async function expectOld(name: string, id: string): Promise<void> {
  const after = await bed.inspect(name);
  expect(after.Id).toBe(id);
  expect(after.State.Running).toBe(true);
  expect(after.HostConfig.RestartPolicy?.Name).toBe("always");
  expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
}

describe("a container that is created", () => {
  it.each(["prepare", "rename", "switch", "verify"])(
    "once, if the agent is killed after %s",
    async (killAfter) => {
      const name = newName();
      const command = runCommand(name, v2, { spec: { Env: ["MINE=1"], HostConfig: {} } });
      const journal = new TestJournal();
      const first = journal.begin(command, { killAfter });
      await Promise.race([first.killed, replaceContainer(freshProcess(), command, first, notSelf)]);
      const second = journal.begin(command, { id: first.commandId });
      const result = await recoverReplacement(freshProcess(), command, second, notSelf);
      expect(result.previousContainerId).toBeNull();
      const after = await bed.inspect(name);
      expect(after.Config.Env).toContain("MINE=1");
      expect(after.State.Running).toBe(true);
      expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
    },
  );
});

describe("a container of which only the image changes", () => {
  it.each(["prepare", "rename", "verify"])(
    "stays stopped, if the agent is killed after %s",
    async (killAfter) => {
      const name = newName();
      await bed.docker("create", "--name", name, v1.tag);
      const command = runCommand(name, v2);
      const journal = new TestJournal();
      const first = journal.begin(command, { killAfter });
      await Promise.race([first.killed, replaceContainer(freshProcess(), command, first, notSelf)]);
      const second = journal.begin(command, { id: first.commandId });
      const result = await recoverReplacement(freshProcess(), command, second, notSelf);
      expect(result.running).toBe(false);
      const after = await bed.inspect(name);
      expect(after.Image).toBe(v2.id);
      expect(after.State.Status).toBe("created");
    },
  );
});
