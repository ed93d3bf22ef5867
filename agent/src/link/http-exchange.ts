import { type ClientRequest, request as requestHttp } from "node:http";
import { type RequestOptions, request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { connect } from "node:tls";
import {
  type Environment,
  openTunnel,
  ProxyError,
  proxyAuthorization,
  proxyRefusal,
  proxyUnreachable,
  routesOf,
} from "@bridgeport/proto/proxies";

const requestTimeoutMs = 15_000;
const maxAnswerBytes = 256 * 1024;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** What leads to the control plane. */
export interface Reach {
  /** which names the proxies */
  environment: Environment;
  /** certificates in the place of the machine's own authorities */
  authorities?: string;
  /** the server's certificate is not verified: the request is public, and its answer is checked otherwise */
  anyCertificate?: boolean;
}

/**
 * Posts JSON, or gets it where there is none to post, straight or through the proxy that the environment
 * names.
 * @throws {ProxyError} where that cannot be used
 */
export async function httpExchange(
  target: URL,
  body: string | null,
  reach: Reach,
): Promise<Answer> {
  const signal = AbortSignal.timeout(requestTimeoutMs);
  const options: RequestOptions = {
    method: body === null ? "GET" : "POST",
    headers: {
      ...(body === null
        ? {}
        : { "content-type": "application/json", "content-length": Buffer.byteLength(body) }),
      accept: "application/json",
    },
    ...(reach.authorities === undefined ? {} : { ca: reach.authorities }),
    rejectUnauthorized: reach.anyCertificate !== true,
    signal,
  };
  const route = routesOf(reach.environment)(target);
  if (route.kind === "problem") throw new ProxyError(route.message, { again: false });
  if (route.kind === "direct") {
    const request = target.protocol === "https:" ? requestHttps : requestHttp;
    return exchange(request(target, options), body);
  }
  const { proxy } = route;
  if (target.protocol === "https:") return tunneled(target, proxy, options, body);
  const answer = await exchange(forwarded(target, proxy, options), body).catch((error: unknown) => {
    throw isNoConnection(error) ? proxyUnreachable(proxy, error) : error;
  });
  if (answer.status === 407) throw proxyRefusal(proxy, target.host, 407);
  return answer;
}

/** Whether the connection itself, here that to the proxy, was not to be had. */
function isNoConnection(error: unknown): boolean {
  const syscall = error instanceof Error && "syscall" in error ? error.syscall : null;
  return syscall === "connect" || syscall === "getaddrinfo";
}

/** The proxy itself asks for what is not encrypted. */
function forwarded(target: URL, proxy: URL, options: RequestOptions): ClientRequest {
  const authorization = proxyAuthorization(proxy);
  const request = proxy.protocol === "https:" ? requestHttps : requestHttp;
  return request(proxy, {
    ...options,
    path: target.href,
    // The proxy's own login goes into a header.
    auth: null,
    headers: {
      ...options.headers,
      host: target.host,
      ...(authorization === null ? {} : { "proxy-authorization": authorization }),
    },
  });
}

/** TLS with the control plane itself, by a connection that the proxy makes. */
async function tunneled(
  target: URL,
  proxy: URL,
  options: RequestOptions,
  body: string | null,
): Promise<Answer> {
  const port = target.port || "443";
  const socket = await openTunnel(proxy, `${target.hostname}:${port}`, requestTimeoutMs);
  const host = target.hostname.replace(/^\[(.*)\]$/, "$1");
  const createConnection = () =>
    connect({
      socket,
      host,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(options.ca === undefined ? {} : { ca: options.ca }),
      rejectUnauthorized: options.rejectUnauthorized !== false,
    });
  return exchange(requestHttps(target, { ...options, createConnection }), body);
}

function exchange(call: ClientRequest, body: string | null): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > maxAnswerBytes) call.destroy(new Error("the answer is too long"));
        else chunks.push(chunk);
      });
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString("utf8"),
        }),
      );
    });
    call.on("error", reject);
    call.end(body ?? undefined);
  });
}
