import type { FailureCode } from "@bridgeport/proto";
import { CommandAborted, CommandFailure } from "../command.ts";
import { type Engine, engineErrorKind, engineMessage, unavailableSentence } from "./client.ts";
import { type ContainerInspection, inspectContainer, inspectNamed } from "./inspection.ts";

/**
 * The failure for an error of the engine: `code` and "`sentence`: the engine's message", or
 * `engine_unavailable` where the engine cannot be reached. A `CommandFailure` is returned as it is.
 */
export function failureOf(
  engine: Engine,
  error: unknown,
  code: FailureCode,
  sentence: string,
): CommandFailure {
  if (error instanceof CommandFailure) return error;
  const kind = engineErrorKind(error);
  if (kind === "unavailable") {
    const message = unavailableSentence(engine.host, error);
    return new CommandFailure("engine_unavailable", message, { cause: error });
  }
  // An error that is not the engine's is a bug, and has to be reported as one.
  if (kind === "other") throw error;
  return new CommandFailure(code, `${sentence}: ${engineMessage(error)}`, { cause: error });
}

/**
 * The failure for any error after which a change has to be undone. A bug, or a journal that cannot be
 * written, has to be undone like an error of the engine, as it must not leave a container half replaced.
 */
export function failureToUndo(
  engine: Engine,
  error: unknown,
  code: FailureCode,
  sentence: string,
): CommandFailure {
  if (error instanceof CommandFailure || engineErrorKind(error) !== "other") {
    return failureOf(engine, error, code, sentence);
  }
  const { code: reason } = error as NodeJS.ErrnoException;
  return new CommandFailure(
    reason === "ENOSPC" ? "disk_full" : "internal",
    `${sentence}, because the agent met an unexpected error: ${engineMessage(error)}.`,
    { cause: error },
  );
}

/** Throws the failure of a command that was cancelled or has reached its deadline. */
export function throwIfAborted(signal: AbortSignal, deadlineAt: number | null, what: string): void {
  if (signal.aborted) throw abortFailure(signal, deadlineAt, what);
}

/** `what` begins the sentence, such as "The deploy of web". */
export function abortFailure(
  signal: AbortSignal,
  deadlineAt: number | null,
  what: string,
): CommandFailure {
  const { reason } = signal;
  const isLate =
    reason instanceof CommandAborted
      ? reason.why === "deadline"
      : deadlineAt !== null && Date.now() >= deadlineAt;
  return isLate
    ? new CommandFailure("timeout", `${what} took longer than its deadline allows.`)
    : new CommandFailure("cancelled", `${what} was cancelled.`);
}

/** How a container ended, in words, such as `exited with code 1`. */
export function endOf({ State: state, RestartCount: restarts }: ContainerInspection): string {
  const code = state.OOMKilled
    ? "was killed because it ran out of memory"
    : `exited with code ${state.ExitCode}`;
  return restarts > 0 ? `${code} and has been restarted ${times(restarts)}` : code;
}

/** `once`, `3 times` */
export function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** The container of this `id`, or of this name where no id is given. Throws a failure where there is none. */
export async function existingContainer(
  engine: Engine,
  name: string,
  id: string | null = null,
): Promise<ContainerInspection> {
  const container =
    id === null ? await inspectNamed(engine, name) : await inspectContainer(engine, id);
  if (container !== null) return container;
  throw new CommandFailure(
    "not_found",
    `There is no container named ${name} on this server: it was removed or renamed since the service was found.`,
  );
}
