import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  AgentMessage,
  Command,
  CommandBody,
  CommandResult,
  HealthGate,
  LifecycleCommand,
} from "@bridgeport/proto";
import { afterEach, beforeEach } from "vitest";
import type { CommandContext, CommandHandler } from "../command.ts";
import { silentLogger } from "../log.ts";
import { openPolicy, type Policy } from "../policy/policy.ts";
import { waitUntil } from "../wait-until.fixture.ts";
import { Journal } from "./journal.ts";
import { laneLimits } from "./lanes.ts";
import { type Handlers, Worker } from "./worker.ts";

/* A worker with commands that end when a test says so, and a directory of its own for each test. */

/** Where the worker of the test that runs keeps its journal. */
export let directory: string;

/** To be called by each file of tests: what a module does by itself, it does for the first of them only. */
export function useDirectory(): void {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), "worker-"));
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));
}

/** A handler whose commands run until the test ends them. */
export class ScriptedHandler implements CommandHandler<"lifecycle"> {
  readonly calls: { id: string; how: "execute" | "recover"; context: CommandContext }[] = [];
  readonly #ends = new Map<string, { resolve: () => void; reject: (error: unknown) => void }>();
  recover?: CommandHandler<"lifecycle">["recover"];

  constructor(recovers = true) {
    if (recovers) this.recover = (_, context) => this.#call("recover", context);
  }

  locks(body: LifecycleCommand): string[] {
    return [body.containerName];
  }

  execute(_: LifecycleCommand, context: CommandContext) {
    return this.#call("execute", context);
  }

  async #call(how: "execute" | "recover", context: CommandContext) {
    this.calls.push({ id: context.commandId, how, context });
    await new Promise<void>((resolve, reject) =>
      this.#ends.set(context.commandId, { resolve, reject }),
    );
    return { kind: "lifecycle" as const, state: "running" as const };
  }

  started(id: string, how: "execute" | "recover" = "execute"): Promise<CommandContext> {
    return waitUntil(`${id} has begun`, () => {
      const call = this.calls.find((one) => one.id === id && one.how === how);
      return call?.context;
    });
  }

  succeed(id: string): void {
    this.#ends.get(id)?.resolve();
  }

  fail(id: string, error: unknown): void {
    this.#ends.get(id)?.reject(error);
  }
}

export class FakeEngine {
  available = true;
  #waiting: (() => void)[] = [];

  get isAwaited(): boolean {
    return this.#waiting.length > 0;
  }

  whenAvailable(): Promise<void> {
    if (this.available) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  comeBack(): void {
    this.available = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

export interface Bench {
  worker: Worker;
  journal: Journal;
  handler: ScriptedHandler;
  engine: FakeEngine;
  sent: AgentMessage[];
  result(id: string): Promise<CommandResult>;
}

/** A worker as after the start of the process; a second one on the same directory is like a restart. */
export async function begin(
  options: {
    handler?: ScriptedHandler;
    policy?: Policy;
    engine?: FakeEngine;
    handlers?: Handlers;
    engineGraceMs?: number;
    now?: () => number;
  } = {},
): Promise<Bench> {
  const sent: AgentMessage[] = [];
  const journal = await Journal.open(directory, silentLogger);
  const handler = options.handler ?? new ScriptedHandler();
  const engine = options.engine ?? new FakeEngine();
  const worker = new Worker({
    journal,
    handlers: { lifecycle: handler, ...options.handlers },
    policy: options.policy ?? openPolicy,
    log: silentLogger,
    engine,
    limits: () => laneLimits({ cores: 2, load: 0 }),
    send: (message) => sent.push(message),
    redeliveryMs: 50,
    now: options.now ?? Date.now,
    engineGraceMs: options.engineGraceMs ?? 60_000,
  });
  const result = (id: string) =>
    waitUntil(`${id} has a result`, () => {
      for (const message of sent) {
        if (message.kind === "result" && message.result.commandId === id) return message.result;
      }
      return null;
    });
  return { worker, journal, handler, engine, sent, result };
}

export function command(id: string, body: CommandBody, deadlineAt: number | null = null): Command {
  return { id, deadlineAt, body };
}

export function restart(
  id: string,
  containerName = "web",
  deadlineAt: number | null = null,
): Command {
  return command(id, { kind: "lifecycle", containerName, action: "restart" }, deadlineAt);
}

export function cancel(id: string, commandId: string): Command {
  return command(id, { kind: "cancel", commandId });
}

export const gate: HealthGate = {
  waitMs: null,
  retries: 3,
  intervalMs: 1,
  url: null,
  probe: "eager",
};
