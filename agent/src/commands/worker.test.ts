import { rm } from "node:fs/promises";
import type { Command, RunCommand } from "@bridgeport/proto";
import { describe, expect, test, vi } from "vitest";
import { CommandAborted, CommandFailure } from "../command.ts";
import { openPolicy } from "../policy/policy.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import {
  begin,
  cancel,
  command,
  directory,
  FakeEngine,
  gate,
  restart,
  ScriptedHandler,
  useDirectory,
} from "./worker.fixture.ts";

import type { Handlers } from "./worker.ts";

useDirectory();

function rollback(id: string, runCommandId: string): Command {
  return command(id, {
    kind: "rollback",
    serviceId: "s",
    containerName: "web",
    runCommandId,
    reference: null,
    spec: null,
    order: "stop-first",
    gate,
    credentials: null,
  });
}

const runBody: RunCommand = {
  kind: "run",
  serviceId: "s",
  containerName: "web",
  reference: "app@sha256:1",
  order: "stop-first",
  spec: null,
  gate,
  allowAutoRemove: false,
  dryRun: false,
  imageConfig: null,
  expectedImageIds: [],
};

const gone = () =>
  Object.assign(new Error("connect"), { code: "ECONNREFUSED", syscall: "connect" });

describe("one command", () => {
  test("is accepted, reports its phases, and has a result that is kept until acknowledged", async () => {
    const { worker, handler, sent, result, journal } = await begin();
    await worker.submit(restart("c1"));
    expect(sent).toEqual([{ kind: "accepted", commandId: "c1" }]);
    const context = await handler.started("c1");
    expect(context.phases).toEqual([]);
    await context.phase("stopping", { id: "abc" });
    context.progress("halfway");
    expect((await journal.entry("c1"))?.phases).toMatchObject([
      { name: "stopping", data: { id: "abc" } },
    ]);
    handler.succeed("c1");
    expect(await result("c1")).toMatchObject({
      outcome: { ok: true, body: { kind: "lifecycle", state: "running" } },
    });
    expect(sent.filter(({ kind }) => kind === "progress")).toMatchObject([
      { commandId: "c1", phase: "stopping", message: "" },
      { commandId: "c1", phase: "stopping", message: "halfway" },
    ]);
    expect(journal.unacknowledged()).toEqual(["c1"]);
  });

  test("delivered again has one effect and the same answer", async () => {
    const { worker, handler, sent, result } = await begin();
    await Promise.all([worker.submit(restart("c1")), worker.submit(restart("c1"))]);
    await handler.started("c1");
    await worker.submit(restart("c1"));
    handler.succeed("c1");
    const first = await result("c1");
    await worker.submit(restart("c1"));
    const results = sent.filter(({ kind }) => kind === "result");
    expect(results).toEqual([
      { kind: "result", result: first },
      { kind: "result", result: first },
    ]);
    expect(handler.calls).toHaveLength(1);
    expect(sent.filter(({ kind }) => kind === "accepted")).toHaveLength(4);
  });

  test.each([
    ["its own failure", new CommandFailure("port_taken", "Port 80 is taken."), "port_taken"],
    ["an engine that is not there", gone(), "engine_unavailable"],
    [
      "an answer of the engine",
      Object.assign(new Error("x"), { statusCode: 500, json: { message: "boom" } }),
      "engine_error",
    ],
    ["something missing", Object.assign(new Error("x"), { statusCode: 404 }), "not_found"],
    ["a bug", new TypeError("x is not a function"), "internal"],
  ])("that ends in %s says so", async (_, error, code) => {
    const { worker, handler, result } = await begin({ engineGraceMs: 0 });
    await worker.submit(restart("c1"));
    await handler.started("c1");
    handler.fail("c1", error);
    expect((await result("c1")).outcome).toMatchObject({ ok: false, failure: { code } });
  });

  test("is retried where the engine cannot be reached before anything is changed", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1"));
    await handler.started("c1");
    handler.fail("c1", gone());
    await waitUntil("it is tried again", () => handler.calls.length === 2);
    handler.succeed("c1");
    expect((await result("c1")).outcome.ok).toBe(true);
  });

  test("that the policy forbids is refused by the agent, also when it is delivered again", async () => {
    const { worker, handler, result } = await begin({
      policy: { ...openPolicy, denyContainers: ["web"] },
    });
    await worker.submit(restart("c1"));
    expect((await result("c1")).outcome).toMatchObject({ ok: false, failure: { code: "refused" } });
    expect(handler.calls).toEqual([]);
    const later = await begin();
    await later.worker.recover();
    await later.worker.submit(restart("c1"));
    expect((await later.result("c1")).outcome).toMatchObject({ failure: { code: "refused" } });
  });

  test("can ask which other containers the policy protects", async () => {
    const { worker, handler, result } = await begin({
      policy: { ...openPolicy, denyContainers: ["db*"] },
    });
    await worker.submit(restart("c1"));
    const context = await handler.started("c1");
    expect(["db-main", "web"].map((name) => context.hostPolicy.isProtected(name))).toEqual([
      true,
      false,
    ]);
    handler.succeed("c1");
    await result("c1");
  });

  test("of a kind that this agent does not know is refused", async () => {
    const { worker, result } = await begin();
    await worker.submit(command("c1", { kind: "prune", mode: "all", protect: [] }));
    expect((await result("c1")).outcome).toMatchObject({
      failure: { code: "refused", message: expect.stringMatching(/update the agent/) },
    });
  });
});

