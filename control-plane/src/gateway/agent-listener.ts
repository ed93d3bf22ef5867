import { type AddressInfo, createServer } from "node:net";
import { createServer as createTlsServer, type SecureContextOptions } from "node:tls";
import { type Server as GrpcServer, ServerCredentials } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { ConfigError } from "../config.ts";
import type { Authority } from "../servers/certificate-authority.ts";
import { Connections, type connectionLimits, peerOf } from "./connections.ts";

export interface AgentListener {
  port: number;
  connections: Connections;
  /** Connections from now on see what the authority has become. */
  follow(authority: Authority): Promise<void>;
  /** No more connections from now on. */
  refuse(): void;
}

/**
 * TLS of the listener for agents, with our own authority. A client without a certificate of ours gets
 * as far as a call: it may enrol, and every other call of it is refused. gRPC is handed connections with
 * TLS done, and tells a call's certificate only where TLS has verified it.
 * @throws {ConfigError} when the address cannot be listened on
 */
export async function listenForAgents(
  grpc: GrpcServer,
  parts: {
    authority: Authority;
    address: { host: string; port: number };
    limits: typeof connectionLimits;
    log: Pick<Logger, "warn">;
    /** a connection without a certificate has given way to others */
    crowded(address: string): void;
  },
): Promise<AgentListener> {
  const { address, limits, log } = parts;
  const connections = new Connections(limits, parts.crowded);
  const { injectConnection } = grpc.createConnectionInjector(ServerCredentials.createInsecure());
  const tls = createTlsServer({
    ...(await contextOf(parts.authority)),
    requestCert: true,
    rejectUnauthorized: false,
    ALPNProtocols: ["h2"],
  });
  tls.on("secureConnection", (socket) => {
    // The session ends with its connection; there is nothing else to do.
    socket.on("error", () => undefined);
    // TLS says of a session without a certificate that is resumed that it is authorized, too.
    const { fingerprint256 } = socket.getPeerCertificate();
    if (socket.authorized && fingerprint256) connections.certify(peerOf(socket), fingerprint256);
    injectConnection(socket);
  });
  const server = createServer((socket) => {
    // TLS has a listener of its own; until then there is nothing to do, either.
    socket.on("error", () => undefined);
    connections.add(socket, () => void tls.emit("connection", socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const problem = `BRIDGEPORT_AGENT_ADDR=${address.host}:${address.port} cannot be used: stop what listens there, or set another address.`;
      reject(new ConfigError(problem, { cause }));
    });
    server.listen(address.port, address.host, () => {
      server.removeAllListeners("error");
      // Such as: no file descriptors are left. It goes on listening.
      server.on("error", (err) => log.warn({ err }, "a connection could not be accepted"));
      resolve();
    });
  });
  return {
    port: (server.address() as AddressInfo).port,
    connections,
    async follow(authority) {
      tls.setSecureContext(await contextOf(authority));
    },
    refuse: () => void server.close(),
  };
}

async function contextOf(authority: Authority): Promise<SecureContextOptions> {
  const { certificatePem, privateKeyPem } = await authority.issueForControlPlane();
  return {
    ca: authority.trusted.map((each) => each.certificatePem),
    cert: certificatePem,
    key: privateKeyPem,
  };
}
