import { agentLinkBytes } from "@bridgeport/proto";
import { status as grpcStatus, logVerbosity, Server, setLogVerbosity } from "@grpc/grpc-js";
import pLimit from "p-limit";
import type { Logger } from "pino";
import { endOverdueCommands, serversWithCommands } from "../commands/commands.store.ts";
import { reconnectMs } from "../commands/reconnect.ts";
import type { Database } from "../database/connection.ts";
import { listen } from "../database/listen.ts";
import type { PackageState } from "../installation/read-package.ts";
import { inventoryOf } from "../inventory/inventory.ts";
import type { Measure } from "../measures.ts";
import { Problem } from "../problem.ts";
import { addressOf, turnedAwayAudit } from "../servers/agent-audit.ts";
import { authorityExpiryWarning } from "../servers/authority-expiry.ts";
import type { Authority } from "../servers/certificate-authority.ts";
import { whyRefused } from "../servers/certificate-standing.ts";
import { serverAccess } from "../servers/certificates.store.ts";
import { presentedCertificate } from "../servers/presented-certificate.ts";
import { retireIfAllRenewed } from "../servers/rotate-authority.ts";
import { closeSessions, expireLeases, renewLeases } from "../servers/sessions.store.ts";
import { endOverdueUpgrades } from "../servers/upgrade-agents.ts";
import { type AgentListener, listenForAgents } from "./agent-listener.ts";
import { type Allowance, isWhole, newAllowance } from "./allowance.ts";
import { connectionLimits } from "./connections.ts";
import type { CredentialsFor, SignaturesFor } from "./delivery.ts";
import { downloads } from "./downloads.ts";
import type { enrolmentLimits } from "./enrolment-door.ts";
import { enrolments } from "./enrolments.ts";
import { inventoryBatches } from "./inventory-batches.ts";
import type { LogRange, LogReader } from "./logs.ts";
import { logsElsewhere } from "./logs-elsewhere.ts";
import { logsForOthers } from "./logs-for-others.ts";
import { rebalance } from "./rebalance.ts";
import { type AgentStream, type Session, serveSession } from "./session.ts";

export interface GatewayDeps {
  database: Database;
  log: Logger;
  authority: Authority;
  /** what to listen on; port 0: any free one */
  address: { host: string; port: number };
  credentialsFor: CredentialsFor;
  /** the agent that others can be upgraded to; absent: there is none */
  agentPackage?: () => PackageState;
  /** how agents reach this listener, host:port; default: as it is */
  agentAddress?: (listener: { host: string; port: number }) => string;
  /** what one source may ask that has no certificate; tests give less */
  enrolmentLimits?: typeof enrolmentLimits;
  /** what connections may be open on which nothing is asked; tests give less */
  connectionLimits?: typeof connectionLimits;
  /** absent: none are looked for, and hosts that demand signatures refuse */
  signaturesFor?: SignaturesFor;
  /** told how long reports take to be written */
  measure?: Measure;
  /** what each server's agent may ask; tests give less */
  allowance?: () => Allowance;
  /** how long a stream may go on with a certificate that was renewed; tests give less */
  renewedGraceMs?: number;
  /** the time, in epoch milliseconds; tests give another */
  now?: () => number;
}

export interface Gateway {
  /** what it listens on */
  address: { host: string; port: number };
  /** how many agents are connected to this replica */
  connected(): number;
  /**
   * Follows a container's log over its agent's stream, whichever replica holds that.
   * @returns stops it
   * @throws {Problem} 503 when no replica does
   */
  followLogs(
    serverId: string,
    containerName: string,
    range: LogRange,
    reader: LogReader,
  ): Promise<() => void>;
  /** Says goodbye to every agent and stops listening. */
  stop(): Promise<void>;
}

// Whatever matters is in our own log, or in the error that we throw.
setLogVerbosity(logVerbosity.NONE);

const noPackage = (): PackageState => ({ state: "unavailable", message: "There is none." });