describe("deadlines", () => {
  test("that passed before the start", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1", "web", Date.now() - 1));
    expect((await result("c1")).outcome).toMatchObject({ failure: { code: "timeout" } });
    expect(handler.calls).toEqual([]);
  });

  test("that pass while waiting for another command", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1"));
    await handler.started("c1");
    await worker.submit(restart("c2", "web", Date.now() + 30));
    expect((await result("c2")).outcome).toMatchObject({ failure: { code: "timeout" } });
    handler.succeed("c1");
    await result("c1");
    expect(handler.calls).toHaveLength(1);
  });

  test("that pass while running abort the command", async () => {
    // The clock stands still, so that the command starts in time on a slow machine, too: only the
    // timer ends it.
    const { worker, handler, result } = await begin({ now: () => 1_000 });
    await worker.submit(restart("c1", "web", 1_030));
    const { signal } = await handler.started("c1");
    await waitUntil("it is aborted", () => signal.aborted);
    handler.fail("c1", signal.reason);
    expect((await result("c1")).outcome).toMatchObject({ failure: { code: "timeout" } });
  });
});

describe("cancelling", () => {
  test("a running command aborts it; its own result counts", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1"));
    const { signal } = await handler.started("c1");
    await worker.submit(cancel("x1", "c1"));
    expect((await result("x1")).outcome).toEqual({
      ok: true,
      body: { kind: "cancel", cancelled: true },
    });
    expect(signal.reason).toMatchObject({ why: "cancelled" });
    expect(signal.reason).toBeInstanceOf(CommandAborted);
    handler.fail("c1", signal.reason);
    expect((await result("c1")).outcome).toMatchObject({ failure: { code: "cancelled" } });
  });

  test("a waiting command ends it before it starts", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1"));
    await worker.submit(restart("c2"));
    await worker.submit(cancel("x1", "c2"));
    expect((await result("c2")).outcome).toMatchObject({ failure: { code: "cancelled" } });
    await handler.started("c1");
    handler.succeed("c1");
    await result("c1");
    expect(handler.calls).toHaveLength(1);
  });

  test("a finished command changes nothing", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1"));
    await handler.started("c1");
    handler.succeed("c1");
    await result("c1");
    await worker.submit(cancel("x1", "c1"));
    expect((await result("x1")).outcome).toMatchObject({ body: { cancelled: false } });
  });

  test("a command that was not delivered keeps it from ever running, also after a restart", async () => {
    const { worker, result } = await begin();
    await worker.submit(cancel("x1", "c1"));
    expect((await result("x1")).outcome).toMatchObject({ body: { cancelled: true } });
    const later = await begin();
    await later.worker.recover();
    await later.worker.submit(restart("c1"));
    expect((await later.result("c1")).outcome).toMatchObject({ failure: { code: "cancelled" } });
    expect(later.handler.calls).toEqual([]);
  });
});

