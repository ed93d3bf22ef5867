import type { Failure } from "@bridgeport/proto";
import { type CommandAborted, CommandFailure } from "../command.ts";
import { engineErrorKind, engineMessage } from "../engine/client.ts";

const plain = { logLines: [], exitCode: null };

/** A deadline that passed before anything was done. */
export const expired: Failure = {
  code: "timeout",
  message: "The command's time was over before this server could begin with it.",
  ...plain,
};

/** A command that was called off before anything was done. */
export const calledOff: Failure = {
  code: "cancelled",
  message: "The command was cancelled before this server began with it.",
  ...plain,
};

export function refused(message: string): Failure {
  return { code: "refused", message, ...plain };
}

/**
 * What a handler's error means. Wanted outcomes say so themselves; an error that follows an
 * abort is that abort; the engine's errors keep the engine's words; the rest are bugs.
 */
export function failureOf(error: unknown, aborted: CommandAborted | null): Failure {
  if (error instanceof CommandFailure) return error.toFailure();
  if (aborted?.why === "deadline") {
    return {
      code: "timeout",
      message: "The command's time was over before it was done.",
      ...plain,
    };
  }
  if (aborted !== null) {
    return { code: "cancelled", message: "The command was cancelled while it ran.", ...plain };
  }
  const words = engineMessage(error);
  switch (engineErrorKind(error)) {
    case "unavailable":
      return {
        code: "engine_unavailable",
        message: `The Docker Engine of this server does not answer: ${words}`,
        ...plain,
      };
    case "not_found":
      return { code: "not_found", message: `The Docker Engine answered: ${words}`, ...plain };
    case "conflict":
    case "engine":
      return { code: "engine_error", message: `The Docker Engine answered: ${words}`, ...plain };
    case "silent":
      return { code: "engine_error", message: `The Docker Engine gave ${words}.`, ...plain };
    default:
      return {
        code: "internal",
        message: `The agent met an unexpected error: ${words}. Its log on the server has the details.`,
        ...plain,
      };
  }
}
