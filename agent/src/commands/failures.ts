import type { Failure } from "@bridgeport/proto";
import { type CommandAborted, CommandFailure } from "../command.ts";
import { engineErrorKind, engineMessage } from "../engine/client.ts";

const noDetails = { logLines: [], exitCode: null };

/** The deadline passed before the command was started. */
export const expiredBeforeStart: Failure = {
  code: "timeout",
  message: "The command's deadline passed before this server could start it.",
  ...noDetails,
};

/** The command was cancelled before it was started. */
export const cancelledBeforeStart: Failure = {
  code: "cancelled",
  message: "The command was cancelled before this server started it.",
  ...noDetails,
};

export function refused(message: string): Failure {
  return { code: "refused", message, ...noDetails };
}

/**
 * The failure that a handler's error becomes. A `CommandFailure` is one already; an error after an abort
 * is taken for its consequence; an error of the engine keeps the engine's message; all others are bugs.
 */
export function failureOf(error: unknown, aborted: CommandAborted | null): Failure {
  if (error instanceof CommandFailure) return error.toFailure();
  if (aborted?.why === "deadline") {
    return {
      code: "timeout",
      message: "The command's deadline passed before it was done.",
      ...noDetails,
    };
  }
  if (aborted !== null) {
    return { code: "cancelled", message: "The command was cancelled while it ran.", ...noDetails };
  }
  const message = engineMessage(error);
  switch (engineErrorKind(error)) {
    case "unavailable":
      return {
        code: "engine_unavailable",
        message: `The Docker Engine of this server does not answer: ${message}`,
        ...noDetails,
      };
    case "not_found":
      return { code: "not_found", message: `The Docker Engine answered: ${message}`, ...noDetails };
    case "conflict":
    case "engine":
      return {
        code: "engine_error",
        message: `The Docker Engine answered: ${message}`,
        ...noDetails,
      };
    case "silent":
      return { code: "engine_error", message: `The Docker Engine gave ${message}.`, ...noDetails };
    default:
      return {
        code: "internal",
        message: `The agent met an unexpected error: ${message}. Its log on the server has the details.`,
        ...noDetails,
      };
  }
}