describe("a rollback", () => {
  const handlers = (log: string[]): Handlers => ({
    run: {
      locks: (body) => [body.containerName],
      async execute(_, { signal }) {
        log.push("run");
        await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
        log.push("run undone");
        throw signal.reason;
      },
    },
    rollback: {
      locks: (body) => [body.containerName],
      async execute(body, { journalOf }) {
        log.push(
          `rollback of ${(await journalOf(body.runCommandId)) ? "a known" : "an unknown"} run`,
        );
        return {
          kind: "rollback",
          containerId: null,
          imageId: null,
          outcome: "unchanged",
          downtimeMs: null,
        };
      },
    },
  });

  test("of a run that was not delivered keeps it from ever running", async () => {
    const log: string[] = [];
    const { worker, result } = await begin({ handlers: handlers(log) });
    await worker.submit(rollback("r1", "run-1"));
    expect((await result("r1")).outcome).toMatchObject({ ok: true });
    await worker.submit(command("run-1", runBody));
    expect((await result("run-1")).outcome).toMatchObject({ failure: { code: "cancelled" } });
    expect(log).toEqual(["rollback of an unknown run"]);
  });

  test("of a running run cancels that first", async () => {
    const log: string[] = [];
    const { worker, result } = await begin({ handlers: handlers(log) });
    await worker.submit(command("run-1", runBody));
    await waitUntil("the run has begun", () => log.includes("run"));
    await worker.submit(rollback("r1", "run-1"));
    await result("r1");
    expect((await result("run-1")).outcome).toMatchObject({ failure: { code: "cancelled" } });
    expect(log).toEqual(["run", "run undone", "rollback of a known run"]);
  });
});

