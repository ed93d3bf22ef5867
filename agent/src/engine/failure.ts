import type { FailureCode } from "@bridgeport/proto";
import { CommandAborted, CommandFailure } from "../command.ts";
import { type Engine, engineErrorKind, engineMessage, unavailableSentence } from "./client.ts";
import { type ContainerInspection, inspectContainer, inspectNamed } from "./inspection.ts";

/**
 * The failure that an error of the engine becomes: `code` and "`sentence`: what the engine said",
 * unless the engine is not there at all. A failure stays what it is.
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
  // Whatever is not the engine's is a bug, and must look like one.
  if (kind === "other") throw error;
  return new CommandFailure(code, `${sentence}: ${engineMessage(error)}`, { cause: error });
}

/**
 * The failure of what has to be undone first, whatever the error: a bug too, or a journal that
 * cannot be written, must not leave a container half replaced.
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

/** Throws the failure of a command that was cancelled or has run out of time. */
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
  const late =
    reason instanceof CommandAborted
      ? reason.why === "deadline"
      : deadlineAt !== null && Date.now() >= deadlineAt;
  return late
    ? new CommandFailure("timeout", `${what} took longer than its deadline allows.`)
    : new CommandFailure("cancelled", `${what} was cancelled.`);
}

/** What a container's end looks like in words, such as `exited with code 1`. */
export function endOf({ State: state, RestartCount: restarts }: ContainerInspection): string {
  const code = state.OOMKilled
    ? "was killed for want of memory"
    : `exited with code ${state.ExitCode}`;
  return restarts > 0 ? `${code} and has been restarted ${times(restarts)}` : code;
}

/** `once`, `3 times` */
export function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

/** A container that must exist; the very one of `id`, where that is known. */
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
