import type { CommandBody, CommandResult, Failure, ResultBody } from "@bridgeport/proto";
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

/**
 * What an agent says in its Hello if it can hold a command back, prepared, until the commands that
 * `after` names have succeeded.
 */
export const afterCapability = "after";

/** How a command ended: what the agent answered, or why it never will. */
export type CommandOutcome =
  | {
      ok: true;
      body: ResultBody;
      /** a sentence for people: what of the answer was not taken; absent: all of it was */
      note?: string;
    }
  | { ok: false; failure: Failure };

/** When the agent was at work, and on what it spent its time: epoch milliseconds by its clock. */
export type CommandWork = Required<Pick<CommandResult, "startedAt" | "finishedAt" | "phases">>;

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
  /** ids of commands to the same agent that have to succeed before this one changes anything that runs */
  after: string[];
  status: CommandStatus;
  /** null until `done` */
  outcome: CommandOutcome | null;
  progress: Progress[];
  /** null until an agent has answered; one of an earlier version tells no phases */
  work: CommandWork | null;
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
  /** ids of commands to the same agent, which must have the capability */
  after?: readonly string[];
  deadlineAt?: Date | null;
  /** the audit entry that the database writes, with what became of the command, when it is done */
  audit?: object | null;
}

/** Queues a command and returns its id. Credentials in the body are left out: they are added at delivery. */
export async function insertCommand(sql: Sql, command: NewCommand): Promise<string> {
  const id = command.id ?? newId();
  await insertCommands(sql, [{ ...command, id }]);
  return id;
}

/** Queues commands, in one statement. */
export async function insertCommands(sql: Sql, commands: readonly NewCommand[]): Promise<void> {
  if (commands.length === 0) return;
  const rows = commands.map((command) => ({
    ...{ after: [], ...command, id: command.id ?? newId() },
    kind: command.body.kind,
    body: withoutCredentials(command.body),
  }));
  await sql`
    insert into commands
      (id, server_id, plan_id, step_id, kind, body, registry_id, after, deadline_at, audit)
    select id, "serverId", "planId", "stepId", kind, body, "registryId", after, "deadlineAt", audit
    from jsonb_to_recordset(${json(sql, rows)}) as command(id uuid, "serverId" uuid,
      "planId" uuid, "stepId" uuid, kind text, body jsonb, "registryId" uuid, after uuid[],
      "deadlineAt" timestamptz, audit jsonb)`;
}

function withoutCredentials(body: CommandBody): CommandBody {
  return "credentials" in body ? { ...body, credentials: null } : body;
}

/** Until when commands that are not done count; an agent that has one already keeps the time it was given. */
export async function setDeadlines(
  sql: Sql,
  commands: readonly { commandId: string; deadlineAt: Date }[],
): Promise<void> {
  if (commands.length === 0) return;
  const rows = commands.map(({ commandId, deadlineAt }) => ({ commandId, deadlineAt }));
  await sql`
    update commands set deadline_at = given."deadlineAt"
    from jsonb_to_recordset(${json(sql, rows)}) as given("commandId" uuid, "deadlineAt" timestamptz)
    where id = given."commandId" and status <> 'done'`;
}

export async function findCommand(sql: Sql, id: string): Promise<CommandRow | null> {
  const [row] = await sql<CommandRow[]>`select * from commands where id = ${id}`;
  return row ?? null;
}

/**
 * Claims a server's commands for delivery on one session's stream, in the order in which they were
 * given. Only the session that the server's row names may deliver; what was withdrawn, or has
 * waited past its deadline, is left out. So is, for an agent that cannot hold it back, a command
 * whose `after` has not succeeded yet.
 * @param but ids of those that this stream has delivered already
 * @returns the commands that may be written to the stream; `after` is empty once all of it has succeeded
 */
export async function claimCommands(
  sql: Sql,
  session: { serverId: string; sessionId: string },
  but: readonly string[] = [],
): Promise<CommandRow[]> {
  const mayBegin = sql`
    cardinality(commands.after) = (select count(*) from commands as earlier
      where earlier.id = any(commands.after) and (earlier.outcome ->> 'ok')::boolean)`;
  const rows = await sql<(CommandRow & { mayBegin: boolean })[]>`
    with claimed as (
      update commands set sent_at = now(),
        status = case when status = 'queued' then 'sent' else status end
      where server_id = ${session.serverId} and status <> 'done' and id <> all(${but}::uuid[])
        and (status <> 'queued' or deadline_at is null or deadline_at >= now())
        and exists (select from servers
          where id = ${session.serverId} and session_id = ${session.sessionId}
            and (${afterCapability} = any(agent_capabilities) or ${mayBegin}))
      returning commands.*, ${mayBegin} as may_begin
    )
    select * from claimed order by created_at, cardinality(after), id`;
  return rows.map(({ mayBegin, ...row }) => (mayBegin ? { ...row, after: [] } : row));
}

/** A step's log is for people; an agent that talks without end does not fill the database. */
export const mostProgress = 500;

/** What an agent told of one command that is not done, in its order. */
export interface CommandNote {
  commandId: string;
  /** it has the command in its journal */
  accepted: boolean;
  progress: Progress[];
}