describe("after a crash", () => {
  test("half-done commands are recovered with their phases, waiting ones are executed", async () => {
    const before = await begin();
    await before.worker.submit(restart("half"));
    await (await before.handler.started("half")).phase("stopped", { id: "abc" });
    await before.worker.submit(restart("waiting"));

    const { worker, handler, result } = await begin();
    const recovered = worker.recover();
    const context = await handler.started("half", "recover");
    expect(context.phases).toMatchObject([{ name: "stopped", data: { id: "abc" } }]);
    expect(handler.calls).toHaveLength(1);
    handler.succeed("half");
    await recovered;
    await handler.started("waiting");
    handler.succeed("waiting");
    expect((await result("half")).outcome.ok).toBe(true);
    expect((await result("waiting")).outcome.ok).toBe(true);
  });

  test("a stricter policy stops waiting commands, and no half-done one", async () => {
    const before = await begin();
    await before.worker.submit(restart("half"));
    await (await before.handler.started("half")).phase("stopped");
    await before.worker.submit(restart("waiting"));

    const policy = { ...openPolicy, denyContainers: ["web"] };
    const { worker, handler, result } = await begin({ policy });
    const recovered = worker.recover();
    await handler.started("half", "recover");
    handler.succeed("half");
    await recovered;
    expect((await result("half")).outcome.ok).toBe(true);
    expect((await result("waiting")).outcome).toMatchObject({ failure: { code: "refused" } });
    expect(handler.calls).toHaveLength(1);
  });

  test("a command that goes on for long is not waited for, and an earlier cancel counts", async () => {
    class LastingHandler extends ScriptedHandler {
      readonly goesOn = true;
    }
    const before = await begin();
    for (const id of ["long", "cancelled"]) {
      await before.worker.submit(restart(id, id));
      await (await before.handler.started(id)).phase("begun");
    }
    await before.worker.submit(cancel("c1", "cancelled"));

    const { worker, handler } = await begin({ handler: new LastingHandler() });
    await worker.recover();
    expect((await handler.started("long", "recover")).signal.aborted).toBe(false);
    const { signal } = await handler.started("cancelled", "recover");
    expect(signal.reason).toMatchObject({ why: "cancelled" });
    handler.succeed("long");
    handler.succeed("cancelled");
  });

  test("a command whose handler has no recovery is executed again", async () => {
    const before = await begin();
    await before.worker.submit(restart("c1"));
    await (await before.handler.started("c1")).phase("begun");
    const { worker, handler } = await begin({ handler: new ScriptedHandler(false) });
    const recovered = worker.recover();
    const context = await handler.started("c1");
    expect(context.phases).toMatchObject([{ name: "begun" }]);
    handler.succeed("c1");
    await recovered;
  });

  test("recovery ignores a deadline that has passed", async () => {
    const before = await begin();
    await before.worker.submit(restart("c1", "web", Date.now() + 60_000));
    await (await before.handler.started("c1")).phase("stopped");
    const { worker, handler } = await begin();
    const recovered = worker.recover();
    const context = await handler.started("c1", "recover");
    expect(context.deadlineAt).toBeNull();
    handler.succeed("c1");
    await recovered;
  });

  test("without an engine, recovery waits for it and new commands wait for the recovery", async () => {
    const before = await begin();
    await before.worker.submit(restart("half"));
    await (await before.handler.started("half")).phase("stopped");

    const engine = new FakeEngine();
    engine.available = false;
    const { worker, handler, result } = await begin({ engine });
    const recovered = worker.recover();
    await worker.submit(restart("new"));
    expect(handler.calls).toEqual([]);
    engine.comeBack();
    await handler.started("half", "recover");
    expect(handler.calls.map(({ id }) => id)).toEqual(["half"]);
    handler.succeed("half");
    await recovered;
    await handler.started("new");
    handler.succeed("new");
    expect((await result("new")).outcome.ok).toBe(true);
  });

  test("a half-done command cannot be cancelled before it is recovered", async () => {
    const before = await begin();
    await before.worker.submit(restart("half"));
    await (await before.handler.started("half")).phase("stopped");
    const engine = new FakeEngine();
    engine.available = false;
    const { worker, handler, result } = await begin({ engine });
    const recovered = worker.recover();
    await worker.submit(cancel("x1", "half"));
    expect((await result("x1")).outcome).toMatchObject({ body: { cancelled: true } });
    engine.comeBack();
    const { signal } = await handler.started("half", "recover");
    expect(signal.reason).toMatchObject({ why: "cancelled" });
    handler.fail("half", signal.reason);
    await recovered;
    expect((await result("half")).outcome).toMatchObject({ failure: { code: "cancelled" } });
  });

  test("the process can end while recovery waits for an engine", async () => {
    const before = await begin();
    await before.worker.submit(restart("half"));
    await (await before.handler.started("half")).phase("stopped");
    const engine = new FakeEngine();
    engine.available = false;
    const { worker, journal } = await begin({ engine });
    const recovered = worker.recover();
    await worker.submit(restart("behind", "web"));
    await worker.stop(60_000);
    await recovered;
    expect(journal.unfinished().map((one) => one.commandId)).toContain("half");
  });

  test("an unacknowledged result is still there and is not computed again", async () => {
    const before = await begin();
    await before.worker.submit(restart("c1"));
    await before.handler.started("c1");
    before.handler.succeed("c1");
    const answer = await before.result("c1");
    const { worker, journal, handler } = await begin();
    await worker.recover();
    expect(journal.unacknowledged()).toEqual(["c1"]);
    expect(await journal.result("c1")).toEqual(answer);
    expect(handler.calls).toEqual([]);
  });

  test("a command that needs credentials waits to be delivered again with them", async () => {
    const pulls: (string | undefined)[] = [];
    const handlers: Handlers = {
      pull: {
        locks: () => [],
        async execute(body, { signal }) {
          pulls.push(body.credentials?.password);
          if (pulls.length > 1) {
            return {
              kind: "pull",
              imageId: "sha256:1",
              repoDigests: [],
              alreadyPresent: false,
              durationMs: 1,
              platform: "linux/amd64",
            };
          }
          await new Promise((resolve) => signal.addEventListener("abort", resolve));
          throw signal.reason;
        },
      },
    };
    const pull = command("p1", {
      kind: "pull",
      reference: "app@sha256:1",
      platform: null,
      credentials: { username: "u", password: "secret", registryHost: "r", identityToken: null },
      sizeBytes: null,
      platforms: [],
      containers: [],
    });
    const before = await begin({ handlers });
    await before.worker.submit(pull);
    await waitUntil("the pull has begun", () => pulls.length === 1);
    const { worker, result } = await begin({ handlers });
    await worker.recover();
    expect(pulls).toEqual(["secret"]);
    await worker.submit(pull);
    expect((await result("p1")).outcome.ok).toBe(true);
    expect(pulls).toEqual(["secret", "secret"]);

    pulls.length = 0;
    const again = command("p2", pull.body);
    await before.worker.submit(again);
    await waitUntil("the second pull has begun", () => pulls.length === 1);
    const last = await begin({ handlers });
    await last.worker.recover();
    expect((await last.result("p2")).outcome.ok).toBe(true);
    expect(pulls).toEqual(["secret", undefined]);
  });
});

