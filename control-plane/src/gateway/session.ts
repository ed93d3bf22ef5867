import {
  type AgentMessage,
  type CommandResult,
  type ControlMessage,
  encodeControlMessage,
  limits,
  protocolVersion,
  readAgentMessage,
  type WireControlMessage,
} from "@bridgeport/proto";
import { status as grpcStatus, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Logger } from "pino";
import {
  afterCapability,
  type CommandEnd,
  recordNotes,
  recordOutcomes,
} from "../commands/commands.store.ts";
import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { Inventory, InventoryChange } from "../inventory/inventory.ts";
import type { Authority } from "../servers/certificate-authority.ts";
import type { AgentIdentity } from "../servers/server-uri.ts";
import {
  closeSessions,
  openSession,
  type SessionKey,
  updateHost,
} from "../servers/sessions.store.ts";
import { commandNotes } from "./command-notes.ts";
import { type CredentialsFor, startDelivery } from "./delivery.ts";
import { inventoryLane } from "./inventory-lane.ts";
import { inventorySequence } from "./inventory-sequence.ts";
import { type LogFollows, logFollows } from "./logs.ts";

/*
 * One agent's stream, from its Hello to its end. A session is disposable: any failure ends it
 * whole, the agent comes again, and everything that counts is in the database.
 *
 *   waiting for Hello ──> open ──> closed
 *          └────────────────────────^
 */

/** Messages come as their bytes: they are counted before they are decoded. */
export type AgentStream = ServerDuplexStream<Buffer, WireControlMessage>;

export interface SessionDeps {
  database: Database;
  log: Logger;
  authority: Pick<Authority, "certificatePem" | "issueForServer">;
  inventory: Inventory;
  credentialsFor: CredentialsFor;
}

export interface Session extends SessionKey {
  /** there may be commands to deliver */
  wake(): void;
  requestInventory(): void;
  follow: LogFollows["follow"];
  /** Ends the stream with a goodbye; `reason` is for the agent's log. */
  close(reason: string): void;
}

export interface SessionEvents {
  /** it speaks for its server from now on */
  opened(session: Session): void;
  /** it is over; called once, and only after `opened` */
  closed(session: Session): void;
}

/** How long a new stream may be silent. */
const helloTimeoutMs = 10_000;
/** Messages that an agent may be behind with reading before it is cut off. */
const mostUnread = 2000;
/** Messages that are taken from the stream ahead of their turn. */
const readAhead = 64;

