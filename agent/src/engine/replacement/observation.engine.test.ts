import type { PullCommand } from "@bridgeport/proto";
import { describe, expect, it } from "vitest";
import { TestJournal } from "../../../test/journal.ts";
import { rollbackCommand, runCommand } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed, usualImages } from "../../../test/replacement-bed.ts";
import { CommandFailure } from "../../command.ts";
import { checkReplaceable } from "./preflight.ts";
import { replaceContainer } from "./replace.ts";
import { rollBack } from "./rollback.ts";

const { bed, newName, v1, v2, broken } = await openReplacementBed(usualImages);

describe("a result has the observed containers", () => {
  it("of a deploy, and of the rollback of it", async () => {
    const name = newName();
    const old = await bed.docker("run", "-d", "--name", name, v1.tag);
    const journal = new TestJournal();
    const run = runCommand(name, v2);
    const running = { name, running: true, health: "none", exitCode: null };
    const deployed = await replaceContainer(
      bed.engine,
      run,
      journal.begin(run, { id: "run-1" }),
      notSelf,
    );
    const before = { ...running, containerId: old, imageId: (await bed.inspect(old)).Image };
    const after = await bed.inspect(name);
    expect(deployed.before).toEqual(before);
    expect(deployed.after).toEqual({ ...running, containerId: after.Id, imageId: after.Image });

    const rollback = rollbackCommand(name, "run-1", v1);
    const back = await rollBack(bed.engine, rollback, journal.begin(rollback), notSelf);
    expect(back.before).toEqual(deployed.after);
    expect(back.after).toEqual(before);

    const again = await rollBack(bed.engine, rollback, journal.begin(rollback), notSelf);
    expect(again).toMatchObject({ outcome: "unchanged", before, after: before });
  });

  it("of a deploy that failed, after it was undone", async () => {
    const name = newName();
    const old = await bed.docker("run", "-d", "--name", name, v1.tag);
    const run = runCommand(name, broken);
    const failed = await replaceContainer(
      bed.engine,
      run,
      new TestJournal().begin(run),
      notSelf,
    ).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(CommandFailure);
    const observed = { containerId: old, name, running: true };
    expect((failed as CommandFailure).toFailure()).toMatchObject({
      code: "start_failed",
      before: observed,
      after: observed,
    });
  });
});

describe("a container that did not run is updated and not started, and the result says so", () => {
  it.each([
    ["a job that had ended well", "exit 0", 0],
    ["one that was stopped", "trap 'exit 143' TERM; sleep 600 & wait", 143],
  ])("%s", async (_, script, exitCode) => {
    const name = newName();
    await bed.docker("run", "-d", "--name", name, v1.tag, "sh", "-c", script);
    if (script !== "exit 0") await bed.docker("stop", name);
    await bed.docker("wait", name);
    const run = runCommand(name, v2);
    const context = new TestJournal().begin(run);
    const result = await replaceContainer(bed.engine, run, context, notSelf);
    expect(result).toMatchObject({
      ...{ running: false, before: { running: false, exitCode } },
      after: { running: false, exitCode: null },
    });
    expect((await bed.inspect(name)).State.Status).toBe("created");
  });
});

describe("a container that must exist, and does not", () => {
  const pullOf = (containerName: string, mustExist: boolean): PullCommand => ({
    ...{ kind: "pull", reference: v2.reference, platform: null, credentials: null },
    ...{ sizeBytes: null, platforms: [] },
    containers: [
      { containerName, ports: [], order: "stop-first", allowAutoRemove: false, mustExist },
    ],
  });

  it("makes the pull fail", async () => {
    const name = newName();
    const pull = pullOf(name, true);
    const context = new TestJournal().begin(pull);
    await expect(checkReplaceable(bed.engine, pull, context, notSelf)).rejects.toMatchObject({
      code: "not_found",
      message: expect.stringContaining(name),
    });
  });

  it("is created where it need not exist", async () => {
    const pull = pullOf(newName(), false);
    const context = new TestJournal().begin(pull);
    await checkReplaceable(bed.engine, pull, context, notSelf);
  });
});
