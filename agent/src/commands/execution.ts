import type { AgentMessage, CommandBody, CommandResult, ResultBody } from "@bridgeport/proto";
import {
  CommandAborted,
  type CommandContext,
  type CommandHandler,
  type JournalEntry,
  type Permission,
} from "../command.ts";
import type { Logger } from "../log.ts";
import { hostPolicyOf, type Policy } from "../policy/policy.ts";
import { failureOf } from "./failures.ts";
import type { Journal } from "./journal.ts";
import { type Held, holdAll } from "./queue.ts";
import type { Renewals } from "./renewals.ts";

/** Commands that handlers carry out: all but `cancel`, which the worker handles itself. */
export type WorkBody = Exclude<CommandBody, { kind: "cancel" }>;

/** The parts of the agent that carrying out a command uses. */
export interface ExecutionParts {
  journal: Journal;
  policy: Policy;
  log: Logger;
  /** whether the engine can be reached, and when it can be again */
  engine: { readonly available: boolean; whenAvailable(): Promise<void> };
  send(message: AgentMessage): void;
  renewals: Renewals;
  now(): number;
  /** how long a command waits for an engine that cannot be reached, before it fails */
  engineGraceMs: number;
}

/** A command to be carried out. */
export interface Work {
  entry: JournalEntry;
  body: WorkBody;
  /** null: it need not wait for other commands */
  permission: Permission | null;
  /** it was half done when the agent started */
  recovering: boolean;
}

/**
 * One command being carried out: executed, or recovered from its phases after a crash of the agent or
 * after the engine stopped answering half-way.
 */
export class Execution {
  readonly body: WorkBody;
  /** the command was half done when the agent started */
  readonly recoversFromStart: boolean;
  readonly #parts: ExecutionParts;
  readonly #handler: CommandHandler;
  readonly #permission: Permission | null;
  readonly #abort = new AbortController();
  #entry: JournalEntry;
  #recovering: boolean;
  #onRecovering: () => void = () => {};
  #end: () => void = () => {};
  readonly #ended: Promise<"ended">;

  constructor(
    parts: ExecutionParts,
    handler: CommandHandler,
    { entry, body, permission, recovering }: Work,
  ) {
    this.#parts = parts;
    this.#handler = handler;
    this.#permission = permission;
    this.#entry = entry;
    this.body = body;
    this.recoversFromStart = recovering;
    this.#recovering = recovering;
    this.#ended = new Promise((resolve) => {
      this.#end = () => resolve("ended");
    });
  }

  get entry(): JournalEntry {
    return this.#entry;
  }

  get locks(): readonly string[] {
    return this.#handler.locks(this.body, this.#entry.phases);
  }

  /** Tells the handler to stop. Only the first call has an effect. */
  abort(why: "cancelled" | "deadline"): void {
    this.#abort.abort(new CommandAborted(why));
  }

  /** Tells the handler that the process ends, and stops waiting for the engine. */
  end(): void {
    this.#abort.abort(new CommandAborted("shutdown"));
    this.#end();
  }

  /** Sets what is called when a running command has to be recovered, which its deadline must not stop. */
  whenRecovering(action: () => void): void {
    this.#onRecovering = action;
  }

  /** Carries it out. null: the process ends, and the next one continues from the journal. */
  async outcome(held: Held): Promise<CommandResult["outcome"] | null> {
    const { journal, log, engineGraceMs } = this.#parts;
    // A rollback waits for the engine until its own deadline.
    const retryUntil = this.body.kind === "rollback" ? Infinity : Date.now() + engineGraceMs;
    for (;;) {
      if (!(await this.#untilEngine())) return null;
      let error: unknown;
      try {
        return { ok: true, body: await this.#perform(held) };
      } catch (thrown) {
        error = thrown;
      }
      const { commandId } = this.#entry;
      const failure = failureOf(error, this.#aborted);
      if (failure.code === "internal") {
        log.error("A command ended in an unexpected error", { commandId, error });
      }
      const ending = this.#aborted?.why === "shutdown";
      if (ending && failure.code === "cancelled") return null;
      // Half done, and without the engine it can be neither finished nor undone: the result comes later.
      const entry = await journal.entry(commandId).catch(() => null);
      if (failure.code !== "engine_unavailable" || !entry) return { ok: false, failure };
      if (entry.phases.length === 0) {
        if (this.body.kind === "logs" || this.#aborted !== null || Date.now() >= retryUntil) {
          return { ok: false, failure };
        }
        await Promise.race([wait(1000).over, this.#whenAborted()]);
        continue;
      }
      log.warn("The engine stopped answering; the command continues when it answers again", {
        commandId,
      });
      this.#entry = entry;
      this.#recovering = true;
      this.#onRecovering();
      // The watch may not have noticed yet; without this wait the loop would be busy.
      if (this.#parts.engine.available) await wait(1000).over;
    }
  }

  /**
   * A half-done command waits for the engine without a limit. One that has not begun waits as long as
   * a restart of the engine may take; then it runs, and fails with a message of its own. False: the
   * process ends.
   */
  async #untilEngine(): Promise<boolean> {
    const { engine, engineGraceMs } = this.#parts;
    if (engine.available) return true;
    const back = engine.whenAvailable();
    if (this.#recovering) return (await Promise.race([back, this.#ended])) !== "ended";
    // A person is waiting for the log lines: an error at once is better than a wait.
    const grace = wait(this.body.kind === "logs" ? 0 : engineGraceMs);
    await Promise.race([back, grace.over, this.#whenAborted()]);
    grace.cancel();
    return true;
  }

  #whenAborted(): Promise<void> {
    const { signal } = this.#abort;
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
  }

  get #aborted(): CommandAborted | null {
    const { reason } = this.#abort.signal;
    return reason instanceof CommandAborted ? reason : null;
  }

  async #perform(held: Held): Promise<ResultBody> {
    if (!this.#recovering) this.#abort.signal.throwIfAborted();
    const context = this.#context(held);
    if (!this.#handler.preparesAhead) await context.permission?.wait(this.#abort.signal);
    return this.#recovering && this.#entry.phases.length > 0 && this.#handler.recover
      ? this.#handler.recover(this.body, context)
      : this.#handler.execute(this.body, context);
  }

  #context(held: Held): CommandContext {
    const { journal, policy, send, renewals, now } = this.#parts;
    const { commandId, deadlineAt, phases } = this.#entry;
    // A half-done command cannot be cancelled: it has to be finished or undone.
    const signal = phases.length > 0 ? undefined : this.#abort.signal;
    let last = phases.at(-1)?.name ?? "";
    const report = (message: string) =>
      send({ kind: "progress", commandId, phase: last, message, at: now() });
    return {
      commandId,
      deadlineAt: this.#recovering ? null : deadlineAt,
      signal: this.#abort.signal,
      phases,
      phase: async (name, data = {}) => {
        await journal.phase(commandId, { name, data, at: now() });
        last = name;
        report("");
      },
      progress: report,
      renewCredentials: () => renewals.ask(commandId, this.#abort.signal),
      journalOf: (id) => journal.entry(id),
      holding: (look, namesOf) => holdAll(held, look, namesOf, signal),
      permission: permissionIn(held, this.#permission),
      hostPolicy: hostPolicyOf(policy),
    };
  }
}

/** Waits without a slot. */
function permissionIn(held: Held, permission: Permission | null): Permission | null {
  if (permission === null) return null;
  return {
    get given() {
      return permission.given;
    },
    wait: (signal) => held.withoutSlot(permission.wait(signal)),
  };
}

function wait(ms: number): { over: Promise<void>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { over, cancel: () => clearTimeout(timer) };
}