test("a prune that waits keeps what is pulled meanwhile, whose container is not there yet", async () => {
  const ends = new Map<string, () => void>();
  let kept: string[] = [];
  const handlers: Handlers = {
    pull: {
      locks: () => [],
      async execute({ reference }) {
        await new Promise<void>((resolve) => ends.set(reference, resolve));
        return {
          kind: "pull",
          imageId: "sha256:1",
          repoDigests: [],
          alreadyPresent: false,
          durationMs: 1,
          platform: "linux/amd64",
        };
      },
    },
    prune: {
      locks: () => [],
      async execute({ protect }) {
        kept = [...protect];
        return { kind: "prune", spaceReclaimedBytes: 0, imagesDeleted: 0 };
      },
    },
  };
  const pull = (id: string, reference: string) =>
    command(id, {
      kind: "pull",
      ...{
        reference,
        platform: null,
        credentials: null,
        sizeBytes: null,
        platforms: [],
        containers: [],
      },
    });
  const { worker, result } = await begin({ handlers });
  await worker.submit(pull("p1", "before@sha256:1"));
  await waitUntil("the first pull has begun", () => ends.has("before@sha256:1"));
  const prune = command("c1", { kind: "prune", mode: "all", protect: ["planned@sha256:1"] });
  await worker.submit(prune);
  await worker.submit(pull("p2", "meanwhile@sha256:1"));
  await waitUntil("the second pull has begun", () => ends.has("meanwhile@sha256:1"));
  ends.get("before@sha256:1")?.();
  await result("p1");
  ends.get("meanwhile@sha256:1")?.();
  expect((await result("c1")).outcome.ok).toBe(true);
  expect(kept).toEqual(["planned@sha256:1", "before@sha256:1", "meanwhile@sha256:1"]);
});

