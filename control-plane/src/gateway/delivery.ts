import type { Command, CommandBody, ControlMessage, Credentials } from "@bridgeport/proto";
import type { Logger } from "pino";
import {
  type CommandRow,
  claimCommands,
  endOverdueCommands,
  recordOutcome,
} from "../commands/commands.store.ts";
import type { Database } from "../database/connection.ts";
import type { SessionKey } from "./sessions.store.ts";

/**
 * The credentials for an image, for one delivery: they are in no row.
 * @returns null for a registry that wants none
 */
export type CredentialsFor = (registryId: string, reference: string) => Promise<Credentials | null>;

export interface Delivery {
  /** there may be something to deliver */
  wake(): void;
  /** the command has its result */
  finished(commandId: string): void;
  stop(): void;
}

/**
 * Delivers a server's commands on one stream, in the order in which they were given, each once on
 * this stream. What an earlier stream delivered and has no result yet is delivered again.
 */
export function startDelivery(
  {
    database,
    log,
    credentialsFor,
  }: {
    database: Database;
    log: Logger;
    credentialsFor: CredentialsFor;
  },
  session: SessionKey,
  stream: { send(message: ControlMessage): void; failed(error: unknown): void },
): Delivery {
  const delivered = new Set<string>();
  let first = true;
  let running = false;
  let again = false;
  let stopped = false;

  async function deliver(): Promise<void> {
    // Those that waited too long have their answer before anything else is sent. What became of
    // those that were sent, the agent is about to say.
    if (first) await endOverdueCommands(database, { delivered: false });
    first = false;
    for (const row of await claimCommands(database, session, [...delivered])) {
      if (stopped) return;
      const command = await withCredentials(row);
      if (command === null || stopped) continue;
      delivered.add(row.id);
      stream.send({ kind: "command", command });
      log.debug({ commandId: row.id, command: row.kind }, "command delivered");
    }
  }

  async function withCredentials(row: CommandRow): Promise<Command | null> {
    const deadlineAt = row.deadlineAt?.getTime() ?? null;
    const reference = referenceOf(row.body);
    if (row.registryId === null || reference === null) {
      return { id: row.id, deadlineAt, body: row.body };
    }
    try {
      const credentials = await credentialsFor(row.registryId, reference);
      return { id: row.id, deadlineAt, body: { ...row.body, credentials } as CommandBody };
    } catch (error) {
      log.error({ err: error, commandId: row.id }, "credentials for a command cannot be had");
      await recordOutcome(database, session.serverId, {
        commandId: row.id,
        outcome: {
          ok: false,
          failure: {
            code: "unauthorized",
            message:
              "The registry's stored credentials could not be read: enter them again in the registry's settings.",
            logLines: [],
            exitCode: null,
          },
        },
      });
      return null;
    }
  }

  function wake(): void {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    running = true;
    again = false;
    deliver().then(
      () => {
        running = false;
        if (again) wake();
      },
      (error: unknown) => {
        running = false;
        if (!stopped) stream.failed(error);
      },
    );
  }

  return {
    wake,
    finished: (commandId) => delivered.delete(commandId),
    stop() {
      stopped = true;
    },
  };
}

function referenceOf(body: CommandBody): string | null {
  return body.kind === "pull" || body.kind === "rollback" ? body.reference : null;
}
