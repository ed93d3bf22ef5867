import { setImmediate } from "node:timers/promises";
import {
  type AgentMessage,
  type CommandResult,
  type ControlMessage,
  demandsSignaturesCapability,
  encodeControlMessage,
  limits,
  protocolVersion,
  type ReadAgentMessage,
  upgradeCapability,
  type WireControlMessage,
} from "@bridgeport/proto";
import { status as grpcStatus, Metadata, type ServerDuplexStream } from "@grpc/grpc-js";
import type { Logger } from "pino";
import {
  afterCapability,
  type CommandEnd,
  knownCommands,
  recordNotes,
  recordOutcomes,
} from "../commands/commands.store.ts";
import type { Database } from "../database/connection.ts";
import { isId, newId } from "../database/ids.ts";
import type { Inventory, InventoryChange } from "../inventory/inventory.ts";
import { type Measure, measureNothing } from "../measures.ts";
import { addressOf, type TurnedAway } from "../servers/agent-audit.ts";
import type { Issuer } from "../servers/certificate-authority.ts";
import { type Refusal, refusalSentences } from "../servers/certificate-standing.ts";
import { openSession } from "../servers/open-session.ts";
import type { PresentedCertificate } from "../servers/presented-certificate.ts";
import { renewCertificate } from "../servers/renew-certificate.ts";
import {
  closeSessions,
  noteInventory,
  type SessionKey,
  updateHost,
} from "../servers/sessions.store.ts";
import type { Allowance } from "./allowance.ts";
import { commandNotes } from "./command-notes.ts";
import { type CredentialsFor, type SignaturesFor, startDelivery } from "./delivery.ts";
import type { InventoryBatches } from "./inventory-batches.ts";
import { inventoryLane } from "./inventory-lane.ts";
import { inventorySequence } from "./inventory-sequence.ts";
import { type LogFollows, logFollows } from "./logs.ts";
import { pacedReader } from "./paced-reader.ts";
import { takenOutcome } from "./taken-outcome.ts";
import { type UpgradeOrdersDeps, upgradeOrders } from "./upgrade-orders.ts";

/*
 * One agent's stream, from its Hello to its end. A session is disposable: any failure ends it
 * whole, the agent comes again, and everything that counts is in the database.
 *
 *   waiting for Hello ──> open ──> closed
 *          └────────────────────────^
 */

/** Messages come as their bytes: they are counted before they are decoded. */
export type AgentStream = ServerDuplexStream<Buffer, WireControlMessage>;

export interface SessionDeps extends UpgradeOrdersDeps {
  database: Database;
  log: Logger;
  authority: Issuer & UpgradeOrdersDeps["authority"];
  inventory: Pick<Inventory, "lookAgain">;
  /** writes what this stream reports, with what others do */
  reports: InventoryBatches;
  /** told how long reports take to be written */
  measure?: Measure;
  /** what is left to this server's agent, on whichever stream */
  allowance: Allowance;
  /** Has few streams of this process open at the same time: a whole fleet may come at once. */
  opening: <T>(open: () => Promise<T>) => Promise<T>;
  credentialsFor: CredentialsFor;
  signaturesFor?: SignaturesFor;
  /** notes an agent that is refused */
  turnedAway(attempt: TurnedAway): Promise<void>;
  /** how long a stream may go on with a certificate that was renewed */
  renewedGraceMs?: number;
}

export interface Session extends SessionKey {
  /** Orders the agent's upgrade if there is one to order. */
  upgrade(): void;
  certificate: PresentedCertificate;
  /** where its agent connects from */
  address: string;
  /** there may be commands to deliver */
  wake(): void;
  requestInventory(): void;
  /** which authorities its agent is to trust has changed */
  tellAuthorities(): void;
  follow: LogFollows["follow"];
  /** Ends the stream with a goodbye; `reason` is for the agent's log. */
  close(reason: string): void;
  /** whether nothing is under way on it that a new stream would have to begin again */
  isIdle(): boolean;
  /** Ends the stream, and has its agent connect again at once. Its server stays online meanwhile. */
  sendElsewhere(): void;
  /** Ends the stream because its certificate is not accepted any longer. */
  refuse(refusal: Refusal): void;
}

export interface SessionEvents {
  /** it speaks for its server from now on */
  opened(session: Session): void;
  /** it is over; called once, and only after `opened` */
  closed(session: Session): void;
  /** the same, called also where it was never opened */
  over(): void;
}

