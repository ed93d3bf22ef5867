import { randomUUID } from "node:crypto";
import {
  type AgentLinkClient,
  type AgentMessage,
  type AgentUpgrade,
  authoritiesCapability,
  type Command,
  type ControlMessage,
  type Credentials,
  decodeControlMessage,
  demandsSignaturesCapability,
  encodeAgentMessage,
  type HostStatus,
  protocolVersion,
  registryTokenCapability,
  upgradeCapability,
  type WireControlMessageOutput,
} from "@bridgeport/proto";
import { status as grpcStatus, type ServiceError } from "@grpc/grpc-js";
import type { Journal } from "../commands/journal.ts";
import type { Worker } from "../commands/worker.ts";
import type { Engine } from "../engine/client.ts";
import type { Inventory, InventoryChange } from "../engine/inventory/inventory.ts";
import type { EngineWatch } from "../engine/inventory/watch.ts";
import type { Logger } from "../log.ts";
import type { Policy } from "../policy/policy.ts";
import { policyReport } from "../policy/summary.ts";
import { fittingResult } from "./fitting-result.ts";
import { inventoryChunks } from "./inventory-chunks.ts";
import { LogFollows } from "./log-follows.ts";
import type { SessionOutcome } from "./reconnect.ts";
import type { IdentityKeeper } from "./renewal.ts";

/** Tells this process from another one that uses a copy of its state directory. */
const instanceId = randomUUID();

/** The parts of the agent that a session uses. */
export interface SessionParts {
  agentVersion: string;
  engine: Engine;
  inventory: Inventory;
  watch: EngineWatch;
  worker: Worker;
  journal: Journal;
  policy: Policy;
  identity: IdentityKeeper;
  upgrades: Upgrades;
  log: Logger;
}

/** How the agent replaces its own program. */
export interface Upgrades {
  /** whether it can */
  readonly capable: boolean;
  /** what the last order came to; null: there was none */
  readonly last: { attempt: string; error: string | null } | null;
  /** Takes an order, which comes again on each stream. @param tell says what it came to */
  ordered(
    order: AgentUpgrade,
    tell: (end: { attempt: string; error: string | null }) => void,
  ): void;
}

export interface SessionTiming {
  /** until the control plane shows that it has heard of the stream; it may have connections to accept before */
  answerMs: number;
  /** from then until it lets this agent in: others may come first. Its keepalive tells whether it lives */
  welcomeMs: number;
  hostStatusMs: number;
  resendMs: number;
  renewalCheckMs: number;
}

export const sessionTiming: SessionTiming = {
  answerMs: 30_000,
  welcomeMs: 120_000,
  hostStatusMs: 60_000,
  resendMs: 30_000,
  renewalCheckMs: 60 * 60_000,
};

/** Messages that wait for a slow peer; with more than these the session is ended, to limit the memory. */
const maxBuffered = 4_096;

export interface SessionEnd extends SessionOutcome {
  /** a sentence about why it ended */
  reason: string;
}

/**
 * One stream to the control plane, from Hello to its end. Any error ends the session; results and the
 * inventory are kept outside of it and sent again by the next one.
 *
 *   opening --Welcome--> established --any end--> ended
 *   opening --no Welcome in time, any end--> ended
 */
export class Session {
  readonly #parts: SessionParts;
  readonly #timing: SessionTiming;
  readonly #client: AgentLinkClient;
  readonly #call: ReturnType<AgentLinkClient["connect"]>;
  readonly #follows: LogFollows;
  readonly #cleanups: (() => void)[] = [];
  /** who waits until the peer takes more */
  readonly #waiting = new Set<() => void>();
  readonly #ended: Promise<SessionEnd>;
  #resolveEnded: (end: SessionEnd) => void = () => {};
  readonly #established: Promise<void>;
  #resolveEstablished: () => void = () => {};
  #establishedAt: number | null = null;
  #isOver = false;
  /** the goodbye is sent: a write after it would break the stream off before it has arrived */
  #isLeaving = false;
  #goodbye: string | null = null;
  /** the control plane has asked to connect again at once */
  #elsewhere = false;
  /** the number of the last change that this session has sent or holds back */
  #sequence = 0;
  /** changes to be sent after the inventory that is being sent; null: none is being sent */
  #heldBack: AgentMessage[] | null = null;
  #inventoryWanted = false;
  /** a certificate was asked for, and has not come */
  #certificateAsked = false;

