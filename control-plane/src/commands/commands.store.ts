import type { CommandBody, CommandResult, Failure } from "@bridgeport/proto";
import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";

/*
 * Orders to agents as rows. Whoever wants something done inserts one; the gateway that holds
 * the agent's stream delivers it and records its result. Triggers announce both.
 *
 *   queued ──> sent ──> accepted ──> done
 *      └─────────┴──────────┴─────────^   (a result, a withdrawal, or its deadline)
 *
 * `sent` is written before the command is, so a sent one may not have arrived: whatever is not
 * done is delivered again on the next stream, and the agent's journal makes that harmless.
 */

export type CommandStatus = "queued" | "sent" | "accepted" | "done";

/** How a command ended: what the agent answered, or why it never will. */
export type CommandOutcome = CommandResult["outcome"];

export interface CommandRow {
  id: string;
  serverId: string;
  planId: string | null;
  stepId: string | null;
  kind: CommandBody["kind"];
  /** always without credentials */
  body: CommandBody;
  /** whose credentials the gateway adds when it delivers */
  registryId: string | null;
  status: CommandStatus;
  /** null until `done` */
  outcome: CommandOutcome | null;
  progress: Progress[];
  deadlineAt: Date | null;
  createdAt: Date;
  sentAt: Date | null;
  doneAt: Date | null;
}

/** What an agent told about a command while it was at work; `at` in epoch milliseconds. */
export interface Progress {
  at: number;
  phase: string;
  message: string;
}

export interface NewCommand {
  /** where the id was fixed before, so that the command exists once at most */
  id?: string;
  serverId: string;
  planId?: string | null;
  stepId?: string | null;
  body: CommandBody;
  registryId?: string | null;
  deadlineAt?: Date | null;
}

/** Queues a command and returns its id. Credentials in the body are left out: they are added at delivery. */
export async function insertCommand(sql: Sql, command: NewCommand): Promise<string> {
  const id = command.id ?? newId();
  await sql`
    insert into commands (id, server_id, plan_id, step_id, kind, body, registry_id, deadline_at)
    values (${id}, ${command.serverId}, ${command.planId ?? null}, ${command.stepId ?? null},
      ${command.body.kind}, ${json(sql, withoutCredentials(command.body))},
      ${command.registryId ?? null}, ${command.deadlineAt ?? null})`;
  return id;
}

function withoutCredentials(body: CommandBody): CommandBody {
  return "credentials" in body ? { ...body, credentials: null } : body;
}

export async function findCommand(sql: Sql, id: string): Promise<CommandRow | null> {
  const [row] = await sql<CommandRow[]>`select * from commands where id = ${id}`;
  return row ?? null;
}

export async function commandsOfPlan(sql: Sql, planId: string): Promise<CommandRow[]> {
  return sql<CommandRow[]>`
    select * from commands where plan_id = ${planId} order by created_at, id`;
}

/** A server's commands that have no outcome yet, in the order in which they were given. */
export async function undoneCommands(sql: Sql, serverId: string): Promise<CommandRow[]> {
  return sql<CommandRow[]>`
    select * from commands where server_id = ${serverId} and status <> 'done'
    order by created_at, id`;
}

/**
 * Claims commands for delivery on one session's stream. Only the session that the server's row
 * names may deliver, and a command that was withdrawn meanwhile is left out.
 * @returns the ids that may be written to the stream
 */
export async function markSent(
  sql: Sql,
  ids: string[],
  session: { serverId: string; sessionId: string },
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ id: string }[]>`
    update commands set sent_at = now(), status = case when status = 'queued' then 'sent' else status end
    where id = any(${ids}::uuid[]) and server_id = ${session.serverId} and status <> 'done'
      and exists (select from servers
        where id = ${session.serverId} and session_id = ${session.sessionId})
    returning id`;
  return rows.map(({ id }) => id);
}

/** The agent has the command in its journal. */
export async function markAccepted(sql: Sql, serverId: string, id: string): Promise<void> {
  await sql`
    update commands set status = 'accepted'
    where id = ${id} and server_id = ${serverId} and status in ('queued', 'sent')`;
}

// A step's log is for people; an agent that talks without end does not fill the database.
const mostProgress = 500;

/** Keeps what an agent tells about a command that is not done, and announces it as a change of its step. */
export async function recordProgress(
  sql: Sql,
  serverId: string,
  commandId: string,
  progress: Progress,
): Promise<void> {
  await sql`
    with told as (
      update commands set progress = progress || ${json(sql, [progress])}::jsonb
      where id = ${commandId} and server_id = ${serverId} and status <> 'done'
        and jsonb_array_length(progress) < ${mostProgress}
      returning step_id, plan_id
    )
    select pg_notify('changed',
      json_build_object('kind', 'step', 'id', step_id, 'planId', plan_id)::text)
    from told where step_id is not null`;
}

/**
 * Records what became of a command; the first outcome stays. Results of unknown commands and of
 * other servers' are ignored, so that the agent can always be told to forget them.
 * @returns whether this call ended the command
 */
export async function recordOutcome(
  sql: Sql,
  serverId: string,
  result: Pick<CommandResult, "commandId" | "outcome">,
): Promise<boolean> {
  const done = await sql`
    update commands set status = 'done', done_at = now(), outcome = ${json(sql, result.outcome)}
    where id = ${result.commandId} and server_id = ${serverId} and status <> 'done'`;
  return done.count > 0;
}

/**
 * Takes back commands that were not delivered yet.
 * @returns the ids taken back; the others are on their way and will have a result
 */
export async function withdraw(
  sql: Sql,
  ids: string[],
  failure: Failure = cancelled,
): Promise<string[]> {
  if (ids.length === 0) return [];
  const rows = await sql<{ id: string }[]>`
    update commands set status = 'done', done_at = now(),
      outcome = ${json(sql, { ok: false, failure } satisfies CommandOutcome)}
    where id = any(${ids}::uuid[]) and status = 'queued'
    returning id`;
  return rows.map(({ id }) => id);
}

const cancelled: Failure = {
  code: "cancelled",
  message: "This was called off before the server got it.",
  logLines: [],
  exitCode: null,
};

const neverDelivered: CommandOutcome = {
  ok: false,
  failure: {
    code: "timeout",
    message:
      "The server's agent was not connected in time to do this: see that it runs and reaches the control plane.",
    logLines: [],
    exitCode: null,
  },
};

const neverAnswered: CommandOutcome = {
  ok: false,
  failure: {
    code: "timeout",
    message:
      "The server's agent got this but has not said in time what became of it: see that it runs and reaches the control plane.",
    logLines: [],
    exitCode: null,
  },
};

/** How long after its deadline a delivered command may still be answered: the agent gives up by itself. */
export const answerGraceSeconds = 30;

/**
 * Ends commands whose deadline has passed, so that each has an outcome: undelivered ones at their
 * deadline, delivered ones after a grace for the agent's own answer.
 * @returns how many were ended
 */
export async function endOverdueCommands(sql: Sql): Promise<number> {
  const ended = await sql`
    update commands set status = 'done', done_at = now(),
      outcome = case when status = 'queued'
        then ${json(sql, neverDelivered)}::jsonb else ${json(sql, neverAnswered)}::jsonb end
    where status <> 'done'
      and deadline_at + case when status = 'queued' then interval '0'
        else make_interval(secs => ${answerGraceSeconds}) end < now()`;
  return ended.count;
}
