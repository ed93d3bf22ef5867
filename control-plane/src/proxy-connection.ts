import { openTunnel, proxyUnreachable } from "@bridgeport/proto/proxies";
import { buildConnector } from "undici";

/** Connects to the proxy itself, which then fetches what is not encrypted. */
export function forwarding(
  proxy: URL,
  options: buildConnector.BuildOptions,
): buildConnector.connector {
  const connect = buildConnector(options);
  return (target, callback) => {
    connect(target, (...[error, socket]) => {
      if (error === null) callback(null, socket);
      else callback(proxyUnreachable(proxy, error), null);
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
  return (target, callback) => {
    const host = target.hostname.includes(":") ? `[${target.hostname}]` : target.hostname;
    openTunnel(proxy, `${host}:${target.port || "443"}`, answerTimeoutMs).then(
      (socket) => secure({ ...target, httpSocket: socket }, callback),
      (error: Error) => callback(error, null),
    );
  };
}
