import type { AgentMessage, Command, CommandKind, CommandResult, Failure } from "@bridgeport/proto";
import type { CommandHandler, JournalEntry } from "../command.ts";
import type { Logger } from "../log.ts";
import { Execution, type ExecutionParts, type WorkBody } from "./execution.ts";
import { calledOff, expired, refused } from "./failures.ts";
import type { Journal } from "./journal.ts";
import type { Lane, LaneLimits } from "./lanes.ts";
import { type Policy, refusal } from "./policy.ts";
import { CommandQueue, type Held } from "./queue.ts";

/** A handler for each kind but `cancel`, which is the worker's own business. */
export type Handlers = {
  [K in Exclude<CommandKind, "cancel">]?: CommandHandler<K>;
};

export interface WorkerOptions {
  journal: Journal;
  handlers: Handlers;
  policy: Policy;
  log: Logger;
  /** whether the engine is there, and when it comes back */
  engine: { readonly available: boolean; whenAvailable(): Promise<void> };
  /** where accepted, progress and result messages go; lost ones do no harm, results are kept */
  send(message: AgentMessage): void;
  now?: () => number;
  /** how many commands run at once */
  limits(): LaneLimits;
  /** how long a half-done command that needs credentials waits to be delivered again */
  redeliveryMs?: number;
  /** how long a command waits for an engine that is away, as during its restart */
  engineGraceMs?: number;
}

/** Longer timers overflow and fire at once. */
const longestTimerMs = 2 ** 31 - 1;

/**
 * Carries out commands: each once, however often it is delivered, and those for one container
 * one after the other.
 *
 *   delivered --journaled--> waiting --slot and containers free--> running --> finished
 *   waiting   --cancel, deadline--> finished
 *   running   --engine gone half-way--> waiting for the engine --> recovering --> finished
 *   waiting, running, recovering --process ends--> (next start) waiting or recovering
 */