  constructor(client: AgentLinkClient, parts: SessionParts, timing: SessionTiming = sessionTiming) {
    this.#parts = parts;
    this.#timing = timing;
    this.#client = client;
    this.#ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
    this.#established = new Promise((resolve) => {
      this.#resolveEstablished = resolve;
    });
    this.#follows = new LogFollows(parts.engine, parts.policy, (message) => this.#send(message));
    this.#call = client.connect();
    this.#call.on("data", (message: WireControlMessageOutput) => this.#receive(message));
    this.#call.on("error", (error: ServiceError) => this.#end(reasonOf(error), isRefusal(error)));
    this.#call.on("drain", () => this.#goOn());
    this.#call.on("end", () => this.#end(this.#goodbye ?? "The control plane ended the stream."));
    this.#call.on("close", () => this.#end("The stream to the control plane was closed."));
    const inTime = (ms: number) =>
      this.#after(ms, () => {
        if (this.#establishedAt === null) this.#end("The control plane did not answer in time.");
      });
    const unanswered = inTime(timing.answerMs);
    // One of an earlier version answers with Welcome only.
    this.#call.once("metadata", () => {
      clearTimeout(unanswered);
      inTime(timing.welcomeMs);
    });
    this.#send({
      kind: "hello",
      protocolVersion,
      agentVersion: parts.agentVersion,
      capabilities: [
        ...parts.worker.kinds,
        ...["after", "follow-logs", "renew-certificate"],
        ...[registryTokenCapability, authoritiesCapability],
        ...(parts.upgrades.capable ? [upgradeCapability] : []),
        ...(parts.policy.signatures.length > 0 ? [demandsSignaturesCapability] : []),
      ],
      host: this.#withPolicy(parts.watch.status),
      instanceId,
      sentAt: Date.now(),
    });
  }

  /** Resolves when the session is over; never rejects. */
  get ended(): Promise<SessionEnd> {
    return this.#ended;
  }

  /** Resolves when the control plane has let this agent in, if it ever does; never rejects. */
  get established(): Promise<void> {
    return this.#established;
  }

  /** Sends a message if the session is established; drops it otherwise. */
  send(message: AgentMessage): void {
    if (this.#establishedAt !== null) this.#send(message);
  }

  /** Says goodbye and ends. */
  async leave(reason: string, graceMs = 1_000): Promise<void> {
    if (this.#isOver) return;
    if (!this.#isLeaving) {
      this.#send({ kind: "goodbye", reason });
      this.#isLeaving = true;
      this.#call.end();
    }
    this.#after(graceMs, () => this.#end(reason));
    await this.#ended;
  }

  #receive(wire: WireControlMessageOutput): void {
    if (this.#isOver) return;
    const message = decodeControlMessage(wire);
    if (message !== null) this.#handle(message);
  }

  #handle(message: ControlMessage): void {
    const { worker, journal, log } = this.#parts;
    switch (message.kind) {
      case "welcome":
        this.#welcome(message.serverId);
        break;
      case "command":
        void worker.submit(withLocalTimes(message.command, message.sentAt, Date.now()));
        break;
      case "credentials":
        if (message.error !== null) {
          const { commandId, error } = message;
          log.warn("There are no other credentials for a command", { commandId, error });
        }
        worker.renewed(
          message.commandId,
          message.credentials && locally(message.credentials, message.sentAt, Date.now()),
        );
        break;
      case "resultAck":
        journal.acknowledge(message.commandId, Date.now()).catch((error) => {
          const { commandId } = message;
          log.warn("Could not note an acknowledgement", { commandId, error });
        });
        break;
      case "inventoryRequest":
        this.#sendInventory();
        break;
      case "logStart":
        this.#follows.start(message);
        break;
      case "logCredit":
        this.#follows.addCredit(message.followId, message.lines);
        break;
      case "logStop":
        this.#follows.stop(message.followId);
        break;
      case "certificate":
        this.#acceptCertificate(message.certificatePem, message.caPem);
        break;
      case "authorities":
        this.#trust(message.caPems);
        break;
      case "upgrade":
        this.#parts.upgrades.ordered(message, (end) => this.#tellUpgrade(end));
        break;
      case "goodbye":
        this.#goodbye = `The control plane said goodbye: ${message.reason}`;
        this.#elsewhere = message.elsewhere ?? false;
        break;
    }
  }

  #welcome(serverId: string): void {
    if (this.#establishedAt !== null) return;
    this.#establishedAt = Date.now();
    this.#resolveEstablished();
    const { inventory, watch, log } = this.#parts;
    log.info("Connected to the control plane", { server: serverId });
    this.#cleanups.push(
      inventory.subscribe({
        completed: () => this.#sendInventory(),
        changed: (change) => this.#sendChange(change),
      }),
      watch.onStatus((host) => this.#sendHost(host)),
    );
    // The engine may have come or gone since Hello.
    this.#sendHost(watch.status);
    this.#sendInventory();
    const { last } = this.#parts.upgrades;
    if (last !== null) this.#tellUpgrade(last);
    this.#resendResults();
    this.#checkCertificate();
    this.#every(this.#timing.hostStatusMs, () => {
      void watch.refreshStatus().then((host) => this.#sendHost(host));
    });
    this.#every(this.#timing.resendMs, () => this.#resendResults());
    this.#every(this.#timing.renewalCheckMs, () => {
      // Perhaps there was no answer.
      this.#certificateAsked = false;
      this.#checkCertificate();
    });
  }

  #tellUpgrade({ attempt, error }: { attempt: string; error: string | null }): void {
    this.#send({ kind: "upgradeStatus", attempt, error });
  }

  #sendHost(host: HostStatus): void {
    this.#send({ kind: "host", host: this.#withPolicy(host) });
  }

  #withPolicy(host: HostStatus): HostStatus {
    return { ...host, policy: policyReport(this.#parts.policy) };
  }

  /** Asks for a certificate where that is due: at the start, and when it is told of authorities, but once. */
  #checkCertificate(): void {
    const { identity, log } = this.#parts;
    identity
      .renewIfDue(Date.now(), (message) => {
        if (this.#certificateAsked) return;
        this.#certificateAsked = true;
        this.#send(message);
      })
      .catch((error) => log.error("A new certificate could not be asked for", { error }));
  }

  /** What is to be trusted; where the agent's certificate is not of the first of them, it asks for one. */
  #trust(caPems: readonly string[]): void {
    const { identity, log } = this.#parts;
    identity.trust(caPems).then(
      () => this.#checkCertificate(),
      (error) => log.error("The certificate authorities could not be stored", { error }),
    );
  }

  /** Its first use is what tells the control plane that it is stored, and ends the one before. */
  #acceptCertificate(certificatePem: string, caPem: string): void {
    const { identity, log } = this.#parts;
    this.#certificateAsked = false;
    identity.accept(certificatePem, caPem).then(
      (useNow) => {
        if (useNow) void this.leave("The agent connects again with its new certificate.");
      },
      (error) => log.error("The new certificate could not be stored", { error }),
    );
  }

  #resendResults(): void {
    this.#sendResults().catch((error) => {
      this.#parts.log.error("Results could not be read from the journal", { error });
    });
  }

  /** Sends all results that the control plane has not acknowledged yet. */
  async #sendResults(): Promise<void> {
    const { journal } = this.#parts;
    for (const commandId of journal.unacknowledged()) {
      const result = await journal.result(commandId);
      if (result !== null) this.#send({ kind: "result", result });
      await this.#drained();
    }
  }

  #sendChange(change: InventoryChange): void {
    this.#sequence += 1;
    const message: AgentMessage = { kind: "change", sequence: this.#sequence, change };
    if (this.#heldBack === null) {
      this.#send(message);
      return;
    }
    this.#heldBack.push(message);
    if (this.#heldBack.length > maxBuffered) this.#end("The control plane reads too slowly.");
  }

  #sendInventory(): void {
    if (!this.#parts.inventory.complete) return;
    this.#inventoryWanted = true;
    if (this.#heldBack === null) void this.#sendChunks();
  }

  /**
   * Sends the inventory. Changes that happen meanwhile are sent after it, so that the receiver gets them
   * in order.
   */
  async #sendChunks(): Promise<void> {
    while (this.#inventoryWanted && !this.#isOver) {
      this.#inventoryWanted = false;
      const sequence = this.#sequence;
      this.#heldBack = [];
      const chunks = inventoryChunks(this.#parts.inventory.snapshot());
      for (const [chunk, containers] of chunks.entries()) {
        const last = chunk === chunks.length - 1;
        this.#send({ kind: "inventory", sequence, chunk, last, containers });
        await this.#drained();
      }
      for (const message of this.#heldBack) this.#send(message);
      this.#heldBack = null;
    }
  }

  #send(message: AgentMessage): void {
    if (this.#isOver || this.#isLeaving) return;
    const fitting =
      message.kind === "result" ? { ...message, result: fittingResult(message.result) } : message;
    this.#call.write(encodeAgentMessage(fitting));
    if (this.#call.writableLength > maxBuffered) this.#end("The control plane reads too slowly.");
  }

  /** Resolves when the peer takes more, or when the session is over. */
  async #drained(): Promise<void> {
    if (this.#isOver || !this.#call.writableNeedDrain) return;
    await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  #goOn(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  #after(ms: number, action: () => void): NodeJS.Timeout {
    const timer = setTimeout(action, ms);
    this.#cleanups.push(() => clearTimeout(timer));
    return timer;
  }

  #every(ms: number, action: () => void): void {
    const timer = setInterval(action, ms);
    this.#cleanups.push(() => clearInterval(timer));
  }

  #end(reason: string, refused = false): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const cleanup of this.#cleanups) cleanup();
    this.#goOn();
    this.#follows.stopAll();
    this.#call.cancel();
    this.#client.close();
    this.#resolveEnded({
      established: this.#establishedAt !== null,
      durationMs: this.#establishedAt === null ? 0 : Date.now() - this.#establishedAt,
      refused,
      elsewhere: this.#elsewhere,
      reason,
    });
  }
}

