import { createServer } from "node:net";
import { type ServerType, serve } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { type Address, ConfigError } from "./config.ts";

export interface HttpListener {
  /** from now on, requests go here; until then they are told to come back */
  use(app: Fetch): void;
  /** from now on, requests are told that we are stopping */
  refuse(): void;
  /** stops taking connections and ends those that are idle or open for good */
  close(): Promise<void>;
}

/**
 * Longer than a balancer or a client keeps an idle connection (60 s is usual), so that it is always they
 * who close it: a request on a connection that we are just closing would be lost.
 */
const keepAliveMs = 75_000;

type Fetch = (request: Request, env: unknown) => Response | Promise<Response>;

/**
 * Takes the port at once, so that a taken one is known before anything is started.
 * @throws {ConfigError} when it cannot be had
 */
export function listenHttp(
  address: Address,
  variable = "BRIDGEPORT_HTTP_ADDR",
): Promise<HttpListener> {
  let app = notNow("starting");
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 256 * 1024 });
  return new Promise((resolve, reject) => {
    const server: ServerType = serve({
      fetch: (request, env) => app(request, env),
      hostname: address.host,
      port: address.port,
      serverOptions: { keepAliveTimeout: keepAliveMs },
      websocket: { server: sockets },
    });
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(addressProblem(variable, address, error));
    });
    server.once("listening", () =>
      resolve({
        use(next) {
          app = next;
        },
        refuse() {
          app = notNow("stopping");
        },
        close() {
          for (const socket of sockets.clients) socket.terminate();
          const closed = new Promise<void>((done) => server.close(() => done()));
          if ("closeAllConnections" in server) {
            server.closeIdleConnections();
            // Streams never end by themselves.
            setTimeout(() => server.closeAllConnections(), 1000).unref();
          }
          return closed;
        },
      }),
    );
  });
}

function notNow(state: "starting" | "stopping"): Fetch {
  return () =>
    Response.json(
      { error: `Bridgeport is ${state}: try again in a moment.`, code: state },
      { status: 503, headers: { "Retry-After": "1" } },
    );
}

/**
 * Finds out early and in plain words whether an address can be listened on later, by a listener
 * that does not tell.
 * @throws {ConfigError} when it cannot
 */
export function requireListenable(variable: string, address: Address): Promise<void> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once("error", (error: NodeJS.ErrnoException) => {
      reject(addressProblem(variable, address, error));
    });
    probe.listen(address.port, address.host, () => probe.close(() => resolve()));
  });
}

/** One line for an address that cannot be listened on. */
export function addressProblem(
  variable: string,
  { host, port }: Address,
  error: NodeJS.ErrnoException,
): ConfigError {
  const reasons: Record<string, string> = {
    EADDRINUSE: "something else is listening there. Stop it, or choose another port",
    EACCES: "this user may not listen there. Choose a port above 1023",
    EADDRNOTAVAIL: "this machine does not have that address",
    ENOTFOUND: "this name is not known here",
  };
  const reason = reasons[error.code ?? ""] ?? error.message;
  return new ConfigError(`${variable}=${host}:${port} cannot be used: ${reason}.`);
}