/** How often this replica repeats that its streams are alive, and looks for what was missed. */
const beatMs = 5000;
const heldUpMs = 3 * beatMs;
/** Who has no certificate that counts may have one of an authority that was made just now. */
const hearAgainMs = 1000;
/** Streams that are opened at the same time: fewer than there are connections to the database. */
const openedAtOnce = 6;
/** How long agents have to take their goodbye. */
const farewellMs = 1000;

const channelOptions = {
  // A peer that is silent for 5 s is asked, and has 5 s to answer.
  "grpc.keepalive_time_ms": 5000,
  "grpc.keepalive_timeout_ms": 5000,
  "grpc.keepalive_permit_without_calls": 1,
  // An agent has one stream, and opens the next before the last is known to be over.
  "grpc.max_concurrent_streams": 4,
  // A connection on which nothing is asked is of no use, and everyone may open one.
  "grpc.max_connection_idle_ms": 30_000,
  // An agent of an earlier version may send this much. What is longer than limits.messageBytes is
  // never decoded, but a result still says by its id which command has to end.
  "grpc.max_receive_message_length": 4 * 1024 * 1024,
};

/**
 * Listens for agents, by mutual TLS with our own authority, and serves their streams. Who has no
 * certificate yet may enrol, and nothing else.
 * @throws {ConfigError} when the address cannot be listened on
 */
