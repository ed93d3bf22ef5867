import type { CommandBody, Failure, ResultBody } from "@bridgeport/proto";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { listen } from "../database/listen.ts";
import { Problem } from "../problem.ts";
import { type CommandOutcome, findCommand, insertCommand, withdraw } from "./commands.store.ts";

/** A server as far as giving it a command goes. */
export interface CommandedServer {
  id: string;
  name: string;
  status: "pending" | "online" | "offline";
}

/** What the agent answers to a command of this kind. */
export type ResultOf<K extends CommandBody["kind"]> = Extract<ResultBody, { kind: K }>;

/**
 * Gives a server one command and waits for what becomes of it. For requests that a person waits
 * for; plans never wait.
 * @param timeoutMs after which the command, if it was not delivered, is taken back
 * @param more.asked writes into the audit that it was asked for, in the transaction that queues it, and
 *   returns the entry of its outcome
 * @param more.registryId of the image that it names
 * @throws {Problem} 503 when the server is not connected or does not answer in time, 404 when it
 *   has no such container, 400 when the agent refused or failed, with the agent's own sentence
 */
export async function runCommand<K extends CommandBody["kind"]>(
  database: Database,
  server: CommandedServer,
  body: Extract<CommandBody, { kind: K }>,
  timeoutMs: number,
  {
    asked = async () => null,
    registryId = null,
  }: { asked?: (sql: Sql) => Promise<object | null>; registryId?: string | null } = {},
): Promise<ResultOf<K>> {
  requireOnline(server);
  const id = await transaction(database, async (sql) => {
    const audit = await asked(sql);
    const deadlineAt = new Date(Date.now() + timeoutMs);
    return insertCommand(sql, { serverId: server.id, body, registryId, deadlineAt, audit });
  });
  const outcome = await awaitOutcome(database, id, timeoutMs);
  if (outcome === null) {
    await withdraw(database, [id]);
    throw new Problem(
      "agent_unavailable",
      "agent_timeout",
      `The agent of ${server.name} did not answer within ${Math.round(timeoutMs / 1000)} s: see that it runs, then try again.`,
    );
  }
  if (!outcome.ok) throw problemOf(server, outcome.failure);
  if (outcome.body.kind !== body.kind) {
    throw new Error(`Command ${id} is a ${body.kind} and was answered as ${outcome.body.kind}`);
  }
  return outcome.body as ResultOf<K>;
}

/** @throws {Problem} 503 when the server's agent is not connected */
export function requireOnline(server: CommandedServer): void {
  if (server.status === "online") return;
  throw new Problem(
    "agent_unavailable",
    "agent_unavailable",
    server.status === "pending"
      ? `No agent has joined as ${server.name} yet: run its join command on that server first.`
      : `The agent of ${server.name} is not connected: start it on that server, then try again.`,
  );
}

/** Waits until a command is done; null when the time is over first. */
export async function awaitOutcome(
  database: Database,
  id: string,
  timeoutMs: number,
): Promise<CommandOutcome | null> {
  let wake = () => {};
  const over = Date.now() + timeoutMs;
  const stop = await listen(database, "command_done", {
    notified(payload) {
      if (payload.includes(id)) wake();
    },
    resumed: () => wake(),
  });
  try {
    for (;;) {
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const row = await findCommand(database, id);
      // The row goes with its server.
      if (row === null) return null;
      if (row.outcome !== null) return row.outcome;
      const left = over - Date.now();
      if (left <= 0) return null;
      await sooner(woken, left);
    }
  } finally {
    await stop();
  }
}

async function sooner(woken: Promise<void>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([woken, timeout]);
  clearTimeout(timer);
}

function problemOf(server: CommandedServer, failure: Failure): Problem {
  const { code, message } = failure;
  if (code === "not_found") return new Problem("not_found", code, message);
  if (code === "timeout" || code === "cancelled" || code === "engine_unavailable") {
    return new Problem("agent_unavailable", code, `${server.name}: ${message}`);
  }
  return new Problem("invalid", code, message);
}
