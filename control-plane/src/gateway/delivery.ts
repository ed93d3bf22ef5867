import type {
  BroughtSignatures,
  CommandBody,
  ControlMessage,
  Credentials,
  PullRefusal,
} from "@bridgeport/proto";
import type { Logger } from "pino";
import {
  type CommandRow,
  claimCommands,
  endOverdueCommands,
  recordOutcome,
} from "../commands/commands.store.ts";
import type { Database } from "../database/connection.ts";
import { type AgentOfServer, agentOfServer } from "../servers/pulling-agent.store.ts";
import type { SessionKey } from "../servers/sessions.store.ts";

/** What a command needs credentials for. */
export interface CredentialsRequest {
  registryId: string;
  reference: string;
  /** `renewals`: how often the command had a token that ran out */
  agent: AgentOfServer & { renewals: number };
}

/**
 * The credentials for an image, for one delivery: they are in no row.
 * @returns null for a registry that wants none; why there are none where it wants some
 */
export type CredentialsFor = (
  request: CredentialsRequest,
) => Promise<{ ok: true; value: Credentials | null } | ({ ok: false } & PullRefusal)>;

/**
 * The signatures of the digest that a reference names, for one delivery to a host that demands them: they
 * are in no row.
 */
export type SignaturesFor = (request: {
  registryId: string | null;
  reference: string;
  /** what was found for another delivery does not count */
  fresh: boolean;
}) => Promise<BroughtSignatures>;

export interface Delivery {
  /** there may be something to deliver */
  wake(): void;
  /** Resolves when everything that an earlier stream delivered has been delivered again, or has failed. */
  caughtUp: Promise<void>;
  /** whether nothing is being delivered, and nothing that was waits for its result */
  isIdle(): boolean;
  /** whether the command was delivered on this stream and has no result yet */
  isOpen(commandId: string): boolean;
  /** Sends other credentials for a command whose token has run out. */
  renew(commandId: string): void;
  /** the command has its result */
  finished(commandId: string): void;
  stop(): void;
}

const nothing: Credentials = {
  username: "",
  password: "",
  registryHost: "",
  identityToken: null,
};

/** How often one command may have other credentials on one stream; its agent asks less often. */
const mostRenewals = 30;

/**
 * Delivers a server's commands on one stream, in the order in which they were given, each once on
 * this stream. What an earlier stream delivered and has no result yet is delivered again.
 */
export function startDelivery(
  {
    database,
    log,
    credentialsFor,
    signaturesFor,
  }: {
    database: Database;
    log: Logger;
    credentialsFor: CredentialsFor;
    signaturesFor: SignaturesFor;
  },
  session: SessionKey,
  stream: {
    send(message: ControlMessage): void;
    failed(error: unknown): void;
    /** whether its host's policy demands signatures */
    demandsSignatures(): boolean;
  },
): Delivery {
  const delivered = new Set<string>();
  /** those of them that came with credentials, and how often these were asked for again */
  const pulls = new Map<string, { row: CommandRow; renewals: number; busy: boolean }>();
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
      // A registry's vendor may take its time for a login: that is no other command's business.
      if (stream.demandsSignatures()) sendWithSignatures(row).catch(failed);
      else if (pullOf(row) === null) send(row, row.body);
      else sendWithCredentials(row).catch(failed);
    }
  }

  async function sendWithSignatures(row: CommandRow): Promise<void> {
    const reference = imageOf(row.body);
    const { registryId } = row;
    // A plan begins with a pull: what the deploys after it get is what that one got.
    const fresh = row.kind === "pull";
    const signed =
      reference === null
        ? row
        : {
            ...row,
            body: {
              ...row.body,
              signatures: await signaturesFor({ registryId, reference, fresh }),
            } as CommandBody,
          };
    if (pullOf(signed) === null) send(signed, signed.body);
    else await sendWithCredentials(signed);
  }

  function failed(error: unknown): void {
    if (!stopped) stream.failed(error);
  }

  function send(row: CommandRow, body: CommandBody): void {
    if (stopped) return;
    const { id, planId, after } = row;
    const command = { id, deadlineAt: row.deadlineAt?.getTime() ?? null, after, planId, body };
    stream.send({ kind: "command", command, sentAt: Date.now() });
    // People who read a container's log cause others all the time.
    const level = planId === null ? "debug" : "info";
    log[level]({ ...idsOf(row), command: row.kind, after }, "command delivered");
  }

  async function sendWithCredentials(row: CommandRow): Promise<void> {
    const agent = await agentOfServer(database, session.serverId);
    const pull = pullOf(row);
    if (pull === null || agent === null) return;
    const answer = await credentialsFor({ ...pull, agent: { ...agent, renewals: 0 } });
    if (answer.ok) {
      pulls.set(row.id, { row, renewals: 0, busy: false });
      return send(row, { ...row.body, credentials: answer.value } as CommandBody);
    }
    log.error({ ...idsOf(row), why: answer.message }, "credentials for a command cannot be had");
    // The image may be on the server already, and the one to go back to most often is.
    const { code, message } = answer;
    const refused = { ...nothing, refusal: { code, message } };
    if (agent.takesTokens) return send(row, { ...row.body, credentials: refused } as CommandBody);
    if (row.body.kind === "rollback") return send(row, row.body);
    await recordOutcome(database, session.serverId, {
      commandId: row.id,
      outcome: {
        ok: false,
        failure: { code, message, logLines: [], exitCode: null },
      },
    });
  }

  async function renew(commandId: string): Promise<void> {
    const known = pulls.get(commandId);
    const pull = known === undefined ? null : pullOf(known.row);
    // One at a time: an agent that asks without end does not make this ask a registry so.
    if (known === undefined || pull === null || known.busy || known.renewals >= mostRenewals)
      return;
    known.busy = true;
    known.renewals += 1;
    const agent = await agentOfServer(database, session.serverId);
    if (agent === null) return;
    const answer = await credentialsFor({ ...pull, agent: { ...agent, renewals: known.renewals } });
    known.busy = false;
    if (stopped) return;
    const credentials = answer.ok ? answer.value : null;
    const error = answer.ok ? null : answer.message;
    stream.send({ kind: "credentials", commandId, credentials, error, sentAt: Date.now() });
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
    isIdle: () => !running && delivered.size === 0,
    isOpen: (commandId) => delivered.has(commandId),
    renew: (commandId) => void renew(commandId).catch(failed),
    finished(commandId) {
      delivered.delete(commandId);
      pulls.delete(commandId);
    },
    stop() {
      stopped = true;
      isCaughtUp();
    },
  };
}

/** As the log has them. */
function idsOf({ id, planId, stepId }: CommandRow): Record<string, string> {
  return { commandId: id, ...(planId && { planId }), ...(stepId && { stepId }) };
}

/** The image that a command may make a container of; null: none. */
function imageOf(body: CommandBody): string | null {
  return "reference" in body ? body.reference : null;
}

/** What a command may pull, with the credentials of which registry; null: it pulls nothing. */
function pullOf({
  body,
  registryId,
}: CommandRow): { registryId: string; reference: string } | null {
  const reference = body.kind === "pull" || body.kind === "rollback" ? body.reference : null;
  return registryId === null || reference === null ? null : { registryId, reference };
}