/** Whether the control plane refuses this agent, as opposed to being unreachable. */
function isRefusal(error: ServiceError): boolean {
  return (
    error.code === grpcStatus.UNAUTHENTICATED ||
    error.code === grpcStatus.PERMISSION_DENIED ||
    error.code === grpcStatus.UNIMPLEMENTED ||
    error.code === grpcStatus.FAILED_PRECONDITION
  );
}

function reasonOf(error: ServiceError): string {
  switch (error.code) {
    case grpcStatus.UNAUTHENTICATED:
    case grpcStatus.PERMISSION_DENIED:
      return `The control plane refuses this agent (${error.details}). ${whatToDo(error.details)}`;
    case grpcStatus.UNIMPLEMENTED:
    case grpcStatus.FAILED_PRECONDITION:
      return `The control plane does not speak this agent's protocol (${error.details}): update the older of the two.`;
    case grpcStatus.UNAVAILABLE:
      return `The control plane cannot be reached: ${connectError(error.details)}`;
    default:
      return `The stream to the control plane broke: ${error.details}`;
  }
}

/**
 * The error itself, out of what @grpc/grpc-js 1.14 says around it: "No connection established. Last error:
 * Error: connect ECONNREFUSED 127.0.0.1:7443. Resolution note: ", with a time where it has no error.
 */
