import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { buildConnector } from "undici";
import { proxyAuthorization } from "./proxies.ts";

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

function unreachable(proxy: URL, cause: unknown): ProxyError {
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

/** Connects to the proxy itself, which then fetches what is not encrypted. */
export function forwarding(
  proxy: URL,
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(unreachable(proxy, error), null);
    });
  };
}

/** Connects through the proxy (CONNECT) and speaks TLS with the target itself. */
export function tunneling(
  proxy: URL,
  options: buildConnector.BuildOptions & { answerTimeoutMs: number },
): buildConnector.connector {
  const { answerTimeoutMs, ...connection } = options;
  const secure = buildConnector(connection);
  const authorization = proxyAuthorization(proxy);
  return (target, callback) => {
    const host = target.hostname.includes(":") ? `[${target.hostname}]` : target.hostname;
    const path = `${host}:${target.port || "443"}`;
    const request = proxy.protocol === "https:" ? requestHttps : requestHttp;
    const call = request(proxy, {
      method: "CONNECT",
      path,
      // The proxy's own login goes into a header, here as with every other proxy.
      auth: null,
      agent: false,
      headers: {
        host: path,
        ...(authorization === null ? {} : { "proxy-authorization": authorization }),
      },
    });
    const timer = setTimeout(
      () => call.destroy(Object.assign(new Error("no answer"), { code: "ETIMEDOUT" })),
      answerTimeoutMs,
    );
    let ended = false;
    const end = (error: Error | null, connect?: () => void) => {
      if (ended) return;
      ended = true;
      clearTimeout(timer);
      if (error === null) connect?.();
      else callback(error, null);
    };
    call.on("error", (error) => end(unreachable(proxy, error)));
    call.on("connect", ({ statusCode = 0 }, socket) => {
      if (statusCode >= 200 && statusCode < 300) {
        return end(null, () => secure({ ...target, httpSocket: socket }, callback));
      }
      socket.on("error", () => {}).destroy();
      end(proxyRefusal(proxy, path, statusCode));
    });
    call.end();
  };
}
