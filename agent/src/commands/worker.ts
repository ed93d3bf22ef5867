import type {
  AgentMessage,
  Command,
  CommandKind,
  CommandResult,
  Credentials,
  Failure,
} from "@bridgeport/proto";
import type { CommandHandler, JournalEntry } from "../command.ts";
import { carryingOut, currentPhases } from "../current-command.ts";
import type { Logger } from "../log.ts";
import { type Policy, refusal } from "../policy/policy.ts";
import { Execution, type ExecutionParts, type WorkBody } from "./execution.ts";
import { cancelledBeforeStart, expiredBeforeStart, refused } from "./failures.ts";
import type { Journal } from "./journal.ts";
import type { Lane, LaneLimits } from "./lanes.ts";
import { Permissions } from "./permission.ts";
import { CommandQueue, type Held } from "./queue.ts";
import { Renewals } from "./renewals.ts";

/** A handler for each kind but `cancel`, which the worker handles itself. */
export type Handlers = {
  [K in Exclude<CommandKind, "cancel">]?: CommandHandler<K>;
};

export interface WorkerOptions {
  journal: Journal;
  handlers: Handlers;
  policy: Policy;
  log: Logger;
  /** whether the engine can be reached, and when it can be again */
  engine: { readonly available: boolean; whenAvailable(): Promise<void> };
  /** sends accepted, progress and result messages. A lost message does no harm, as results are kept */
  send(message: AgentMessage): void;
  now?: () => number;
  /** how many commands run in parallel */
  limits(): LaneLimits;
  /** how long a half-done command that needs credentials waits to be delivered again */
  redeliveryMs?: number;
  /** how long a command waits for an engine that cannot be reached, as during its restart */
  engineGraceMs?: number;
}

/** Longer timers overflow and fire at once. */
const maxTimerMs = 2 ** 31 - 1;