describe("when the engine stops answering half-way", () => {
  test("there is no result until it answers again and the command is finished or undone", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    try {
      const { worker, handler, engine, sent, result } = await begin({ now: () => 1_000 });
      await worker.submit(restart("c1", "web", 2_000));
      await (await handler.started("c1")).phase("stopped");
      engine.available = false;
      handler.fail("c1", gone());
      await waitUntil("it waits for the engine", () => engine.isAwaited);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(sent.some(({ kind }) => kind === "result")).toBe(false);
      engine.comeBack();
      const context = await handler.started("c1", "recover");
      expect(context.phases).toMatchObject([{ name: "stopped" }]);
      handler.succeed("c1");
      expect((await result("c1")).outcome.ok).toBe(true);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("while the engine cannot be reached", () => {
  async function away(engineGraceMs: number) {
    const engine = new FakeEngine();
    engine.available = false;
    return begin({ engine, engineGraceMs });
  }

  test("a command that has not begun waits for it", async () => {
    const { worker, handler, engine, result } = await away(60_000);
    await worker.submit(restart("c1"));
    engine.comeBack();
    await handler.started("c1");
    handler.succeed("c1");
    expect((await result("c1")).outcome.ok).toBe(true);
  });

  test("but not for ever; then it runs and fails with its own message", async () => {
    const { worker, handler, result } = await away(10);
    await worker.submit(restart("c1"));
    await handler.started("c1");
    handler.fail("c1", gone());
    expect((await result("c1")).outcome).toMatchObject({ failure: { code: "engine_unavailable" } });
  });

  test("its deadline and a cancel still end it", async () => {
    const { worker, handler, result } = await away(60_000);
    await worker.submit(restart("c1", "web", Date.now() + 20));
    expect((await result("c1")).outcome).toMatchObject({ failure: { code: "timeout" } });
    await worker.submit(restart("c2"));
    await worker.submit(cancel("x2", "c2"));
    expect((await result("c2")).outcome).toMatchObject({ failure: { code: "cancelled" } });
    expect(handler.calls).toEqual([]);
  });

  test("the process can end, and the next one executes the command", async () => {
    const { worker, journal } = await away(60_000);
    await worker.submit(restart("c1"));
    await worker.stop(60_000);
    expect(journal.unfinished()).toHaveLength(1);
  });
});

describe("when the process ends", () => {
  test("running commands are told, and those that stop are left to the next start", async () => {
    const { worker, handler, sent, journal } = await begin();
    await worker.submit(restart("c1"));
    await worker.submit(restart("c2"));
    const { signal } = await handler.started("c1");
    signal.addEventListener("abort", () => handler.fail("c1", signal.reason));
    await worker.stop(5_000);
    expect(signal.reason).toMatchObject({ why: "shutdown" });
    expect(sent.some(({ kind }) => kind === "result")).toBe(false);
    await worker.submit(restart("c3"));
    expect(journal.unfinished().map((one) => one.commandId)).toEqual(["c1", "c2"]);
    const next = await begin();
    await next.worker.recover();
    await next.handler.started("c1");
  });

  test("a command that ends in time has its result", async () => {
    const { worker, handler, result } = await begin();
    await worker.submit(restart("c1"));
    const { signal } = await handler.started("c1");
    signal.addEventListener("abort", () => handler.succeed("c1"));
    await worker.stop(5_000);
    expect((await result("c1")).outcome.ok).toBe(true);
  });

  test("a command that does not end in time is not waited for", async () => {
    const { worker, handler, journal } = await begin();
    await worker.submit(restart("c1"));
    await handler.started("c1");
    await worker.stop(10);
    expect(journal.unfinished()).toHaveLength(1);
  });
});

test("a command that cannot be journaled is not started", async () => {
  const { worker, handler, result } = await begin();
  await rm(directory, { recursive: true });
  await worker.submit(restart("c1"));
  expect((await result("c1")).outcome).toMatchObject({
    failure: { code: "internal", message: expect.stringMatching(/cannot write its journal/) },
  });
  expect(handler.calls).toEqual([]);
});
