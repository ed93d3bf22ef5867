import type { CommandBody, ControlMessage, Credentials } from "@bridgeport/proto";
import type { Logger } from "pino";
import {
  type CommandRow,
  claimCommands,
  endOverdueCommands,
  recordOutcome,
} from "../commands/commands.store.ts";
import type { Database } from "../database/connection.ts";
import type { SessionKey } from "../servers/sessions.store.ts";

/**
 * The credentials for an image, for one delivery: they are in no row.
 * @returns null for a registry that wants none; why there are none where it wants some
 */
export type CredentialsFor = (
  registryId: string,
  reference: string,
) => Promise<{ ok: true; value: Credentials | null } | { ok: false; message: string }>;

export interface Delivery {
  /** there may be something to deliver */
  wake(): void;
  /** Resolves when everything that an earlier stream delivered has been delivered again, or has failed. */
  caughtUp: Promise<void>;
  /** whether the command was delivered on this stream and has no result yet */
  isOpen(commandId: string): boolean;
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
  let isCaughtUp = (): void => undefined;
  const caughtUp = new Promise<void>((resolve) => {
    isCaughtUp = resolve;
  });

  async function deliver(): Promise<void> {
    // Those that waited too long have their answer before anything else is sent. What became of
    // those that were sent, the agent is about to say.
    if (first) await endOverdueCommands(database, { delivered: false });
    first = false;
    for (const row of await claimCommands(database, session, [...delivered])) {
      delivered.add(row.id);
      if (pullOf(row) === null) send(row, row.body);
      // A registry's vendor may take its time for a login: that is no other command's business.
      else sendWithCredentials(row).catch(failed);
    }
  }

  function failed(error: unknown): void {
    if (!stopped) stream.failed(error);
  }

  function send(row: CommandRow, body: CommandBody): void {
    if (stopped) return;
    const { id, after } = row;
    const command = { id, deadlineAt: row.deadlineAt?.getTime() ?? null, after, body };
    stream.send({ kind: "command", command, sentAt: Date.now() });
    log.debug({ commandId: id, command: row.kind, after }, "command delivered");
  }

  async function sendWithCredentials(row: CommandRow): Promise<void> {
    const pull = pullOf(row);
    if (pull === null) return;
    const answer = await credentialsFor(pull.registryId, pull.reference);
    if (answer.ok) return send(row, { ...row.body, credentials: answer.value } as CommandBody);
    log.error(
      { commandId: row.id, why: answer.message },
      "credentials for a command cannot be had",
    );
    // The image to go back to is most often still there.
    if (row.body.kind === "rollback") return send(row, row.body);
    await recordOutcome(database, session.serverId, {
      commandId: row.id,
      outcome: {
        ok: false,
        failure: { code: "unauthorized", message: answer.message, logLines: [], exitCode: null },
      },
    });
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
        isCaughtUp();
        if (again) wake();
      },
      (error: unknown) => {
        running = false;
        isCaughtUp();
        failed(error);
      },
    );
  }

  return {
    wake,
    caughtUp,
    isOpen: (commandId) => delivered.has(commandId),
    finished: (commandId) => delivered.delete(commandId),
    stop() {
      stopped = true;
      isCaughtUp();
    },
  };
}

/** What a command may pull, with the credentials of which registry; null: it pulls nothing. */
function pullOf({
  body,
  registryId,
}: CommandRow): { registryId: string; reference: string } | null {
  const reference = body.kind === "pull" || body.kind === "rollback" ? body.reference : null;
  return registryId === null || reference === null ? null : { registryId, reference };
}