/**
 * Carries out commands: each only once, even if it is delivered several times, and those for one
 * container one after the other.
 *
 *   delivered --journaled--> waiting --slot and containers free--> running --> finished
 *   running   --comes after others--> waiting for their success, with its containers --> running
 *   waiting   --cancel, deadline--> finished
 *   running   --engine unreachable half-way--> waiting for the engine --> recovering --> finished
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
  readonly #permissions: Permissions;
  readonly #renewals: Renewals;
  /** commands that are waiting or running in this process */
  readonly #live = new Map<string, Live>();
  /** commands from before the agent's start that wait to be delivered again with their credentials */
  readonly #awaited = new Map<string, NodeJS.Timeout>();
  /** deliveries are handled one after the other, in their order */
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
    this.#renewals = new Renewals(send);
    const [renewals, now] = [this.#renewals, this.#now];
    this.#parts = { journal, policy, log, engine, send, renewals, now, engineGraceMs };
    this.#redeliveryMs = options.redeliveryMs ?? 60_000;
    this.#queue = new CommandQueue(options.limits);
    this.#permissions = new Permissions(journal);
  }

  /** Whether commands are waiting or running. */
  get busy(): boolean {
    return this.#live.size > 0;
  }

  /** Kinds of commands that this agent can carry out. */
  get kinds(): CommandKind[] {
    return ["cancel", ...(Object.keys(this.#handlers) as CommandKind[])];
  }

  /**
   * Continues with the commands that the last process left unfinished. Resolves when all half-done ones
   * are finished or undone (but not those that go on for long), which waits until the engine can be reached.
   */
  async recover(): Promise<void> {
    const resumed = this.#resumeUnfinished();
    // No new command is queued before the half-done ones.
    this.#intake = resumed.then(
      () => {},
      () => {},
    );
    await Promise.all(await resumed);
  }

  /** One promise for each half-done command. */
  async #resumeUnfinished(): Promise<Promise<void>[]> {
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
      // The policy may have changed since. A half-done command is finished or undone all the same.
      const forbidden = halfDone ? null : refusal(this.#policy, body);
      if (forbidden !== null) {
        await this.#fail(entry, refused(forbidden));
        continue;
      }
      if (!halfDone && this.#isCancelled(entry)) {
        await this.#fail(entry, cancelledBeforeStart);
        continue;
      }
      if (credentialsRemoved && !(halfDone && handler.recover)) {
        this.#awaitRedelivery(entry);
        continue;
      }
      this.#log.info(halfDone ? "Recovering a half-done command" : "Resuming a waiting command", {
        ...ids(entry),
        kind: body.kind,
      });
      const done = this.#enqueue(entry, body, halfDone);
      if (halfDone && handler.goesOn && this.#isCancelled(entry)) {
        this.#live.get(entry.commandId)?.execution.abort("cancelled");
      }
      // What it waits for may still have to be delivered.
      const waits = this.#permissions.of(commandId, entry.after ?? [])?.given === false;
      if (halfDone && !waits && !handler.goesOn) recoveries.push(done);
    }
    return recoveries;
  }

  /** Accepts a delivered command. Resolves when it is journaled and acknowledged, not when it is done. */
  submit(command: Command): Promise<void> {
    const { id: commandId, planId } = command;
    const about = { commandId, planId };
    const accepted = this.#intake.then(() => carryingOut(about, () => this.#accept(command)));
    this.#intake = accepted.catch((error) => {
      this.#log.error("A command could not be accepted", { commandId, error });
    });
    return this.#intake;
  }

  /**
   * Ends: no command starts, and running ones are told to stop and have `graceMs` to reach a safe point.
   * Commands that are left half done are recovered at the next start.
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

  /** Takes the answer to a request for credentials. */
  renewed(commandId: string, credentials: Credentials | null): void {
    this.#renewals.answer(commandId, credentials);
  }

  async #accept(command: Command): Promise<void> {
    if (this.#stopping) return;
    const { id, body } = command;
    if (this.#journal.has(id)) return this.#acceptAgain(command);
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
      after: command.after ?? [],
      ...(command.planId ? { planId: command.planId } : {}),
      phases: [],
    };
    const forbidden = refusal(this.#policy, body);
    if (forbidden !== null) return this.#fail(entry, refused(forbidden));
    if (this.#isCancelled(entry)) return this.#fail(entry, cancelledBeforeStart);
    if (body.kind === "cancel") {
      const cancelled = await this.#cancel(body.commandId);
      return this.#finish(entry, this.#now(), { ok: true, body: { kind: "cancel", cancelled } });
    }
    if (this.#handler(body) === null) return this.#fail(entry, refused(unsupported(body.kind)));
    // A run that is to be undone need not be finished first.
    if (body.kind === "rollback") await this.#cancel(body.runCommandId);
    void this.#enqueue(entry, body, false);
  }

  async #acceptAgain(command: Command): Promise<void> {
    this.#send({ kind: "accepted", commandId: command.id });
    const result = await this.#journal.result(command.id);
    if (result !== null) {
      this.#send({ kind: "result", result });
      return;
    }
    // It waited for others before, and the control plane has heard meanwhile that they have succeeded.
    if (!command.after?.length) this.#permissions.give(command.id);
    // The stream on which it had asked for credentials is over; these are as new.
    const { body } = command;
    if ("credentials" in body && body.credentials) this.renewed(command.id, body.credentials);
    const entry = this.#stopAwaiting(command.id) ? await this.#journal.entry(command.id) : null;
    if (entry === null || command.body.kind === "cancel") return;
    void this.#enqueue({ ...entry, body: command.body }, command.body, false);
  }

  /** A command that cannot be journaled is not started: after a crash there would be no trace of it. */
  #refuseUnjournaled(command: Command, error: unknown): void {
    this.#log.error("The journal cannot be written", { error });
    const code = (error as NodeJS.ErrnoException).code;
    const at = this.#now();
    const failure: Failure = {
      code: code === "ENOSPC" ? "disk_full" : "internal",
      message: `The agent cannot write its journal (${code ?? "see its log"}), so it did not start this command: make room or repair its state directory.`,
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

  /** Whether its cancel, or the rollback of a run, was delivered before the command itself. */
  #isCancelled(entry: JournalEntry): boolean {
    const by = this.#journal.undoneBy(entry.commandId);
    return by !== null && (by.kind === "cancel" || entry.body.kind === "run");
  }

  /** True if the command will not be started, or was told to undo what it has done. */
  async #cancel(commandId: string): Promise<boolean> {
    const waiting = this.#stopAwaiting(commandId) ? await this.#journal.entry(commandId) : null;
    if (waiting !== null) {
      await this.#fail(waiting, cancelledBeforeStart);
      return true;
    }
    const live = this.#live.get(commandId);
    if (live !== undefined) {
      const begun = live.execution.recoversFromStart;
      if (!begun && this.#queue.remove(commandId))
        await this.#endWaiting(live, cancelledBeforeStart);
      else live.execution.abort("cancelled");
      return true;
    }
    // Not delivered yet: the journal now has this cancel, so the command is refused if it is delivered later.
    return !this.#journal.has(commandId);
  }

  #awaitRedelivery(entry: JournalEntry): void {
    const { body } = entry;
    if (body.kind === "cancel") return;
    const timer = setTimeout(() => {
      this.#awaited.delete(entry.commandId);
      // The image may be on the server already, or need no credentials.
      void this.#enqueue(entry, body, false);
    }, this.#redeliveryMs);
    this.#awaited.set(entry.commandId, timer);
  }

  /** True if its redelivery was awaited. It no longer starts without one. */
  #stopAwaiting(commandId: string): boolean {
    clearTimeout(this.#awaited.get(commandId));
    return this.#awaited.delete(commandId);
  }

  /** Resolves when the command is finished, or left to be recovered at the next start of the agent. */
  #enqueue(entry: JournalEntry, body: WorkBody, recovering: boolean): Promise<void> {
    const handler = this.#handler(body);
    if (handler === null) throw new Error(`No handler for ${body.kind}`);
    const permission = this.#permissions.of(entry.commandId, entry.after ?? []);
    const work = { entry, body: ownBody(body), permission, recovering };
    const execution = new Execution(this.#parts, handler, work);
    return new Promise((resolve) => {
      const live: Live = { execution, timer: undefined, running: false, settled: resolve };
      this.#live.set(entry.commandId, live);
      this.#keepPulled();
      execution.whenRecovering(() => clearTimeout(live.timer));
      if (!recovering) this.#startDeadlineTimer(live);
      this.#queue.add({
        id: entry.commandId,
        lane: lanes[body.kind],
        alone: body.kind === "prune",
        locks: execution.locks,
        run: (held) => carryingOut(entry, () => this.#run(live, held)),
      });
    });
  }

  /**
   * A prune that waits for a pull begins as soon as that has ended, and no container uses the image yet. What it
   * was told to keep is older than the plan that the pull is for, so it keeps what is pulled meanwhile, too.
   */
  #keepPulled(): void {
    const bodies = [...this.#live.values()].map(({ execution }) => execution.body);
    for (const prune of bodies) {
      if (prune.kind !== "prune") continue;
      for (const pull of bodies) {
        if (pull.kind !== "pull" || prune.protect.includes(pull.reference)) continue;
        prune.protect.push(pull.reference);
      }
    }
  }

  #startDeadlineTimer(live: Live): void {
    const { deadlineAt, commandId } = live.execution.entry;
    if (deadlineAt === null) return;
    const left = Math.max(deadlineAt - this.#now(), 0);
    if (left > maxTimerMs) return;
    live.timer = setTimeout(() => {
      if (this.#queue.remove(commandId)) void this.#endWaiting(live, expiredBeforeStart);
      else live.execution.abort("deadline");
    }, left);
  }

  async #endWaiting(live: Live, failure: Failure): Promise<void> {
    this.#removeLive(live);
    await this.#fail(live.execution.entry, failure);
    live.settled();
  }

  #removeLive(live: Live): void {
    clearTimeout(live.timer);
    this.#live.delete(live.execution.entry.commandId);
  }

  async #run(live: Live, held: Held): Promise<void> {
    live.running = true;
    const { execution } = live;
    const { deadlineAt } = execution.entry;
    const startedAt = this.#now();
    // A command without recovery is simply executed again, so its deadline counts even if it had begun.
    const canRecover = this.#handler(execution.body)?.recover !== undefined;
    const mayExpire = !execution.recoversFromStart || !canRecover;
    if (mayExpire && deadlineAt !== null && deadlineAt <= startedAt) {
      await this.#fail(execution.entry, expiredBeforeStart);
    } else {
      const outcome = await execution.outcome(held);
      if (outcome !== null) await this.#finish(execution.entry, startedAt, outcome);
    }
    this.#removeLive(live);
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
    const phases = currentPhases();
    const result: CommandResult = {
      ...{ commandId, startedAt, finishedAt: this.#now(), outcome },
      ...(phases.length > 0 && { phases }),
    };
    const told = { ...ids(entry), kind: body.kind };
    if (outcome.ok) {
      this.#log.info("Command done", told);
    } else {
      const { code, message } = outcome.failure;
      this.#log.warn("Command failed", { ...told, code, reason: message });
    }
    try {
      const written = this.#journal.finish(result);
      this.#permissions.ended(commandId);
      await written;
    } catch (error) {
      // The result is sent all the same. After a crash the command would be recovered once more.
      this.#log.error("A command's result could not be kept", { ...ids(entry), error });
    }
    this.#send({ kind: "result", result });
  }
}

/** One that can be added to, apart from the journal's. */
function ownBody(body: WorkBody): WorkBody {
  return body.kind === "prune" ? { ...body, protect: [...body.protect] } : body;
}

/** As the log has them. */
function ids({ commandId, planId }: JournalEntry): { commandId: string; planId?: string } {
  return planId === undefined ? { commandId } : { commandId, planId };
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
  // It mostly waits, and for long: it must not take a place among the changes.
  job: "watch",
  prune_estimate: "watch",
  logs: "watch",
  run: "change",
  rollback: "change",
  commit: "change",
  // The engine takes what is half pulled for unused.
  prune: "pull",
  lifecycle: "change",
};

function unsupported(kind: CommandKind): string {
  return `The agent on this server cannot carry out "${kind}" commands: update the agent.`;
}
