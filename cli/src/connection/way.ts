import { readFileSync } from "node:fs";
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from "node:http";
import { Agent as HttpsAgent, request as requestHttps } from "node:https";
import { type Duplex, Readable } from "node:stream";
import tls, { type ConnectionOptions } from "node:tls";
import {
  openTunnel,
  proxyAuthorization,
  proxyRefusal,
  proxyUnreachable,
  routesOf,
} from "@bridgeport/proto/proxies";
import { Failure } from "../exit.ts";
import type { Io } from "../io.ts";

/** How a control plane is reached. */
export interface Way {
  /** the proxy in between; null: none */
  proxy: URL | null;
  fetch: (request: Request) => Promise<Response>;
  /** opens connections for WebSockets; undefined: as Node does */
  agent: HttpAgent | undefined;
}

const tunnelMs = 30_000;

/**
 * The way to a control plane: straight, or through the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name
 * for its address.
 * @param ca path of a file with authorities, in PEM, that are believed beside those of this machine
 * @throws {Failure} when a variable or the file cannot be used
 */
export function wayTo(url: string, { ca, env }: { ca: string | null; env: Io["env"] }): Way {
  const route = routesOf(env)(new URL(url));
  if (route.kind === "problem") throw new Failure(route.message);
  const authorities = ca === null ? undefined : [...ownAuthorities(), authoritiesIn(ca)];
  const proxy = route.kind === "proxy" ? route.proxy : null;
  if (proxy === null && authorities === undefined) {
    return { proxy, agent: undefined, fetch: (request) => globalThis.fetch(request) };
  }
  const isSecure = url.startsWith("https:");
  const agent = agentFor({ proxy, isSecure, authorities });
  // A proxy fetches what is not encrypted itself, and is asked to connect for everything else.
  const forwarder = isSecure ? null : proxy;
  return { proxy, agent, fetch: (request) => send(request, { agent, forwarder }) };
}

function ownAuthorities(): readonly string[] {
  // Node.js 20 does not tell which ones it trusts beside those that it brings.
  const { getCACertificates } = tls as { getCACertificates?: (type: "default") => string[] };
  return getCACertificates?.("default") ?? tls.rootCertificates;
}

function authoritiesIn(path: string): string {
  try {
    const text = readFileSync(path, "utf8");
    if (text.includes("-----BEGIN CERTIFICATE-----")) return text;
  } catch (error) {
    throw new Failure(`The authority's file cannot be read: ${(error as Error).message}`);
  }
  throw new Failure(
    `${path} has no certificate: name a file in PEM, with BEGIN CERTIFICATE in it.`,
  );
}

interface Connecting {
  proxy: URL | null;
  isSecure: boolean;
  authorities: readonly string[] | undefined;
}

function agentFor({ proxy, isSecure, authorities }: Connecting): HttpAgent {
  const trust = authorities === undefined ? {} : { ca: [...authorities] };
  const agent = isSecure ? new HttpsAgent(trust) : new HttpAgent();
  if (proxy === null) return agent;
  const connect = (
    options: ConnectionOptions,
    done: (error: Error | null, socket?: Duplex) => void,
  ) => {
    const { host = "", port = 0 } = options;
    const target = `${host.includes(":") ? `[${host}]` : host}:${port}`;
    openTunnel(proxy, target, tunnelMs).then(
      (socket) => done(null, isSecure ? tls.connect({ ...options, ...trust, socket }) : socket),
      (error: Error) => done(error),
    );
  };
  return Object.assign(agent, { createConnection: connect });
}

/** A request as fetch would send it, without following redirects. */
async function send(
  request: Request,
  { agent, forwarder }: { agent: HttpAgent; forwarder: URL | null },
): Promise<Response> {
  const url = new URL(request.url);
  const body = request.body === null ? null : Buffer.from(await request.arrayBuffer());
  const headers: Record<string, string> = {
    host: url.host,
    ...Object.fromEntries(request.headers),
    ...(body === null ? {} : { "content-length": String(body.length) }),
  };
  const authorization = forwarder && proxyAuthorization(forwarder);
  if (authorization !== null) headers["proxy-authorization"] = authorization;
  const options = {
    method: request.method,
    headers,
    signal: request.signal,
    ...(forwarder ? { path: url.href, auth: null } : { agent }),
  };
  const target = forwarder ?? url;
  const ask = target.protocol === "https:" ? requestHttps : requestHttp;
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const asking = ask(target, options, resolve);
    asking.on("error", (error) => {
      const isOurs = forwarder !== null && !request.signal.aborted;
      reject(isOurs ? proxyUnreachable(forwarder, error) : error);
    });
    asking.end(body ?? undefined);
  });
  if (forwarder && answer.statusCode === 407) {
    answer.resume();
    throw proxyRefusal(forwarder, url.host, 407);
  }
  return responseOf(answer);
}

const withoutBody = new Set([204, 205, 304]);

function responseOf(answer: IncomingMessage): Response {
  const status = answer.statusCode ?? 0;
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if (withoutBody.has(status)) {
    answer.resume();
    return new Response(null, { status, headers });
  }
  return new Response(Readable.toWeb(answer) as ReadableStream<Uint8Array>, { status, headers });
}
