import type {
  CommandBody,
  CommandKind,
  Credentials,
  Failure,
  FailureCode,
  Observation,
  ResultBody,
} from "@bridgeport/proto";
import type { HostPolicy } from "./host-policy.ts";

/** How long a result is kept after it was acknowledged: a command delivered again gets the same result. */
export const keptAfterAckMs = 7 * 24 * 60 * 60 * 1000;

/** What the journal holds of one command. Credentials are never part of it. */
export interface JournalEntry {
  commandId: string;
  body: CommandBody;
  deadlineAt: number | null;
  acceptedAt: number;
  /** ids of the commands that it waits for; absent: none */
  after?: readonly string[];
  /** absent: it is of no plan, or of an agent of an earlier version */
  planId?: string;
  /** in the order they happened; each was on disk before the change that it announces began */
  phases: JournalPhase[];
}

export interface JournalPhase {
  name: string;
  /** what is needed to undo or finish the change: ids, names, states */
  data: Record<string, unknown>;
  at: number;
}

/** Whether a command may change what runs: it comes after others, which have to succeed first. */
export interface Permission {
  readonly given: boolean;
  /**
   * Resolves when it is given. Rejects with a `CommandFailure` when one of the others fails, and with
   * the signal's reason when that aborts.
   */
  wait(signal: AbortSignal): Promise<void>;
}

/** What a command may use while it runs. */
export interface CommandContext {
  readonly commandId: string;
  readonly deadlineAt: number | null;
  /** aborted by a cancel command, the deadline, or the end of the process */
  readonly signal: AbortSignal;
  /** what was recorded before this attempt: empty at the first one, the phases before the crash on recovery */
  readonly phases: readonly JournalPhase[];
  /** Writes a phase to the journal (on disk when it resolves) and reports it to the control plane. */
  phase(name: string, data?: Record<string, unknown>): Promise<void>;
  /** Reports progress to the control plane, without a record in the journal. */
  progress(message: string): void;
  /**
   * Asks the control plane for other credentials, as the registry's token that the command came with has
   * run out; null: there are none.
   */
  renewCredentials(): Promise<Credentials | null>;
  /** Another command's entry, such as the run that a rollback undoes; null if this agent never had it. */
  journalOf(commandId: string): Promise<JournalEntry | null>;
  /**
   * Locks every container that the command is going to change. `look` finds out what is to be changed,
   * `namesOf` names the containers in its answer. Where these are more than the command has locked, all
   * locks are released, the larger set is waited for, and `look` is called again, as things may have
   * changed meanwhile. So the caller must not have changed anything yet. The locks are held until the
   * command ends. Rejects if the command is cancelled or its deadline passes while it waits.
   */
  holding<L>(look: () => Promise<L>, namesOf: (look: L) => readonly string[]): Promise<L>;
  /**
   * What the command has to wait for before it changes anything that runs, where its handler
   * `preparesAhead`; null: nothing. It has no slot while it waits, so others go on, but keeps its locks.
   */
  readonly permission: Permission | null;
  /** what this server's owner allows, beyond what the command's own text tells */
  readonly hostPolicy: HostPolicy;
}

/** Why a command's signal was aborted; it is the signal's `reason`. */
export class CommandAborted extends Error {
  override readonly name = "CommandAborted";
  /**
   * `cancelled` (by another command) and `deadline` (it has passed): undo, or finish if little is left
   * to do. `shutdown`: the agent's process ends within seconds; a half-done command is recovered when
   * the agent starts again.
   */
  readonly why: "cancelled" | "deadline" | "shutdown";

  constructor(why: CommandAborted["why"]) {
    super(`aborted: ${why}`);
    this.why = why;
  }
}

/** An expected failure of a command, as opposed to a bug: it becomes the failure in the command's result. */
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
   * Begins before the commands that it comes after have ended, and waits for its `permission` itself.
   * Absent: begins when they have succeeded.
   */
  readonly preparesAhead?: true;
  /**
   * It may take hours, and its recovery is to go on with it rather than to finish or undo what is half done:
   * nothing waits for that, and a cancel that came before the agent's end counts, so that the signal is
   * aborted from the start.
   */
  readonly goesOn?: true;
  /**
   * Names of the containers that the command changes, as far as the command and the `phases` of an
   * interrupted attempt tell. Commands that share a name run one after the other. Empty: the command
   * runs in parallel with all others.
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
   * Called instead of `execute` for a command that was interrupted half-way: finishes or undoes it.
   * Where it is missing, the command is executed again.
   */
  recover?(
    body: Extract<CommandBody, { kind: K }>,
    context: CommandContext,
  ): Promise<Extract<ResultBody, { kind: K }>>;
}