/** Keeps what an agent told, one note a command, and announces progress as a change of its step. */
export async function recordNotes(
  sql: Sql,
  serverId: string,
  notes: readonly CommandNote[],
): Promise<void> {
  await sql`
    with told as (
      update commands set
        status = case when note.accepted and status in ('queued', 'sent')
          then 'accepted' else status end,
        progress = case when jsonb_array_length(commands.progress) < ${mostProgress}
          then commands.progress || note.progress else commands.progress end
      from jsonb_to_recordset(${json(sql, notes)})
        as note("commandId" uuid, accepted boolean, progress jsonb)
      where id = note."commandId" and server_id = ${serverId} and status <> 'done'
      returning step_id, plan_id, jsonb_array_length(note.progress) as lines
    )
    select pg_notify('changed',
      json_build_object('kind', 'step', 'id', step_id, 'planId', plan_id)::text)
    from told where step_id is not null and lines > 0`;
}

/** What became of a command, and what was told before that and is not kept yet. */
export interface CommandEnd {
  commandId: string;
  outcome: CommandOutcome;
  progress: readonly Progress[];
  /** null or absent: no agent was at work */
  work?: CommandWork | null;
}

/**
 * Records what became of commands; the first outcome of each stays. Results of unknown commands and
 * of other servers' are ignored, so that the agent can always be told to forget them. An answer to
 * another question than the command's is a failure.
 * @returns how many commands this call ended
 */
export async function recordOutcomes(
  sql: Sql,
  serverId: string,
  ends: readonly CommandEnd[],
): Promise<number> {
  const first = new Map(ends.toReversed().map((end) => [end.commandId, end]));
  const rows = [...first.values()].map(({ progress, ...end }) => ({
    ...end,
    progress: progress.slice(0, mostProgress),
  }));
  const done = await sql`
    update commands set status = 'done', done_at = now(),
      outcome = case when ended.outcome -> 'body' ->> 'kind' <> kind
        then ${json(sql, otherAnswer)}::jsonb else ended.outcome end,
      progress = case when jsonb_array_length(commands.progress) < ${mostProgress}
        then commands.progress || ended.progress else commands.progress end,
      work = ended.work
    from jsonb_to_recordset(${json(sql, rows)})
      as ended("commandId" uuid, outcome jsonb, progress jsonb, work jsonb)
    where id = ended."commandId" and server_id = ${serverId} and status <> 'done'`;
  return done.count;
}

/** When a command was given, sent and answered, and what its agent's time was spent on. */
export interface CommandTimes {
  id: string;
  kind: CommandBody["kind"];
  createdAt: Date;
  sentAt: Date | null;
  doneAt: Date | null;
  work: CommandWork | null;
  /** a sentence; null: it has succeeded, or has not ended */
  failure: string | null;
}

/** The times of those that there are, by id. */
export async function commandTimes(
  sql: Sql,
  ids: readonly string[],
): Promise<Map<string, CommandTimes>> {
  if (ids.length === 0) return new Map();
  const rows = await sql<CommandTimes[]>`
    select id, kind, created_at, sent_at, done_at, work,
      outcome #>> '{failure,message}' as failure
    from commands where id = any(${[...ids]}::uuid[])`;
  return new Map(rows.map((row) => [row.id, row]));
}

/** Which of these ids are commands of a server, whatever became of them. */
export async function knownCommands(
  sql: Sql,
  serverId: string,
  ids: readonly string[],
): Promise<Set<string>> {
  const rows = await sql<{ id: string }[]>`
    select id from commands where id = any(${[...ids]}::uuid[]) and server_id = ${serverId}`;
  return new Set(rows.map(({ id }) => id));
}

/** Records what became of one command. @returns whether this call ended it */
export async function recordOutcome(
  sql: Sql,
  serverId: string,
  { commandId, outcome }: Pick<CommandEnd, "commandId" | "outcome">,
): Promise<boolean> {
  return (await recordOutcomes(sql, serverId, [{ commandId, outcome, progress: [] }])) > 0;
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

const otherAnswer: CommandOutcome = {
  ok: false,
  failure: {
    code: "internal",
    message: "The server's agent answered something else than it was asked: see the agent's log.",
    logLines: [],
    exitCode: null,
  },
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
 * @param delivered false where agents have not had the time to say what became of those
 * @returns how many were ended
 */
export async function endOverdueCommands(
  sql: Sql,
  { delivered = true }: { delivered?: boolean } = {},
): Promise<number> {
  const ended = await sql`
    update commands set status = 'done', done_at = now(),
      outcome = case when status = 'queued'
        then ${json(sql, neverDelivered)}::jsonb else ${json(sql, neverAnswered)}::jsonb end
    where status <> 'done' and (${delivered} or status = 'queued')
      and deadline_at + case when status = 'queued' then interval '0'
        else make_interval(secs => ${answerGraceSeconds}) end < now()`;
  return ended.count;
}

/** Which of these servers have commands that are not done. */
export async function serversWithCommands(sql: Sql, serverIds: string[]): Promise<string[]> {
  if (serverIds.length === 0) return [];
  const rows = await sql<{ serverId: string }[]>`
    select distinct server_id from commands
    where status <> 'done' and server_id = any(${serverIds}::uuid[])`;
  return rows.map(({ serverId }) => serverId);
}

/** Ends every command that is not done, whatever its agent makes of it. */
export async function endUndoneCommands(sql: Sql, message: string): Promise<void> {
  const failure: Failure = { code: "cancelled", message, logLines: [], exitCode: null };
  await sql`
    update commands set status = 'done', done_at = now(),
      outcome = ${json(sql, { ok: false, failure } satisfies CommandOutcome)}
    where status <> 'done'`;
}