export function connectError(details: string): string {
  const [, said] = details.split("Last error: ");
  if (said === undefined) return details;
  const [error = ""] = said.split(". Resolution note:");
  return error.replace(/^Error: /, "").replace(/ \([\d-]{10}T[\d:.]{8,12}Z\)$/, "");
}

/** A control plane of an earlier version does not say it. */
function whatToDo(details: string): string {
  return details.includes("join token")
    ? "Meanwhile it asks again only now and then."
    : "If its server was deleted there, add the server again and start the agent with the new --token.";
}

/** The command with its times by this host's clock, which may differ from the control plane's. */
export function withLocalTimes(command: Command, sentAt: number, now: number): Command {
  const { deadlineAt, body } = command;
  return {
    ...command,
    deadlineAt: deadlineAt === null ? null : now + (deadlineAt - sentAt),
    body:
      "credentials" in body && body.credentials !== null
        ? { ...body, credentials: locally(body.credentials, sentAt, now) }
        : body,
  };
}

function locally(credentials: Credentials, sentAt: number, now: number): Credentials {
  const { registryToken } = credentials;
  if (registryToken === undefined || registryToken.expiresAt === null) return credentials;
  const expiresAt = now + (registryToken.expiresAt - sentAt);
  return { ...credentials, registryToken: { ...registryToken, expiresAt } };
}
