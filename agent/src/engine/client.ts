import { Agent, type IncomingMessage } from "node:http";
import { Agent as TlsAgent } from "node:https";
import { inspect } from "node:util";
import Docker from "dockerode";
import { EngineSilent, limitRequests } from "./dial.ts";
import { type RequestLimits, requestLimits } from "./limits.ts";

/** Where an engine listens, and what it takes to be believed and to be let in. */
export interface EngineEndpoint {
  /** such as `unix:///var/run/docker.sock` or `tcp://10.0.0.5:2376` */
  host: string;
  /** null: plain HTTP */
  tls: EngineTls | null;
}

export interface EngineTls {
  /** PEM of the authority that has signed the engine's certificate; null: the system's */
  ca: string | null;
  /** PEM of what the agent shows; null: it shows nothing */
  client: { cert: string; key: string } | null;
  /** false: any certificate of the engine's will do */
  verify: boolean;
}

/** A connection to one Docker Engine. Nothing is sent until something is asked of it. */
export class Engine {
  readonly docker: Docker;
  /** what was connected to, such as `unix:///var/run/docker.sock` */
  readonly host: string;
  readonly #agent: Agent;
  readonly #memory = new Map<Memory<unknown>, unknown>();

  constructor(docker: Docker, host: string, agent: Agent) {
    this.docker = docker;
    this.host = host;
    this.#agent = agent;
  }

  /** What one part of the agent remembers of this engine; it begins when it is first asked for. */
  recall<T>(memory: Memory<T>): T {
    if (!this.#memory.has(memory)) this.#memory.set(memory, memory.begin());
    return this.#memory.get(memory) as T;
  }

  /** Drops kept connections, so that the process may end. */
  close(): void {
    this.#agent.destroy();
  }
}

/**
 * Something that a part of the agent remembers of each engine, such as its version: a constant of
 * that part, by which {@link Engine.recall} finds the value.
 */
export class Memory<T> {
  readonly begin: () => T;

  constructor(begin: () => T) {
    this.begin = begin;
  }
}

/**
 * Where an engine listens. Throws a sentence for an address that the agent cannot use.
 *
 * @param what where the address comes from: the sentence begins with it
 * @param encrypted by TLS, whose usual port is another one
 */
export function parseDockerHost(
  dockerHost: string,
  { what = "DOCKER_HOST", encrypted = false } = {},
): { socketPath: string } | { host: string; port: number } {
  let url: URL;
  try {
    url = new URL(dockerHost);
  } catch {
    throw new Error(
      `${what} is "${dockerHost}", which is not an address: use unix:///path/to/docker.sock or tcp://host:port`,
    );
  }
  if (url.protocol === "unix:") {
    const socketPath = dockerHost.slice("unix://".length);
    if (!socketPath.startsWith("/")) {
      throw new Error(
        `${what} is "${dockerHost}": after unix:// comes the absolute path of the engine's socket`,
      );
    }
    return { socketPath };
  }
  if (url.protocol === "tcp:" || url.protocol === "http:") {
    if (url.hostname === "") {
      throw new Error(`${what} is "${dockerHost}", which names no host: use tcp://host:port`);
    }
    // The parser leaves out the port where it is the scheme's own, as 80 for http.
    const usual = url.protocol === "http:" ? 80 : encrypted ? 2376 : 2375;
    return { host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || usual) };
  }
  throw new Error(
    `${what} is "${dockerHost}": the agent reaches engines over unix:// and tcp:// only`,
  );
}

/**
 * The library describes every request's options for its debug log, whether anybody reads that or
 * not, to any depth: with the agent's sockets in them that took most of the time of a request.
 */
class QuietAgent extends Agent {
  [inspect.custom](): string {
    return "Agent";
  }
}

class QuietTlsAgent extends TlsAgent {
  [inspect.custom](): string {
    return "Agent";
  }
}

/**
 * Prepares a client for an engine (`unix:///…` or `tcp://host:port`, or that and how to encrypt it).
 * Paths carry no API version, so that the engine's own is used.
 *
 * @param limits where a request may take other than the usual time
 */
export function connectEngine(
  endpoint: string | EngineEndpoint,
  limits: Partial<RequestLimits> = {},
): Engine {
  const { host, tls } = typeof endpoint === "string" ? { host: endpoint, tls: null } : endpoint;
  const address = parseDockerHost(host, { encrypted: tls !== null });
  const pool = {
    keepAlive: true,
    scheduling: "lifo",
    maxFreeSockets: 8,
    // Idle connections only: a proxy before the socket may drop them, and a request on a dropped one fails.
    timeout: 5_000,
  } as const;
  const agent = tls === null ? new QuietAgent(pool) : new QuietTlsAgent({ ...pool, ...tlsOf(tls) });
  const options = {
    // Every setting that the library would otherwise take from the environment is named here.
    host: undefined,
    port: undefined,
    socketPath: undefined,
    ca: undefined,
    cert: undefined,
    key: undefined,
    timeout: undefined,
    protocol: tls === null ? "http" : "https",
    ...("socketPath" in address ? address : { ...address, host: bracketed(address.host) }),
    agent,
  };
  // The published types lack `agent`, and take undefined for an absent key to be a mistake.
  const docker = new Docker(options as Docker.DockerOptions);
  limitRequests(docker, { ...requestLimits, ...limits });
  return new Engine(docker, host, agent);
}