/** Serves a stream whose certificate says that it is this one. */
export function serveSession(
  deps: SessionDeps,
  stream: AgentStream,
  identity: AgentIdentity,
  events: SessionEvents,
): void {
  const { database, inventory } = deps;
  const { serverId } = identity;
  const key: SessionKey = { serverId, sessionId: newId() };
  let log = deps.log.child({ serverId, sessionId: key.sessionId });
  let state: "waiting for Hello" | "open" | "closed" = "waiting for Hello";
  /** whether the agent can hold a command back until others have succeeded */
  let holdsBack = false;
  const arrange = inventorySequence();
  const reports = inventoryLane(report, failed);
  const notes = commandNotes((told) => recordNotes(database, serverId, told), failed);
  const logs = logFollows(send);
  const delivery = startDelivery({ database, log, credentialsFor: deps.credentialsFor }, key, {
    send,
    failed,
  });
  const session: Session = {
    ...key,
    wake: delivery.wake,
    requestInventory: () => send({ kind: "inventoryRequest" }),
    follow: logs.follow,
    close(reason) {
      send({ kind: "goodbye", reason });
      end(reason);
    },
  };

  const helloTimer = setTimeout(
    () => end("no Hello came", grpcStatus.DEADLINE_EXCEEDED),
    helloTimeoutMs,
  );
  let lookAgainTimer: NodeJS.Timeout | undefined;

  function send(message: ControlMessage): void {
    if (state === "closed" || stream.writableEnded || stream.destroyed) return;
    if (stream.writableLength > mostUnread) {
      // The status that ends the stream waits behind what is unread, and is seen when it is read.
      end("the agent does not read what it is sent", grpcStatus.RESOURCE_EXHAUSTED);
      return;
    }
    stream.write(encodeControlMessage(message));
  }

  /** The one way out. The server is offline at once, whatever becomes of the connection. */
  function end(reason: string, code: grpcStatus = grpcStatus.OK, { hear = true } = {}): void {
    if (state === "closed") return;
    const wasOpen = state === "open";
    state = "closed";
    clearTimeout(helloTimer);
    clearTimeout(lookAgainTimer);
    delivery.stop();
    reports.stop();
    notes.stop();
    logs.endAll("The agent of this server is not connected any more.");
    queue.length = 0;
    if (!stream.destroyed && !stream.writableEnded) {
      if (code === grpcStatus.OK) stream.end();
      else stream.emit("error", { code, details: reason });
    }
    // Whatever still comes is read and dropped, so that the end of the stream is seen. What is too
    // much already is not read: its sender's window closes.
    if (hear) stream.resume();
    else stream.pause();
    if (!wasOpen) {
      log.info({ reason }, "agent refused");
      return;
    }
    log.info({ reason }, "agent disconnected");
    events.closed(session);
    closeSessions(database, [key]).catch((error: unknown) => {
      // Its lease runs out by itself.
      log.warn({ err: error }, "a session's end could not be written");
    });
  }

  /** The agent asks for more than any agent does. */
  function cutOff(reason: string): void {
    if (state === "closed") return;
    log.warn({ reason }, "agent cut off");
    end(reason, grpcStatus.RESOURCE_EXHAUSTED, { hear: false });
  }

  function failed(error: unknown): void {
    if (state === "closed") return;
    log.error({ err: error }, "a session failed");
    end("the control plane could not go on", grpcStatus.UNAVAILABLE);
  }

  // Messages are handled one after the other, reports of containers beside the others; the stream is paused while they pile up.
  const queue: AgentMessage[] = [];
  let handling = false;

  async function handleAll(): Promise<void> {
    if (handling) return;
    handling = true;
    try {
      for (let message = queue.shift(); message; message = queue.shift()) {
        await handle(message);
        if (reports.waiting > readAhead) await reports.written();
        if (queue.length === 0) stream.resume();
      }
    } catch (error) {
      failed(error);
    } finally {
      handling = false;
    }
  }

  async function handle(message: AgentMessage): Promise<void> {
    if (state === "waiting for Hello") {
      if (message.kind !== "hello") {
        end("the first message was no Hello", grpcStatus.INVALID_ARGUMENT);
        return;
      }
      return open(message);
    }
    if (noted(message)) return;
    switch (message.kind) {
      case "host":
        return updateHost(database, key, message.host);
      case "result":
        return record([message.result, ...resultsBehind()]);
      case "log":
        return logs.received(message);
      case "renew":
        return renew(message.csrPem);
      case "goodbye":
        end(`goodbye: ${message.reason}`);
    }
  }

  /** Takes what is written later, with more of its kind. False: it is something else. */
  function noted(message: AgentMessage): boolean {
    switch (message.kind) {
      case "hello":
        return true;
      case "inventory":
      case "change":
        for (const step of arrange(message)) {
          if (step.kind === "write") reports.add(step.change);
          else if (step.kind === "too_many") {
            cutOff(`this server reports more than ${limits.containers} containers`);
          } else {
            log.warn("a report was missed; asking for a complete inventory");
            send({ kind: "inventoryRequest" });
          }
        }
        return true;
      case "accepted":
        notes.accepted(message.commandId);
        return true;
      case "progress": {
        const { commandId, at, phase, message: text } = message;
        notes.progress(commandId, { at, phase, message: text });
        return true;
      }
      default:
        return false;
    }
  }

  /** What came together is recorded together: the end of a plan is as many results as it has services. */
  function resultsBehind(): CommandResult[] {
    const results: CommandResult[] = [];
    for (let next = queue[0]; next; next = queue[0]) {
      if (next.kind === "result") results.push(next.result);
      else if (!noted(next)) break;
      queue.shift();
    }
    return results;
  }

  async function record(results: CommandResult[]): Promise<void> {
    if (results.some(endsPlan)) await reports.written();
    const ends: CommandEnd[] = [];
    for (const { commandId, outcome } of results) {
      ends.push({ commandId, outcome, progress: await notes.take(commandId) });
    }
    await recordOutcomes(database, serverId, ends);
    for (const { commandId } of results) {
      delivery.finished(commandId);
      send({ kind: "resultAck", commandId });
    }
    // An agent that cannot hold a command back gets it when the others have succeeded, which may be now.
    if (!holdsBack) delivery.wake();
  }

  async function open(hello: Extract<AgentMessage, { kind: "hello" }>): Promise<void> {
    const server = await openSession(database, key, identity, hello);
    clearTimeout(helloTimer);
    if (state === "closed") {
      if (server) await closeSessions(database, [key]);
      return;
    }
    if (!server) {
      end(
        "this server was deleted, or another agent has enrolled for it since",
        grpcStatus.PERMISSION_DENIED,
      );
      return;
    }
    log = log.child({ server: server.name });
    state = "open";
    holdsBack = hello.capabilities.includes(afterCapability);
    log.info({ agentVersion: hello.agentVersion, peer: stream.getPeer() }, "agent connected");
    send({
      kind: "welcome",
      protocolVersion: Math.min(protocolVersion, hello.protocolVersion),
      serverId,
      capabilities: [],
    });
    events.opened(session);
    delivery.wake();
  }

  async function report(changes: InventoryChange[]): Promise<void> {
    const lookAgainAt = await inventory.apply(key, changes);
    if (lookAgainAt === "replaced") {
      end("another session speaks for this server", grpcStatus.ABORTED);
    } else {
      lookAgain(lookAgainAt);
    }
  }

  function lookAgain(at: number | null): void {
    if (at === null || state !== "open") return;
    clearTimeout(lookAgainTimer);
    const delay = Math.max(0, at - Date.now()) + 20;
    lookAgainTimer = setTimeout(() => {
      inventory.lookAgain(serverId).then(lookAgain, (error: unknown) => {
        log.warn({ err: error }, "could not look again at the containers");
      });
    }, delay);
  }

  async function renew(csrPem: string): Promise<void> {
    const certificatePem = await deps.authority.issueForServer(identity, csrPem);
    if (certificatePem === null) {
      log.warn("an agent asked for a certificate with a request that cannot be used");
      return;
    }
    send({ kind: "certificate", certificatePem, caPem: deps.authority.certificatePem });
    log.info("certificate renewed");
  }

  /** What cannot be taken; the result of a command ends that, as its agent would send it for ever. */
  function refuse(reason: string, resultOf: string | null): void {
    if (resultOf === null || state !== "open") {
      cutOff(reason);
      return;
    }
    log.warn({ reason, commandId: resultOf }, "a result was refused");
    const message = `What the agent answered cannot be taken: ${reason}.`;
    queue.push({ kind: "result", result: { commandId: resultOf, ...unreadable(message) } });
  }

  stream.on("data", (bytes: Buffer) => {
    if (state === "closed") return;
    const read = readAgentMessage(bytes);
    if (!read.ok) refuse(read.reason, read.resultOf);
    else if (read.message !== null) queue.push(read.message);
    if (queue.length > readAhead) stream.pause();
    void handleAll();
  });
  // A peer that died and one that left look alike: whatever comes first, it is gone.
  stream.on("end", () => end("the stream ended"));
  stream.on("close", () => end("the stream closed"));
  stream.on("cancelled", () => end("the stream was cancelled"));
  stream.on("error", () => end("the stream failed"));
}

function unreadable(message: string): Omit<CommandResult, "commandId"> {
  const failure = { code: "internal" as const, message, logLines: [], exitCode: null };
  return { startedAt: 0, finishedAt: 0, outcome: { ok: false, failure } };
}

/**
 * Whether a plan may end with this result: then a reader of its services finds what was reported
 * before it. The steps in between do not wait for that.
 */
function endsPlan({ outcome }: CommandResult): boolean {
  return !outcome.ok || outcome.body.kind === "commit" || outcome.body.kind === "rollback";
}
