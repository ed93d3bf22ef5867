import type {
  CommandBody,
  CommandKind,
  Failure,
  FailureCode,
  Observation,
  ResultBody,
} from "@bridgeport/proto";

/** A command that is delivered again within this time after its answer arrived gets that answer. */
export const keptAfterAckMs = 7 * 24 * 60 * 60 * 1000;

/** What the journal holds of one command. Credentials are never part of it. */
export interface JournalEntry {
  commandId: string;
  body: CommandBody;
  deadlineAt: number | null;
  acceptedAt: number;
  /** in the order they happened; each was on disk before the change that it announces */
  phases: JournalPhase[];
}

export interface JournalPhase {
  name: string;
  /** what undoing or finishing needs to know: ids, names, states */
  data: Record<string, unknown>;
  at: number;
}

/** What a command may use while it runs. */
export interface CommandContext {
  readonly commandId: string;
  readonly deadlineAt: number | null;
  /** aborted by a cancel command, the deadline, or the end of the process */
  readonly signal: AbortSignal;
  /** what was recorded before: empty on a first run, the crash's remains on recovery */
  readonly phases: readonly JournalPhase[];
  /** Writes a phase to the journal (on disk when it resolves) and reports it upward. */
  phase(name: string, data?: Record<string, unknown>): Promise<void>;
  /** Reports progress upward only. */
  progress(message: string): void;
  /** Another command's entry, such as the run that a rollback undoes; null if this agent never had it. */
  journalOf(commandId: string): Promise<JournalEntry | null>;
  /**
   * Looks at what the command is going to change until it holds every container that the look names
   * (`namesOf`), and returns that look. Held containers stay the command's until it ends. It begins
   * with those of {@link CommandHandler.locks}; where the look names more, it gives all of them back,
   * waits for the larger set, and looks again, as things may have changed meanwhile. So the caller
   * must not have changed anything yet. Rejects if the command is cancelled or late meanwhile.
   */
  holding<L>(look: () => Promise<L>, namesOf: (look: L) => readonly string[]): Promise<L>;
  /** Whether this server's policy lets nothing be done to a container: asked for others than the command's own. */
  isProtected(containerName: string): boolean;
}

/** Why a command's signal was aborted; it is the signal's `reason`. */
export class CommandAborted extends Error {
  override readonly name = "CommandAborted";
  /**
   * `cancelled` by a command and `deadline` passed: undo, or finish if that is nearer. `shutdown`:
   * the agent's process ends within seconds; what is half done is recovered when it starts again.
   */
  readonly why: "cancelled" | "deadline" | "shutdown";

  constructor(why: CommandAborted["why"]) {
    super(`aborted: ${why}`);
    this.why = why;
  }
}

/** A wanted outcome of a command, rather than a bug: becomes the command's failure. */
export class CommandFailure extends Error {
  override readonly name = "CommandFailure";
  readonly code: FailureCode;
  readonly logLines: string[];
  readonly exitCode: number | null;
  /** the service's container before the command and after it failed, where they were looked at */
  observed: { before: Observation | null; after: Observation | null } | null = null;

  constructor(
    code: FailureCode,
    message: string,
    more: { logLines?: string[]; exitCode?: number | null; cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.logLines = more.logLines ?? [];
    this.exitCode = more.exitCode ?? null;
  }

  toFailure(): Failure {
    return {
      code: this.code,
      message: this.message,
      logLines: this.logLines,
      exitCode: this.exitCode,
      ...this.observed,
    };
  }
}

/** How one kind of command is carried out. */
export interface CommandHandler<K extends CommandKind = CommandKind> {
  /**
   * The containers it changes, by name, as far as that is known before it looks; `phases` tells what
   * one that was cut off has begun with. Commands that share one run one after the other.
   * Empty: it runs beside everything.
   */
  locks(
    body: Extract<CommandBody, { kind: K }>,
    phases: readonly JournalPhase[],
  ): readonly string[];
  execute(
    body: Extract<CommandBody, { kind: K }>,
    context: CommandContext,
  ): Promise<Extract<ResultBody, { kind: K }>>;
  /**
   * Called instead of `execute` when the agent starts and finds the command half done:
   * finishes or undoes it. Without it the command is executed again.
   */
  recover?(
    body: Extract<CommandBody, { kind: K }>,
    context: CommandContext,
  ): Promise<Extract<ResultBody, { kind: K }>>;
}