/** How long a new stream may be silent. */
const helloTimeoutMs = 10_000;
/** Messages that an agent may be behind with reading before it is cut off. */
const mostUnread = 2000;
/** Messages that are taken from the stream ahead of their turn. */
const readAhead = 64;
/** How long messages are handled before others get this thread. */
const sliceMs = 5;
/** An agent uses a new certificate for its next stream, which may be months away. */
const renewedGraceDefaultMs = 5 * 60_000;

interface Received {
  message: AgentMessage;
  /** how long it was on the wire */
  bytes: number;
  /** a part of a message that others follow */
  more: boolean;
  /** when, by `performance.now()` */
  at: number;
}

/** Serves a stream whose certificate says that it is this one. */
export function serveSession(
  deps: SessionDeps,
  stream: AgentStream,
  certificate: PresentedCertificate,
  events: SessionEvents,
): void {
  const { database, inventory, allowance, measure = measureNothing } = deps;
  const { serverId } = certificate;
  // So that its agent knows that it is heard, however many are let in before it.
  stream.sendMetadata(new Metadata());
  const address = addressOf(stream.getPeer());
  const key: SessionKey = { serverId, sessionId: newId() };
  let log = deps.log.child({ serverId, sessionId: key.sessionId });
  let state: "waiting for Hello" | "open" | "closed" = "waiting for Hello";
  /** whether the agent can hold a command back until others have succeeded */
  let holdsBack = false;
  let demandsSignatures = false;
  /** whether the agent can replace its own program */
  let canUpgrade = false;
  const arrange = inventorySequence();
  const reports = inventoryLane({
    write: report,
    hurry: deps.reports.hurry,
    took: (seconds) => measure({ of: "report", seconds }),
    failed,
  });
  const notes = commandNotes((told) => recordNotes(database, serverId, told), failed);
  const logs = logFollows(send);
  const upgrades = upgradeOrders(deps, serverId, { send, log: () => log });
  const { credentialsFor, signaturesFor = noneLookedFor } = deps;
  const delivery = startDelivery({ database, log, credentialsFor, signaturesFor }, key, {
    send,
    failed,
    demandsSignatures: () => demandsSignatures,
  });
  const session: Session = {
    ...key,
    certificate,
    address,
    wake: delivery.wake,
    upgrade() {
      if (state === "open") upgrades.order(canUpgrade).catch(failed);
    },
    requestInventory: () => send({ kind: "inventoryRequest" }),
    tellAuthorities: () => send({ kind: "authorities", caPems: trusted() }),
    follow: logs.follow,
    close(reason) {
      send({ kind: "goodbye", reason });
      end(reason);
    },
    isIdle: () => state === "open" && queue.length === 0 && delivery.isIdle() && !logs.isRead(),
    sendElsewhere() {
      const reason = "another replica has fewer agents";
      send({ kind: "goodbye", reason, elsewhere: true });
      // The lease runs out by itself if its agent does not come.
      end(reason, grpcStatus.OK, { offline: false });
    },
    refuse(refusal) {
      const reason = refusalSentences[refusal];
      send({ kind: "goodbye", reason });
      end(reason, grpcStatus.PERMISSION_DENIED);
    },
  };

  const trusted = () => deps.authority.trusted.map(({ certificatePem }) => certificatePem);

  const helloTimer = setTimeout(
    () => end("no Hello came", grpcStatus.DEADLINE_EXCEEDED),
    helloTimeoutMs,
  );
  let lookAgainTimer: NodeJS.Timeout | undefined;
  let renewedTimer: NodeJS.Timeout | undefined;

  function send(message: ControlMessage): void {
    if (state === "closed" || stream.writableEnded || stream.destroyed) return;
    if (stream.writableLength > mostUnread) {
      // The status that ends the stream waits behind what is unread, and is seen when it is read.
      end("the agent does not read what it is sent", grpcStatus.RESOURCE_EXHAUSTED);
      return;
    }
    stream.write(encodeControlMessage(message));
  }

  /** The one way out. The server is offline at once, whatever becomes of the connection, unless it is said to stay. */
  function end(
    reason: string,
    code: grpcStatus = grpcStatus.OK,
    { hear = true, offline = true } = {},
  ): void {
    if (state === "closed") return;
    const wasOpen = state === "open";
    state = "closed";
    clearTimeout(helloTimer);
    clearTimeout(lookAgainTimer);
    clearTimeout(renewedTimer);
    reader.stop();
    delivery.stop();
    reports.stop();
    notes.stop();
    logs.endAll("The agent of this server is not connected any more.");
    queue.length = 0;
    events.over();
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
    if (!offline) return;
    closeSessions(database, [key]).catch((error: unknown) => {
      // Its lease runs out by itself.
      log.warn({ err: error }, "a session's end could not be written");
    });
  }

  const isClosed = () => state === "closed";

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
  const queue: Received[] = [];
  let handling = false;
  const reader = pacedReader(stream, take, () => queue.length > readAhead);

  async function handleAll(): Promise<void> {
    if (handling) return;
    handling = true;
    try {
      let since = performance.now();
      for (let next = queue.shift(); next; next = queue.shift()) {
        await handle(next);
        // Others wait for this thread, too.
        if (performance.now() - since > sliceMs) {
          await setImmediate();
          since = performance.now();
        }
        if (reports.waiting > readAhead) await reports.written();
        if (queue.length === 0) reader.readOn();
      }
    } catch (error) {
      failed(error);
    } finally {
      handling = false;
    }
  }

  async function handle(received: Received): Promise<void> {
    const { message } = received;
    if (state === "waiting for Hello") {
      if (message.kind !== "hello") {
        end("the first message was no Hello", grpcStatus.INVALID_ARGUMENT);
        return;
      }
      return open(message);
    }
    if (noted(received)) return;
    switch (message.kind) {
      case "host":
        return updateHost(database, key, message.host);
      case "result":
        return record([message.result, ...resultsBehind()]);
      case "log":
        return logs.received(message);
      case "renew":
        return renew(message.csrPem);
      case "credentialsRequest":
        if (isOpen(message.commandId)) delivery.renew(message.commandId);
        return;
      case "upgradeStatus":
        return upgrades.told(message.attempt, message.error);
      case "goodbye":
        end(`goodbye: ${message.reason}`);
    }
  }

  /** Takes what is written later, with more of its kind. False: it is something else. */
  function noted({ message, bytes, more, at: receivedAt }: Received): boolean {
    switch (message.kind) {
      case "hello":
        return true;
      case "inventory":
      case "change":
        for (const step of arrange(message, bytes, more)) {
          if (step.kind === "write") reports.add(step.change, receivedAt);
          else if (step.kind === "too_many") {
            cutOff(`an inventory is too long, or has more than ${limits.containers} containers`);
          } else {
            log.warn("a report was missed; asking for a complete inventory");
            send({ kind: "inventoryRequest" });
          }
        }
        return true;
      case "accepted":
        if (isOpen(message.commandId)) notes.accepted(message.commandId);
        return true;
      case "progress": {
        const { commandId, at, phase, message: text } = message;
        if (isOpen(commandId)) notes.progress(commandId, { at, phase, message: text });
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
      if (next.message.kind === "result") results.push(next.message.result);
      else if (!noted(next)) break;
      queue.shift();
    }
    return results;
  }

  async function record(results: CommandResult[]): Promise<void> {
    if (results.some(endsPlan)) await reports.written();
    const own = await ownOf(results);
    const ends: CommandEnd[] = [];
    for (const { commandId, outcome, startedAt, finishedAt, phases = [] } of own) {
      const progress = await notes.take(commandId);
      const work = { startedAt, finishedAt, phases };
      ends.push({ commandId, outcome: takenOutcome(outcome), progress, work });
    }
    if (ends.length > 0) await recordOutcomes(database, serverId, ends);
    // Also of what is unknown, so that its agent forgets it.
    for (const { commandId } of results) {
      delivery.finished(commandId);
      send({ kind: "resultAck", commandId });
    }
    // An agent that cannot hold a command back gets it when the others have succeeded, which may be now.
    if (!holdsBack) delivery.wake();
  }

  /** Whether it is this server's to tell of. What it was never given is ignored, and counted. */
  function isOpen(commandId: string): boolean {
    if (delivery.isOpen(commandId)) return true;
    invented();
    return false;
  }

  /** Those results that are of this server's commands. What has its result already may be sent again. */
  async function ownOf(results: readonly CommandResult[]): Promise<CommandResult[]> {
    const others = results.map(({ commandId }) => commandId).filter((id) => !delivery.isOpen(id));
    if (others.length === 0) return [...results];
    const known = await knownCommands(database, serverId, others.filter(isId));
    const own = results.filter(
      ({ commandId }) => delivery.isOpen(commandId) || known.has(commandId),
    );
    for (let more = results.length - own.length; more > 0; more -= 1) invented();
    return own;
  }

  function invented(): void {
    if (allowance.invented.take()) return;
    cutOff("it tells of commands and logs that this server was never given");
  }

  async function open(hello: Extract<AgentMessage, { kind: "hello" }>): Promise<void> {
    clearTimeout(helloTimer);
    const current = deps.authority.fingerprint;
    // Its agent may have given up by the time that it is its turn: then others are waiting.
    const opened = await deps.opening(async () =>
      isClosed() ? null : openSession(database, key, certificate, hello, address, current),
    );
    if (opened === null) return;
    if (!opened.ok) {
      const { refusal, server } = opened;
      end(refusalSentences[refusal], grpcStatus.PERMISSION_DENIED);
      await deps.turnedAway({ action: "refuse_agent", server, reason: refusal, address });
      return;
    }
    if (state === "closed") {
      await closeSessions(database, [key]);
      return;
    }
    log = log.child({ server: opened.server.name });
    state = "open";
    holdsBack = hello.capabilities.includes(afterCapability);
    demandsSignatures = hello.capabilities.includes(demandsSignaturesCapability);
    canUpgrade = hello.capabilities.includes(upgradeCapability);
    log.info({ agentVersion: hello.agentVersion, peer: stream.getPeer() }, "agent connected");
    send({
      kind: "welcome",
      protocolVersion: Math.min(protocolVersion, hello.protocolVersion),
      serverId,
      capabilities: [],
    });
    session.tellAuthorities();
    events.opened(session);
    session.upgrade();
    delivery.wake();
    // What it says of commands of an earlier stream is about what is delivered again now.
    await delivery.caughtUp;
  }

  async function report(changes: InventoryChange[]): Promise<number> {
    const { applied, tookMs } = await deps.reports.write({ ...key, changes });
    if (applied === "replaced") {
      end("another session speaks for this server", grpcStatus.ABORTED);
      return tookMs;
    }
    if (changes.some(({ kind }) => kind === "complete")) await noteInventory(database, key);
    lookAgain(applied);
    return tookMs;
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
    if (!allowance.renewals.take()) {
      cutOff("it asks for certificates too often");
      return;
    }
    const renewed = await renewCertificate(deps, certificate, csrPem, address);
    if (renewed.kind === "unusable") {
      log.warn("an agent asked for a certificate with a request that cannot be used");
      return;
    }
    if (renewed.kind === "refused") {
      const { refusal, server } = renewed;
      session.refuse(refusal);
      await deps.turnedAway({ action: "refuse_agent", server, reason: refusal, address });
      return;
    }
    const { certificatePem } = renewed;
    // Agents of an earlier version read the first one, and trust all of them.
    send({ kind: "certificate", certificatePem, caPem: trusted().join("\n") });
    log.info("certificate renewed");
    renewedTimer ??= setTimeout(
      () => session.close("its certificate was renewed: connect again with the new one"),
      deps.renewedGraceMs ?? renewedGraceDefaultMs,
    );
  }

  /** What cannot be taken; the result of a command ends that, as its agent would send it for ever. */
  function refuse(reason: string, resultOf: string | null): void {
    if (resultOf === null || state !== "open") {
      cutOff(reason);
      return;
    }
    log.warn({ reason, commandId: resultOf }, "a result was refused");
    const why = `What the agent answered cannot be taken: ${reason}.`;
    const result = { commandId: resultOf, ...unreadable(why) };
    const at = performance.now();
    queue.push({ message: { kind: "result", result }, bytes: 0, more: false, at });
  }

  /** Whether the agent may still say this. @returns why not; null: it may */
  function excess(message: AgentMessage | null, bytes: number): string | null {
    if (message?.kind === "log") {
      const counted = logs.count(message);
      if (counted === "beyond") return "it sends more lines of a log than it was asked for";
      // Its reader's credit is the limit.
      if (counted === "expected" && message.lines.length > 0) return null;
      if (counted === "unknown") invented();
    }
    if (!allowance.messages.take()) return "it sends messages faster than any agent";
    if (!allowance.bytes.take(bytes)) return "it sends more than any agent";
    const containers =
      message?.kind === "inventory"
        ? message.containers.length
        : Number(message?.kind === "change");
    if (!allowance.containers.take(containers))
      return "it reports containers faster than any agent";
    return null;
  }

  function take(read: ReadAgentMessage, bytes: number, more: boolean): void {
    const message = read.ok ? read.message : null;
    const tooMuch = excess(message, bytes);
    if (tooMuch !== null) cutOff(tooMuch);
    else if (!read.ok) refuse(read.reason, read.resultOf);
    if (isClosed()) return;
    if (message !== null) queue.push({ message, bytes, more, at: performance.now() });
    void handleAll();
  }

  stream.on("data", reader.arrived);
  // A peer that died and one that left look alike: whatever comes first, it is gone.
  stream.on("end", () => end("the stream ended"));
  stream.on("close", () => end("the stream closed"));
  stream.on("cancelled", () => end("the stream was cancelled"));
  stream.on("error", () => end("the stream failed"));
}

const noneLookedFor: SignaturesFor = async () => ({ found: [], error: "None were looked for." });

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