export async function startGateway(deps: GatewayDeps): Promise<Gateway> {
  const { database, log, authority } = deps;
  const inventory = inventoryOf(database);
  const reports = inventoryBatches(inventory.apply);
  const opening = pLimit(openedAtOnce);
  const sessions = new Map<string, Session>();
  // By server, not by stream: who comes again has not more. Only our own certificates get this far.
  const allowances = new Map<string, Allowance>();
  const turnedAway = turnedAwayAudit(database, log);
  const now = deps.now ?? Date.now;
  const agentPackage = deps.agentPackage ?? noPackage;
  const agentAddress = () =>
    deps.agentAddress?.({ host: deps.address.host, port }) ?? `${deps.address.host}:${port}`;
  let hearing: Promise<boolean> = Promise.resolve(false);
  let heardAt = Number.NEGATIVE_INFINITY;
  const warnOfExpiry = authorityExpiryWarning(authority, log);
  let stopping = false;

  function connect(stream: AgentStream): void {
    const peer = stream.getAuthContext().sslPeerCertificate;
    const certificate = presentedCertificate(peer, authority);
    if (stopping) {
      const details = "the control plane is stopping";
      stream.emit("error", { code: grpcStatus.UNAVAILABLE, details });
      return;
    }
    if (certificate === null) {
      void refuseStranger(stream);
      return;
    }
    const { serverId } = certificate;
    const allowance = allowances.get(serverId) ?? (deps.allowance ?? newAllowance)();
    allowances.set(serverId, allowance);
    if (!allowance.streams.take()) {
      const details = "this agent connects too often";
      stream.emit("error", { code: grpcStatus.RESOURCE_EXHAUSTED, details });
      return;
    }
    const over = listener.connections.use(stream.getPeer());
    const parts = { ...deps, agentPackage, inventory, reports, opening, allowance, turnedAway };
    serveSession(parts, stream, certificate, {
      over,
      opened(session) {
        const before = sessions.get(serverId);
        sessions.set(serverId, session);
        before?.close("another session has taken over");
        // It may have been retired since the stream began.
        if (!isTrusted(session)) session.refuse("authority_retired");
      },
      closed(session) {
        if (sessions.get(serverId) === session) sessions.delete(serverId);
      },
    });
  }

  /** It has no certificate of a server; or one of an authority that this replica has not heard of yet. */
  async function refuseStranger(stream: AgentStream): Promise<void> {
    const address = addressOf(stream.getPeer());
    if (await hearOfAuthority()) {
      const details = "the certificate authority was replaced just now: connect again";
      stream.emit("error", { code: grpcStatus.UNAVAILABLE, details });
      return;
    }
    const details =
      "it has no certificate of a server, or one that has expired or whose authority was retired; make a new join token on the server's page and start the agent with it";
    stream.emit("error", { code: grpcStatus.UNAUTHENTICATED, details });
    const reason = "it has no certificate of a server";
    await turnedAway({ action: "refuse_agent", server: null, reason, address });
  }

  /** Asks the database at most once a second, however many strangers come. @returns whether there was news */
  function hearOfAuthority(): Promise<boolean> {
    if (performance.now() - heardAt > hearAgainMs) {
      heardAt = performance.now();
      hearing = followAuthority().catch(() => false);
    }
    return hearing;
  }

  /** Has listener and agents follow where the authority was replaced or retired. @returns whether it was */
  async function followAuthority(): Promise<boolean> {
    if (!(await follow())) return false;
    // Everyone first, as the database may be away by the time that it is to be written down.
    const all = [...sessions.values()];
    const shutOut = new Set(all.filter((session) => !isTrusted(session)));
    for (const session of all) {
      if (shutOut.has(session)) session.refuse("authority_retired");
      else session.tellAuthorities();
    }
    for (const session of shutOut) await noteShutOut(session);
    return true;
  }

  const isTrusted = (session: Session) =>
    authority.trusted.some(({ fingerprint }) => fingerprint === session.certificate.authority);

  /** Its agent has not renewed before the authority was retired. */
  async function noteShutOut(session: Session): Promise<void> {
    const server = await serverAccess(database, session.certificate);
    const { address } = session;
    await turnedAway({ action: "refuse_agent", server, reason: "authority_retired", address });
  }

  /** Ends a stream whose certificate was good when it began and is not now. */
  async function reconsider(session: Session): Promise<void> {
    const server = await serverAccess(database, session.certificate);
    const refusal = whyRefused(server, session.certificate, authority.fingerprint);
    if (refusal !== null) session.refuse(refusal);
  }

  /** Agents renew in time; this one could not. */
  async function expire(session: Session): Promise<void> {
    session.refuse("expired");
    const server = await serverAccess(database, session.certificate);
    await turnedAway({
      action: "refuse_agent",
      server,
      reason: "expired",
      address: session.address,
    });
  }

  const server = new Server(channelOptions);
  server.addService(agentLinkBytes, {
    Connect: connect,
    Enroll: enrolments({
      ...{ database, log, authority, turnedAway, agentAddress },
      using: (peer) => listener.connections.use(peer),
      ...(deps.enrolmentLimits && { limits: deps.enrolmentLimits }),
    }),
    Download: downloads({
      ...{ database, log, authority, agentPackage },
      using: (peer) => listener.connections.use(peer),
    }),
  });
  const listener = await listenForAgents(server, {
    authority,
    log,
    address: deps.address,
    limits: deps.connectionLimits ?? connectionLimits,
    crowded(address) {
      const reason = "too many connections without a certificate";
      void turnedAway({ action: "refuse_agent", server: null, reason, address });
    },
  });
  const { port } = listener;
  const follow = authorityFollower(authority, listener);

  const forOthers = await logsForOthers(database, log, () => [...sessions.values()]);
  const elsewhere = await logsElsewhere(database, log);
  const sharing = rebalance(database, now);

  let listeningSince = Date.now();
  let beatAt = listeningSince;
  async function beat(): Promise<void> {
    // This process was held up, and so were the agents' answers.
    if (Date.now() - beatAt > heldUpMs) listeningSince = Date.now();
    beatAt = Date.now();
    const mine = [...sessions.values()];
    const held = await renewLeases(database, mine);
    for (const session of mine) {
      if (session.certificate.expiresAt.getTime() <= now()) await expire(session);
      else if (!held.has(session.sessionId)) {
        await reconsider(session);
        session.close("another session has taken over");
      }
    }
    await expireLeases(database);
    await endOverdueCommands(database, { delivered: Date.now() > listeningSince + reconnectMs });
    // Notifications can be lost: these are the nets below them.
    const busy = await serversWithCommands(database, [...sessions.keys()]);
    for (const id of busy) sessions.get(id)?.wake();
    await sharing.beat([...sessions.values()], new Set(busy));
    await endOverdueUpgrades(database);
    await retireIfAllRenewed({ database, authority });
    await followAuthority();
    warnOfExpiry(now());
    for (const [serverId, allowance] of allowances) {
      if (!sessions.has(serverId) && isWhole(allowance)) allowances.delete(serverId);
    }
    await inventory.sweep();
    await forOthers.beat();
    await elsewhere.beat();
  }
  let beating: Promise<void> = Promise.resolve();
  const beats = setInterval(() => {
    beating = beating.then(beat).catch((error: unknown) => {
      log.warn({ err: error }, "the gateway's round could not be finished");
    });
  }, beatMs);

  const listening = await Promise.all([
    listen(database, "command_queued", {
      notified: (serverId) => sessions.get(serverId)?.wake(),
      resumed() {
        // The database was away, and agents could not tell us anything.
        listeningSince = Date.now();
        for (const session of sessions.values()) session.wake();
      },
    }),
    listen(database, "session_revoked", {
      notified(serverId) {
        const session = sessions.get(serverId);
        if (!session) return;
        reconsider(session).catch((error: unknown) => {
          log.warn({ err: error }, "a session could not be looked at again");
          session.close("it may not speak for its server any longer");
        });
      },
    }),
    listen(database, "authority_changed", {
      notified() {
        followAuthority().catch((error: unknown) => {
          log.warn({ err: error }, "the certificate authority could not be read again");
        });
      },
    }),
    listen(database, "agent_upgrade", {
      notified: (serverId) => sessions.get(serverId)?.upgrade(),
      resumed() {
        for (const session of sessions.values()) session.upgrade();
      },
    }),
    listen(database, "inventory_wanted", {
      notified: (serverId) => sessions.get(serverId)?.requestInventory(),
    }),
    listen(database, "changed", {
      notified(payload) {
        // Most changes are of other kinds; a deletion that is missed shows at the next beat.
        if (!payload.includes('"delete"')) return;
        const { kind, id, op } = JSON.parse(payload) as { kind: string; id: string; op?: string };
        if (kind === "server" && op === "delete") {
          sessions.get(id)?.close("this server was deleted");
        }
      },
    }),
  ]);

  log.info({ host: deps.address.host, port }, "listening for agents");
  return {
    address: { host: deps.address.host, port },
    connected: () => sessions.size,
    async followLogs(serverId, containerName, range, reader) {
      const session = sessions.get(serverId);
      if (session) return session.follow(containerName, range, reader);
      const stop = await elsewhere.follow(serverId, containerName, range, reader);
      if (stop) return stop;
      throw new Problem(
        "agent_unavailable",
        "agent_unavailable",
        "This server's agent is not connected: its logs can be followed when it is back.",
      );
    },
    async stop() {
      stopping = true;
      clearInterval(beats);
      await Promise.allSettled([...listening.map((stop) => stop()), beating]);
      const mine = [...sessions.values()];
      for (const session of mine) session.close("the control plane is stopping");
      await closeSessions(database, mine).catch(() => {});
      await Promise.allSettled([forOthers.stop(), elsewhere.stop(), sharing.stop()]);
      listener.refuse();
      await shutDown(server);
      listener.connections.endAll();
    },
  };
}

/**
 * Keeps the listener's TLS as the authority is.
 * @returns reads it again, and says whether it has changed
 */
function authorityFollower(authority: Authority, listener: AgentListener) {
  const known = () => authority.trusted.map(({ fingerprint }) => fingerprint).join();
  let shown = known();
  let last: Promise<unknown> = Promise.resolve();

  async function follow(): Promise<boolean> {
    await authority.reload();
    if (known() === shown) return false;
    const next = known();
    await listener.follow(authority);
    shown = next;
    return true;
  }
  return (): Promise<boolean> => {
    const next = last.then(follow);
    last = next.catch(() => {});
    return next;
  };
}

async function shutDown(server: Server): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const polite = new Promise<void>((resolve) => {
    server.tryShutdown(() => resolve());
    timer = setTimeout(resolve, farewellMs);
  });
  await polite;
  clearTimeout(timer);
  server.forceShutdown();
}
