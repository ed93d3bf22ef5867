import type { AgentMessage, CommandBody, CommandResult, ResultBody } from "@bridgeport/proto";
import {
  CommandAborted,
  type CommandContext,
  type CommandHandler,
  type JournalEntry,
} from "../command.ts";
import type { Logger } from "../log.ts";
import { failureOf } from "./failures.ts";
import type { Journal } from "./journal.ts";
import { isProtected, type Policy } from "./policy.ts";
import { type Held, holdAll } from "./queue.ts";

/** What a handler carries out; a cancel is the worker's own business. */
export type WorkBody = Exclude<CommandBody, { kind: "cancel" }>;

/** What carrying out a command needs of the agent. */
export interface ExecutionParts {
  journal: Journal;
  policy: Policy;
  log: Logger;
  /** whether the engine is there, and when it comes back */
  engine: { readonly available: boolean; whenAvailable(): Promise<void> };
  send(message: AgentMessage): void;
  now(): number;
  /** how long a command waits for an engine that is away before it fails for want of it */
  engineGraceMs: number;
}

/**
 * One command being carried out: executed, or recovered from its phases after a crash or after
 * the engine went away half-way.
 */
export class Execution {
  readonly body: WorkBody;
  /** the command was half done when the agent started */
  readonly recoversFromStart: boolean;
  readonly #parts: ExecutionParts;
  readonly #handler: CommandHandler;
  readonly #abort = new AbortController();
  #entry: JournalEntry;
  #recovering: boolean;
  #onRecovering: () => void = () => {};
  #end: () => void = () => {};
  readonly #ended: Promise<"ended">;

  constructor(
    parts: ExecutionParts,
    handler: CommandHandler,
    entry: JournalEntry,
    body: WorkBody,
    recovering: boolean,
  ) {
    this.#parts = parts;
    this.#handler = handler;
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

  /** Tells the handler to stop. The first reason counts. */
  abort(why: "cancelled" | "deadline"): void {
    this.#abort.abort(new CommandAborted(why));
  }

  /** Tells the handler that the process ends, and waits for no engine any more. */
  end(): void {
    this.#abort.abort(new CommandAborted("shutdown"));
    this.#end();
  }

  /** Called when a command that ran cannot simply fail any more, so that its deadline is void. */
  whenRecovering(action: () => void): void {
    this.#onRecovering = action;
  }

  /** Carries it out. null: the process ends, and the next one goes on from the journal. */
  async outcome(held: Held): Promise<CommandResult["outcome"] | null> {
    const { journal, log, engineGraceMs } = this.#parts;
    // What goes back waits for the engine as long as its deadline lets it.
    const waitsUntil = this.body.kind === "rollback" ? Infinity : Date.now() + engineGraceMs;
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
        log.error("A command ended in an unexpected error", { command: commandId, error });
      }
      const ending = this.#aborted?.why === "shutdown";
      if (ending && failure.code === "cancelled") return null;
      // Half done and unable to go on or back: the only answer that is true comes later.
      const entry = await journal.entry(commandId).catch(() => null);
      if (failure.code !== "engine_unavailable" || !entry) return { ok: false, failure };
      if (entry.phases.length === 0) {
        if (this.body.kind === "logs" || this.#aborted !== null || Date.now() >= waitsUntil) {
          return { ok: false, failure };
        }
        await Promise.race([wait(1000).over, this.#whenAborted()]);
        continue;
      }
      log.warn("The engine went away half-way; the command goes on when it is back", {
        command: commandId,
      });
      this.#entry = entry;
      this.#recovering = true;
      this.#onRecovering();
      // The watch may not have noticed yet, and this must not be a busy loop.
      if (this.#parts.engine.available) await wait(1000).over;
    }
  }

  /**
   * What is half done waits for the engine as long as it takes. What has not begun survives the
   * engine's restart, and otherwise goes on to fail with its own sentence. False: the process ends.
   */
  async #untilEngine(): Promise<boolean> {
    const { engine, engineGraceMs } = this.#parts;
    if (engine.available) return true;
    const back = engine.whenAvailable();
    if (this.#recovering) return (await Promise.race([back, this.#ended])) !== "ended";
    // Somebody is waiting for these lines.
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
    return this.#recovering && this.#entry.phases.length > 0 && this.#handler.recover
      ? this.#handler.recover(this.body, context)
      : this.#handler.execute(this.body, context);
  }

  #context(held: Held): CommandContext {
    const { journal, policy, send, now } = this.#parts;
    const { commandId, deadlineAt, phases } = this.#entry;
    // What is half done cannot be cancelled: it has to be brought to an end.
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
      journalOf: (id) => journal.entry(id),
      holding: (look, namesOf) => holdAll(held, look, namesOf, signal),
      isProtected: (containerName) => isProtected(policy, containerName),
    };
  }
}

function wait(ms: number): { over: Promise<void>; cancel(): void } {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  return { over, cancel: () => clearTimeout(timer) };
}
