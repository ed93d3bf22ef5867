import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { Socket } from "node:net";
import { proxyAuthorization } from "./proxy-routes.ts";

/** A proxy that cannot be used; the message is a sentence for people. */
export class ProxyError extends Error {
  override readonly name = "ProxyError";
  /** whether trying again at once may help */
  readonly again: boolean;

  constructor(message: string, options: { again: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.again = options.again;
  }
}

const otherwise = "or name the host in NO_PROXY";

export function proxyUnreachable(proxy: URL, cause: unknown): ProxyError {
  const code = cause instanceof Error && "code" in cause ? ` (${String(cause.code)})` : "";
  return new ProxyError(
    `The proxy ${proxy.host} cannot be reached${code}; check HTTP_PROXY and HTTPS_PROXY, ${otherwise}.`,
    { again: true, cause },
  );
}

/** @param status what the proxy answered instead of doing what it was asked */
export function proxyRefusal(proxy: URL, target: string, status: number): ProxyError {
  return new ProxyError(
    status === 407
      ? `The proxy ${proxy.host} wants a login (407); put it into the proxy's URL, as in http://user:password@${proxy.host}, ${otherwise}.`
      : `The proxy ${proxy.host} answered ${status} instead of connecting to ${target}; allow it there, ${otherwise}.`,
    { again: status >= 500 },
  );
}

/**
 * Has a proxy connect to a host (CONNECT). What is sent on the connection, the proxy cannot read if
 * it is encrypted.
 *
 * @param target `host:port`, an IPv6 address in brackets
 * @throws {ProxyError} where the proxy cannot be reached or refuses
 */
export function openTunnel(proxy: URL, target: string, timeoutMs: number): Promise<Socket> {
  const authorization = proxyAuthorization(proxy);
  const request = proxy.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const call = request(proxy, {
      method: "CONNECT",
      path: target,
      // The proxy's own login goes into a header, here as with every other proxy.
      auth: null,
      agent: false,
      headers: {
        host: target,
        ...(authorization === null ? {} : { "proxy-authorization": authorization }),
      },
    });
    const timer = setTimeout(
      () => call.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
      timeoutMs,
    );
    call.on("close", () => clearTimeout(timer));
    call.on("error", (error) => reject(proxyUnreachable(proxy, error)));
    call.on("response", (response) => {
      // An answer that is none to CONNECT is one of a server that is no proxy.
      response.resume();
      reject(proxyRefusal(proxy, target, response.statusCode ?? 0));
    });
    call.on("connect", ({ statusCode = 0 }, socket: Socket, head: Buffer) => {
      clearTimeout(timer);
      if (statusCode >= 200 && statusCode < 300) {
        if (head.length > 0) socket.unshift(head);
        return resolve(socket);
      }
      socket.on("error", () => {}).destroy();
      reject(proxyRefusal(proxy, target, statusCode));
    });
    call.end();
  });
}