function tlsOf({ ca, client, verify }: EngineTls) {
  return {
    ...(ca === null ? {} : { ca }),
    ...(client === null ? {} : client),
    rejectUnauthorized: verify,
  };
}

/**
 * GETs `path` and gives the answer's body as it comes, which the library does only for some
 * paths and options. Rejects with the library's errors; an abort ends the stream too.
 */
export function openStream(
  engine: Engine,
  path: string,
  query: Record<string, string | number | boolean>,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const call = {
      path: `${path}?`,
      method: "GET",
      options: query,
      abortSignal: signal,
      isStream: true,
      statusCodes: { 200: true },
    };
    engine.docker.modem.dial(call, (error, stream) => {
      if (error) reject(error);
      else resolve(stream as IncomingMessage);
    });
  });
}

function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

/** What went wrong between agent and engine, read from codes rather than from text. */
export type EngineErrorKind =
  /** no engine answers at its address */
  | "unavailable"
  | "not_found"
  | "conflict"
  /** the request was aborted by its own signal */
  | "aborted"
  /** this one request took longer than it may, while the engine answers others */
  | "silent"
  /** the engine answered with another error */
  | "engine"
  /** not an error of the engine at all */
  | "other";

const unreachable = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "ENOENT",
  "EACCES",
  "EPERM",
  "EPIPE",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ETIMEDOUT",
  "ENOTSOCK",
  "ENOTDIR",
]);

/** Sorts an error thrown by the engine's client. */
export function engineErrorKind(error: unknown): EngineErrorKind {
  const status = statusOf(error);
  if (status !== null) {
    if (status === 404) return "not_found";
    if (status === 409) return "conflict";
    return "engine";
  }
  if (!(error instanceof Error)) return "other";
  if (error instanceof EngineSilent) return error.engineAnswers ? "silent" : "unavailable";
  if (error.name === "AbortError") return "aborted";
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === "ABORT_ERR") return "aborted";
  if (tlsTrouble(error) !== null) return "unavailable";
  // File operations share some of these codes; only sockets say connect, read or write.
  if (code !== undefined && unreachable.has(code) && isSocketCall(syscall)) return "unavailable";
  return "other";
}

function isSocketCall(syscall: string | undefined): boolean {
  return (
    syscall === undefined ||
    syscall === "connect" ||
    syscall === "read" ||
    syscall === "write" ||
    syscall.startsWith("getaddrinfo")
  );
}

/** The HTTP status that the engine answered with, null where it did not answer. */
export function statusOf(error: unknown): number | null {
  if (typeof error !== "object" || error === null || !("statusCode" in error)) return null;
  return typeof error.statusCode === "number" ? error.statusCode : null;
}

/** The engine's own words, without the client's prefix; for people, never to be matched on. */
export function engineMessage(error: unknown): string {
  if (typeof error === "object" && error !== null && "json" in error) {
    const { json } = error;
    if (typeof json === "object" && json !== null && "message" in json) {
      if (typeof json.message === "string" && json.message !== "") return json.message;
    }
  }
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^\(HTTP code \d+\) [a-z ]+ - /, "").trim();
}

/** What is wrong with the encryption between agent and engine; null: something else is wrong. */
function tlsTrouble(error: unknown): string | null {
  const code = String((error as NodeJS.ErrnoException | null)?.code ?? "");
  if (code === "CERT_HAS_EXPIRED") {
    return "its certificate, or its authority's, has expired: give the engine a new one";
  }
  if (code === "CERT_NOT_YET_VALID") {
    return "its certificate is not valid yet: check the clocks of both machines";
  }
  if (code === "ERR_TLS_CERT_ALTNAME_INVALID") {
    return "its certificate is for another name: use the name or address that the certificate has";
  }
  if (/^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_)/.test(code)) {
    return "its certificate was not signed by the authority in ca.pem: copy the engine's own ca.pem to DOCKER_CERT_PATH";
  }
  if (/^ERR_SSL_.*ALERT/.test(code)) {
    return "it does not accept the agent's certificate: cert.pem and key.pem in DOCKER_CERT_PATH must be signed by the engine's authority and not have expired";
  }
  if (code === "EPROTO" || code.startsWith("ERR_SSL_")) {
    return "it does not speak TLS there: use its TLS port, or unset DOCKER_TLS_VERIFY";
  }
  return null;
}

/** Why no engine answers at `dockerHost`, and what to do about it. */
export function unavailableSentence(dockerHost: string, error: unknown): string {
  const trouble = tlsTrouble(error);
  if (trouble !== null)
    return `The agent cannot use the Docker Engine at ${dockerHost}: ${trouble}.`;
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (code === "EACCES" || code === "EPERM") {
    return `The agent may not use the Docker Engine at ${dockerHost}: run it as root or as a member of the socket's group.`;
  }
  if (code === "ENOENT" || code === "ECONNREFUSED" || code === "ENOTSOCK") {
    return `No Docker Engine answers at ${dockerHost}: start it, or set DOCKER_HOST to the engine's address.`;
  }
  return `The Docker Engine at ${dockerHost} does not answer: ${engineMessage(error)}`;
}
