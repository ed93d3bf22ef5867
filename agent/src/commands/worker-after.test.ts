import type { Command } from "@bridgeport/proto";
import { describe, expect, test } from "vitest";
import { CommandFailure, type CommandHandler } from "../command.ts";
import { laneLimits } from "./lanes.ts";
import {
  begin,
  cancel,
  command,
  gate,
  restart,
  ScriptedHandler,
  useDirectory,
} from "./worker.fixture.ts";

useDirectory();

class PreparingHandler extends ScriptedHandler {
  readonly preparesAhead = true;
}

function after(id: string, containerName: string, ...others: string[]): Command {
  return { ...restart(id, containerName), after: others };
}

describe("a command that comes after others", () => {
  test("begins when they have succeeded, also where they are delivered later", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(after("c", "web", "a", "b"));
    await worker.submit(restart("a", "first"));
    await worker.submit(restart("b", "second"));
    await handler.started("a");
    await handler.started("b");
    handler.succeed("a");
    await result("a");
    expect(handler.calls.map(({ id }) => id)).toEqual(["a", "b"]);
    handler.succeed("b");
    await handler.started("c");
    handler.succeed("c");
    expect((await result("c")).outcome.ok).toBe(true);
  });

  test("begins at once where its handler prepares ahead, and learns of their success", async () => {
    const { worker, handler, result } = await begin({ handler: new PreparingHandler() });
    await worker.submit(restart("a", "first"));
    await worker.submit(after("b", "web", "a"));
    await handler.started("a");
    const { permission, signal } = await handler.started("b");
    const told = permission?.wait(signal);
    expect(permission?.given).toBe(false);
    handler.succeed("a");
    await told;
    expect(permission?.given).toBe(true);
    handler.succeed("b");
    expect((await result("b")).outcome.ok).toBe(true);
  });

  test("does not begin where one of them fails", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(after("c", "web", "a", "b"));
    await worker.submit(restart("a", "first"));
    await handler.started("a");
    handler.fail("a", new CommandFailure("unhealthy", "It is sick."));
    expect((await result("c")).outcome).toMatchObject({
      ok: false,
      failure: { code: "cancelled", message: expect.stringContaining("has failed") },
    });
    expect(handler.calls.map(({ id }) => id)).toEqual(["a"]);
  });

  test("can be cancelled, and has its deadline, while it waits", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(after("b", "web", "a"));
    await worker.submit(cancel("b-cancel", "b"));
    expect((await result("b")).outcome).toMatchObject({ failure: { code: "cancelled" } });
    await worker.submit({ ...restart("c", "web", Date.now() + 100), after: ["a"] });
    expect((await result("c")).outcome).toMatchObject({ failure: { code: "timeout" } });
    expect(handler.calls).toEqual([]);
  });

  test("keeps its containers while it waits, but lets others have its slot", async () => {
    const { worker, handler, result } = await begin();
    const { change } = laneLimits({ cores: 2, load: 0 });
    for (let at = 0; at < change; at += 1) await worker.submit(after(`${at}`, `web-${at}`, "a"));
    await worker.submit(restart("same", "web-0"));
    await worker.submit(restart("a", "first"));
    await handler.started("a");
    expect(handler.calls.map(({ id }) => id)).toEqual(["a"]);
    handler.succeed("a");
    await handler.started("0");
    handler.succeed("0");
    await result("0");
    await handler.started("same");
  });

  test("knows after a restart, and after their results were acknowledged, that they have succeeded", async () => {
    const probe: CommandHandler<"probe"> = {
      locks: () => [],
      execute: async () => ({
        ...{ kind: "probe", method: "exec", detail: "", durationMs: 1, attempts: 1 },
        ...{ health: "healthy", state: "running" },
      }),
    };
    const first = await begin({ handlers: { probe } });
    await first.worker.submit(
      command("a", { kind: "probe", serviceId: "s", containerName: "web", once: false, gate }),
    );
    await first.result("a");
    await first.journal.acknowledge("a", 1);
    const second = await begin();
    await second.worker.submit(after("b", "web", "a"));
    await second.handler.started("b");
  });

  test("goes on where it is delivered again without them: the control plane knows that they succeeded", async () => {
    const { worker, handler } = await begin();
    await worker.submit(after("b", "web", "never delivered here"));
    await worker.submit(restart("b", "web"));
    await handler.started("b");
  });

  test("does not keep the agent from going on with its half-done commands", async () => {
    const first = await begin({ handler: new PreparingHandler() });
    await first.worker.submit(after("b", "web", "a"));
    await (await first.handler.started("b")).phase("prepare");
    const second = await begin({ handler: new PreparingHandler() });
    await second.worker.recover();
    const { permission } = await second.handler.started("b", "recover");
    expect(permission?.given).toBe(false);
    await second.worker.submit(restart("a", "first"));
    await second.handler.started("a");
    second.handler.succeed("a");
    await second.result("a");
    expect(permission?.given).toBe(true);
  });
});