export class Worker {
  readonly #journal: Journal;
  readonly #handlers: Handlers;
  readonly #policy: Policy;
  readonly #log: Logger;
  readonly #send: WorkerOptions["send"];
  readonly #now: () => number;
  readonly #parts: ExecutionParts;
  readonly #redeliveryMs: number;
  readonly #queue: CommandQueue;
  /** commands that are waiting or running in this process */
  readonly #live = new Map<string, Live>();
  /** half done when the agent started, and waiting for their credentials */
  readonly #awaited = new Map<string, NodeJS.Timeout>();
  /** deliveries are taken one after the other, in their order */
  #intake: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(options: WorkerOptions) {
    this.#journal = options.journal;
    this.#handlers = options.handlers;
    this.#policy = options.policy;
    this.#log = options.log;
    this.#send = options.send;
    this.#now = options.now ?? Date.now;
    const { journal, policy, log, engine, send } = options;
    const { engineGraceMs = 30_000 } = options;
    this.#parts = { journal, policy, log, engine, send, now: this.#now, engineGraceMs };
    this.#redeliveryMs = options.redeliveryMs ?? 60_000;
    this.#queue = new CommandQueue(options.limits);
  }

  /** Kinds of commands that this agent can carry out. */
  get kinds(): CommandKind[] {
    return ["cancel", ...(Object.keys(this.#handlers) as CommandKind[])];
  }

  /**
   * Takes up what the last process left behind. Resolves when everything half done is finished
   * or undone, which may take as long as the engine is away.
   */
  async recover(): Promise<void> {
    const taken = this.#takeUp();
    // Nothing new gets in line before what is half done.
    this.#intake = taken.then(
      () => {},
      () => {},
    );
    await Promise.all(await taken);
  }

  /** One promise for each half-done command. */
  async #takeUp(): Promise<Promise<void>[]> {
    const recoveries: Promise<void>[] = [];
    for (const { commandId, credentialsRemoved } of this.#journal.unfinished()) {
      const entry = await this.#journal.entry(commandId);
      if (entry === null) continue;
      const { body } = entry;
      if (body.kind === "cancel") {
        await this.#finish(entry, this.#now(), {
          ok: true,
          body: { kind: "cancel", cancelled: false },
        });
        continue;
      }
      const handler = this.#handler(body);
      if (handler === null) {
        await this.#fail(entry, refused(unsupported(body.kind)));
        continue;
      }
      const halfDone = entry.phases.length > 0;
      // The policy may be another one since. What is half done is brought to an end all the same.
      const forbidden = halfDone ? null : refusal(this.#policy, body);
      if (forbidden !== null) {
        await this.#fail(entry, refused(forbidden));
        continue;
      }
      if (!halfDone && this.#isCalledOff(entry)) {
        await this.#fail(entry, calledOff);
        continue;
      }
      if (credentialsRemoved && !(halfDone && handler.recover)) {
        this.#awaitRedelivery(entry);
        continue;
      }
      this.#log.info(halfDone ? "Recovering a half-done command" : "Taking up a waiting command", {
        command: commandId,
        kind: body.kind,
      });
      const done = this.#enqueue(entry, body, halfDone);
      if (halfDone) recoveries.push(done);
    }
    return recoveries;
  }

  /** Takes a delivered command. Resolves when it is journaled and acknowledged, not when it is done. */
  submit(command: Command): Promise<void> {
    const taken = this.#intake.then(() => this.#take(command));
    this.#intake = taken.catch((error) => {
      this.#log.error("A command could not be taken", { command: command.id, error });
    });
    return this.#intake;
  }

  /**
   * Ends: nothing new starts, what runs is told and given `graceMs` to reach a safe point.
   * Whatever remains is recovered by the next start.
   */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true;
    for (const timer of this.#awaited.values()) clearTimeout(timer);
    for (const live of this.#live.values()) {
      clearTimeout(live.timer);
      live.execution.end();
    }
    let timer: NodeJS.Timeout | undefined;
    const grace = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, graceMs);
    });
    await Promise.race([this.#queue.close(), grace]);
    clearTimeout(timer);
    const left = [...this.#live.values()].filter((live) => live.running).length;
    if (left > 0) this.#log.warn("Commands were left half done and will be recovered", { left });
  }

  async #take(command: Command): Promise<void> {
    if (this.#stopping) return;
    const { id, body } = command;
    if (this.#journal.has(id)) return this.#takeAgain(command);
    try {
      await this.#journal.accept(command, this.#now());
    } catch (error) {
      this.#refuseUnjournaled(command, error);
      return;
    }
    this.#send({ kind: "accepted", commandId: id });
    const entry: JournalEntry = {
      commandId: id,
      body,
      deadlineAt: command.deadlineAt,
      acceptedAt: this.#now(),
      phases: [],
    };
    const forbidden = refusal(this.#policy, body);
    if (forbidden !== null) return this.#fail(entry, refused(forbidden));
    if (this.#isCalledOff(entry)) return this.#fail(entry, calledOff);
    if (body.kind === "cancel") {
      const cancelled = await this.#cancel(body.commandId);
      return this.#finish(entry, this.#now(), { ok: true, body: { kind: "cancel", cancelled } });
    }
    if (this.#handler(body) === null) return this.#fail(entry, refused(unsupported(body.kind)));
    // What is to be undone anyway need not be finished first.
    if (body.kind === "rollback") await this.#cancel(body.runCommandId);
    void this.#enqueue(entry, body, false);
  }

  async #takeAgain(command: Command): Promise<void> {
    this.#send({ kind: "accepted", commandId: command.id });
    const result = await this.#journal.result(command.id);
    if (result !== null) {
      this.#send({ kind: "result", result });
      return;
    }
    const entry = this.#stopAwaiting(command.id) ? await this.#journal.entry(command.id) : null;
    if (entry === null || command.body.kind === "cancel") return;
    void this.#enqueue({ ...entry, body: command.body }, command.body, false);
  }

  /** Without a journal nothing is begun: a crash would forget it. */
  #refuseUnjournaled(command: Command, error: unknown): void {
    this.#log.error("The journal cannot be written", { command: command.id, error });
    const code = (error as NodeJS.ErrnoException).code;
    const at = this.#now();
    const failure: Failure = {
      code: code === "ENOSPC" ? "disk_full" : "internal",
      message: `The agent cannot write its journal (${code ?? "see its log"}), so it did not begin: make room or repair its state directory.`,
      logLines: [],
      exitCode: null,
    };
    this.#send({
      kind: "result",
      result: {
        commandId: command.id,
        startedAt: at,
        finishedAt: at,
        outcome: { ok: false, failure },
      },
    });
  }

  /** A cancel, or the rollback of a run, that came first: the order was never to be carried out. */
  #isCalledOff(entry: JournalEntry): boolean {
    const by = this.#journal.undoneBy(entry.commandId);
    return by !== null && (by.kind === "cancel" || entry.body.kind === "run");
  }

  /** True if the command will not have its effect, or was told to undo it. */
  async #cancel(commandId: string): Promise<boolean> {
    const waiting = this.#stopAwaiting(commandId) ? await this.#journal.entry(commandId) : null;
    if (waiting !== null) {
      await this.#fail(waiting, calledOff);
      return true;
    }
    const live = this.#live.get(commandId);
    if (live !== undefined) {
      const begun = live.execution.recoversFromStart;
      if (!begun && this.#queue.remove(commandId)) await this.#endWaiting(live, calledOff);
      else live.execution.abort("cancelled");
      return true;
    }
    // Never seen: the journal now holds this cancel, which calls the command off should it come.
    return !this.#journal.has(commandId);
  }

  #awaitRedelivery(entry: JournalEntry): void {
    const { body } = entry;
    if (body.kind === "cancel") return;
    const timer = setTimeout(() => {
      this.#awaited.delete(entry.commandId);
      // The image may be there already, or need no credentials after all.
      void this.#enqueue(entry, body, false);
    }, this.#redeliveryMs);
    this.#awaited.set(entry.commandId, timer);
  }

  /** Whether its redelivery was awaited; it will not begin by itself any more. */
  #stopAwaiting(commandId: string): boolean {
    clearTimeout(this.#awaited.get(commandId));
    return this.#awaited.delete(commandId);
  }

  /** Resolves when the command is finished, or left to the next start. */
  #enqueue(entry: JournalEntry, body: WorkBody, recovering: boolean): Promise<void> {
    const handler = this.#handler(body);
    if (handler === null) throw new Error(`No handler for ${body.kind}`);
    const execution = new Execution(this.#parts, handler, entry, body, recovering);
    return new Promise((resolve) => {
      const live: Live = { execution, timer: undefined, running: false, settled: resolve };
      this.#live.set(entry.commandId, live);
      execution.whenRecovering(() => clearTimeout(live.timer));
      if (!recovering) this.#armDeadline(live);
      this.#queue.add({
        id: entry.commandId,
        lane: lanes[body.kind],
        locks: execution.locks,
        run: (held) => this.#run(live, held),
      });
    });
  }

  #armDeadline(live: Live): void {
    const { deadlineAt, commandId } = live.execution.entry;
    if (deadlineAt === null) return;
    const left = Math.max(deadlineAt - this.#now(), 0);
    if (left > longestTimerMs) return;
    live.timer = setTimeout(() => {
      if (this.#queue.remove(commandId)) void this.#endWaiting(live, expired);
      else live.execution.abort("deadline");
    }, left);
  }

  async #endWaiting(live: Live, failure: Failure): Promise<void> {
    this.#forgetLive(live);
    await this.#fail(live.execution.entry, failure);
    live.settled();
  }

  #forgetLive(live: Live): void {
    clearTimeout(live.timer);
    this.#live.delete(live.execution.entry.commandId);
  }

  async #run(live: Live, held: Held): Promise<void> {
    live.running = true;
    const { execution } = live;
    const { deadlineAt } = execution.entry;
    const startedAt = this.#now();
    // What cannot be half done is not done late, whether or not it had begun.
    const canRecover = this.#handler(execution.body)?.recover !== undefined;
    const mayExpire = !execution.recoversFromStart || !canRecover;
    if (mayExpire && deadlineAt !== null && deadlineAt <= startedAt) {
      await this.#fail(execution.entry, expired);
    } else {
      const outcome = await execution.outcome(held);
      if (outcome !== null) await this.#finish(execution.entry, startedAt, outcome);
    }
    this.#forgetLive(live);
    live.settled();
  }

  /** Handlers are kept by kind, so the body's kind is the handler's. */
  #handler(body: WorkBody): CommandHandler | null {
    return (this.#handlers[body.kind] as CommandHandler | undefined) ?? null;
  }

  #fail(entry: JournalEntry, failure: Failure): Promise<void> {
    return this.#finish(entry, this.#now(), { ok: false, failure });
  }

  async #finish(
    entry: JournalEntry,
    startedAt: number,
    outcome: CommandResult["outcome"],
  ): Promise<void> {
    const { commandId, body } = entry;
    const result: CommandResult = { commandId, startedAt, finishedAt: this.#now(), outcome };
    if (outcome.ok) {
      this.#log.info("Command done", { command: commandId, kind: body.kind });
    } else {
      const { code, message } = outcome.failure;
      this.#log.warn("Command failed", {
        command: commandId,
        kind: body.kind,
        code,
        reason: message,
      });
    }
    try {
      await this.#journal.finish(result);
    } catch (error) {
      // The control plane has the answer below all the same; after a crash it is found anew.
      this.#log.error("A command's result could not be kept", { command: commandId, error });
    }
    this.#send({ kind: "result", result });
  }
}

interface Live {
  execution: Execution;
  timer: NodeJS.Timeout | undefined;
  running: boolean;
  settled: () => void;
}

const lanes: Record<WorkBody["kind"], Lane> = {
  pull: "pull",
  probe: "watch",
  prune_estimate: "watch",
  logs: "watch",
  run: "change",
  rollback: "change",
  commit: "change",
  prune: "change",
  lifecycle: "change",
};

function unsupported(kind: CommandKind): string {
  return `The agent on this server cannot carry out "${kind}" commands: update the agent.`;
}
