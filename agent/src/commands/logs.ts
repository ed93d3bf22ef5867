import { CommandFailure, type CommandHandler } from "../command.ts";
import { type Engine, engineErrorKind, engineMessage } from "../engine/client.ts";
import { fetchLogs } from "../engine/logs/logs.ts";

/** Fetches a container's last log lines. It changes nothing, so it needs no lock. */
export function logsHandler(engine: Engine): CommandHandler<"logs"> {
  return {
    locks: () => [],
    async execute(body, { signal }) {
      try {
        return { kind: "logs", ...(await fetchLogs(engine, body, signal)) };
      } catch (error) {
        throw logFailure(error, body.containerName);
      }
    },
  };
}

/** A failure that says whether the container is missing or its log cannot be read; any other error as it is. */
export function logFailure(error: unknown, containerName: string): unknown {
  switch (engineErrorKind(error)) {
    case "not_found":
      return new CommandFailure(
        "not_found",
        `There is no container "${containerName}" on this server.`,
        { cause: error },
      );
    case "conflict":
    case "engine":
    case "silent":
      return new CommandFailure(
        "engine_error",
        `The log of "${containerName}" cannot be read from the engine: ${engineMessage(error)}`,
        { cause: error },
      );
    default:
      return error;
  }
}
