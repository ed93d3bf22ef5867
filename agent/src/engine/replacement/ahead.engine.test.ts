import { describe, expect, it } from "vitest";
import { waitFor } from "../../../../test/harness/wait.ts";
import { TestJournal } from "../../../test/journal.ts";
import { runCommand } from "../../../test/real-engine.ts";
import { notSelf, openReplacementBed } from "../../../test/replacement-bed.ts";
import { CommandFailure, type Permission } from "../../command.ts";
import { connectEngine } from "../client.ts";
import { recoverReplacement, replaceContainer } from "./replace.ts";

const { bed, v1, v2, newName } = await openReplacementBed({
  v1: ["ENV VERSION=1"],
  v2: ["ENV VERSION=2"],
});

async function runOld(): Promise<{ name: string; id: string }> {
  const name = newName();
  const id = await bed.docker("run", "-d", "--name", name, "--restart", "always", v1.tag);
  return { name, id };
}

/** A permission that the test gives or refuses. */
class TestPermission implements Permission {
  given = false;
  /** resolves when it is waited for */
  readonly asked: Promise<void>;
  #ask: () => void = () => undefined;
  #settle: { resolve(): void; reject(error: unknown): void } | null = null;

  constructor() {
    this.asked = new Promise((resolve) => {
      this.#ask = resolve;
    });
  }

  wait(signal: AbortSignal): Promise<void> {
    this.#ask();
    if (this.given) return Promise.resolve();
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
      signal.addEventListener("abort", () => reject(signal.reason));
    });
  }

  give(): void {
    this.given = true;
    this.#settle?.resolve();
  }

  refuse(): void {
    this.#settle?.reject(new CommandFailure("cancelled", "The other one failed."));
  }
}

/** The next container's id, when there is one that has not the id `but`. */
function nextOf(name: string, but?: string): Promise<string> {
  const look = async (): Promise<string | undefined> => {
    const found = (await bed.names()).find((one) => one.startsWith(`${name}-bp-new-`));
    const id = found && (await bed.inspect(found)).Id;
    return id === but ? undefined : id;
  };
  return waitFor(look, { what: "the next container" });
}

/** A deploy that has created its next container, and waits. `preparedForMs`: null for as long as it takes. */
async function held(order: "stop-first" | "start-first", preparedForMs: number | null = null) {
  const { name, id } = await runOld();
  const command = runCommand(name, v2, { order });
  const permission = new TestPermission();
  const context = new TestJournal().begin(command, { permission });
  const options = { preparedForMs: preparedForMs ?? 2 ** 30 };
  const before = await bed.inspect(id);
  const result = replaceContainer(bed.engine, command, context, notSelf, options);
  result.catch(() => undefined);
  return { name, id, command, permission, context, before, result };
}

describe.each(["stop-first", "start-first"] as const)(
  "a %s deploy that was ordered ahead",
  (order) => {
    it("creates its container, and changes nothing that runs before it is permitted", async () => {
      const { name, id, before, permission, result } = await held(order);
      const next = await nextOf(name);
      const during = await bed.inspect(id);
      expect({ ...during.State, Health: null }).toEqual({ ...before.State, Health: null });
      expect(during.Name).toBe(before.Name);
      expect(during.HostConfig).toEqual(before.HostConfig);
      expect(during.NetworkSettings).toEqual(before.NetworkSettings);
      const created = await bed.inspect(next);
      expect(created.State.Status).toBe("created");
      permission.give();
      expect((await result).containerId).toBe(created.Id);
      expect((await bed.inspect(name)).Image).toBe(v2.id);
    });

    it("leaves nothing behind where it is not permitted", async () => {
      const { name, id, before, permission, result } = await held(order);
      await nextOf(name);
      permission.refuse();
      await expect(result).rejects.toMatchObject({ code: "cancelled" });
      expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
      const after = await bed.inspect(id);
      expect(after.State.StartedAt).toBe(before.State.StartedAt);
      expect(after.HostConfig.RestartPolicy?.Name).toBe("always");
    });

    it("begins again where that took long, as things may have changed", async () => {
      const { name, id, context, permission, result } = await held(order, 1);
      await waitFor(() => context.reached.includes("unprepared"), { what: "it to be outdated" });
      expect((await bed.names()).filter((one) => one.startsWith(name))).toEqual([name]);
      await bed.docker("update", "--restart", "unless-stopped", id);
      permission.give();
      await result;
      const after = await bed.inspect(name);
      expect(after.Image).toBe(v2.id);
      expect(after.HostConfig.RestartPolicy?.Name).toBe("unless-stopped");
      expect((await bed.names()).filter((one) => one.startsWith(`${name}-bp-new-`))).toEqual([]);
    });
  },
);

describe("a deploy that was ordered ahead is not prepared, and waits,", () => {
  it("where its container depends on another one, which may be the one before it", async () => {
    const other = await runOld();
    const name = newName();
    await bed.docker("run", "-d", "--name", name, "--link", other.name, v1.tag);
    const command = runCommand(name, v2);
    const permission = new TestPermission();
    const context = new TestJournal().begin(command, { permission });
    const result = replaceContainer(bed.engine, command, context, notSelf);
    await permission.asked;
    expect(context.reached).toEqual([]);
    permission.give();
    expect((await result).imageId).toBe(v2.id);
  });

  it("where it could not be done now: it fails when it is permitted", async () => {
    const { name, id } = await runOld();
    const command = { ...runCommand(name, v2), reference: `nowhere.example/app@${v2.id}` };
    const permission = new TestPermission();
    const context = new TestJournal().begin(command, { permission });
    const result = replaceContainer(bed.engine, command, context, notSelf);
    result.catch(() => undefined);
    await permission.asked;
    expect(context.reached).toEqual([]);
    permission.give();
    await expect(result).rejects.toMatchObject({ code: "image_missing" });
    expect((await bed.inspect(name)).Id).toBe(id);
  });

  it("where its container cannot be created now: that is tried again when it is permitted", async () => {
    const { name, id } = await runOld();
    const engine = connectEngine(bed.host);
    const create = engine.docker.createContainer;
    engine.docker.createContainer = () => {
      engine.docker.createContainer = create;
      throw new Error("not now");
    };
    const command = runCommand(name, v2);
    const permission = new TestPermission();
    const context = new TestJournal().begin(command, { permission });
    const result = replaceContainer(engine, command, context, notSelf);
    await permission.asked;
    expect(context.reached).toEqual(["prepare", "unprepared"]);
    permission.give();
    await result;
    expect((await bed.inspect(name)).Id).not.toBe(id);
    engine.close();
  });
});

it("a deploy that was ordered ahead waits again after the agent has died", async () => {
  const { name, id } = await runOld();
  const command = runCommand(name, v2);
  const journal = new TestJournal();
  const dying = connectEngine(bed.host);
  const first = journal.begin(command, { permission: new TestPermission() });
  const lost = replaceContainer(dying, command, first, notSelf);
  lost.catch(() => undefined);
  const left = await nextOf(name);
  dying.close();

  const permission = new TestPermission();
  const second = journal.begin(command, { id: first.commandId, permission });
  const result = recoverReplacement(bed.engine, command, second, notSelf);
  result.catch(() => undefined);
  const next = await nextOf(name, left);
  expect((await bed.inspect(id)).State.Running).toBe(true);
  permission.give();
  expect((await result).containerId).toBe(next);
});
