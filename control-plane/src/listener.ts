import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import { createServer, type Socket } from "node:net";
import { serve } from "@hono/node-server";
import { WebSocketServer } from "ws";
import { type Address, ConfigError } from "./config.ts";
import type { TlsPair } from "./tls-files.ts";

/*
 * starting ──use──▶ serving ──lastAnswers──▶ draining ──finish──▶ finishing ──close──▶ closed
 *
 * While it drains every request is answered still, and each answer ends its connection, so that
 * clients go elsewhere. Nothing new is taken when it finishes.
 */
export interface HttpListener {
  /** from now on, requests go here; until then they are told to come back */
  use(app: Fetch): void;
  /** new connections see this certificate; only with TLS */
  show(pair: TlsPair): void;
  /** from now on, each answer is the last one of its connection */
  lastAnswers(): void;
  /**
   * Stops taking connections and ends what is open for good: WebSockets, event streams.
   * @returns settles when every request is answered, or after `patienceMs`
   */
  finish(patienceMs: number): Promise<void>;
  /** Ends whatever is left. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** which variable names the address; default: BRIDGEPORT_HTTP_ADDR */
  variable?: string;
  /** null: without TLS */
  tls?: TlsPair | null;
}

/**
 * Longer than a balancer or a client keeps an idle connection (60 s is usual), so that it is always they
 * who close it: a request on a connection that we are just closing would be lost.
 */
const keepAliveMs = 75_000;
const timeouts = { keepAliveTimeout: keepAliveMs, headersTimeout: keepAliveMs + 5_000 };
/** "Service restart": a client connects again, to another replica if there is one. */
const closeRestart = 1012;

type Fetch = (request: Request, env: unknown) => Response | Promise<Response>;

/**
 * Takes the port at once, so that a taken one is known before anything is started.
 * @throws {ConfigError} when it cannot be had
 */
export function listenHttp(
  address: Address,
  { variable = "BRIDGEPORT_HTTP_ADDR", tls = null }: ListenOptions = {},
): Promise<HttpListener> {
  let app = notNow("starting");
  let state: "serving" | "draining" | "finishing" = "serving";
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 256 * 1024 });
  /** requests without their whole answer */
  const open = new Set<ServerResponse>();
  /** those of them that never end by themselves */
  const streams = new Set<ServerResponse>();
  let answered = () => {};

  async function answer(request: Request, env: unknown): Promise<Response> {
    const { outgoing } = env as { outgoing?: ServerResponse };
    if (state !== "serving" && outgoing === undefined) return stopping(request, env);
    const response = await app(request, env);
    if (outgoing && isEventStream(response)) {
      streams.add(outgoing);
      if (state === "finishing") setImmediate(() => outgoing.end());
    }
    return response;
  }

  function lastAnswers(): void {
    state = "draining";
    for (const response of open) {
      if (!response.headersSent) response.setHeader("Connection", "close");
    }
  }

  function follow(_request: IncomingMessage, response: ServerResponse): void {
    open.add(response);
    if (state !== "serving") response.setHeader("Connection", "close");
    response.once("close", () => {
      open.delete(response);
      streams.delete(response);
      answered();
    });
  }

  return new Promise((resolve, reject) => {
    const server = serve({
      fetch: answer,
      hostname: address.host,
      port: address.port,
      ...(tls === null
        ? { serverOptions: timeouts }
        : { createServer: createTlsServer, serverOptions: { ...timeouts, ...tls } }),
      websocket: { server: sockets },
    }) as Server;
    server.prependListener("request", follow);
    if (tls !== null) answerPlainRequests(server);
    server.once("error", (error: NodeJS.ErrnoException) => {
      reject(addressProblem(variable, address, error));
    });
    server.once("listening", () =>
      resolve({
        use(next) {
          app = next;
        },
        show(pair) {
          (server as TlsServer).setSecureContext(pair);
        },
        lastAnswers,
        async finish(patienceMs) {
          lastAnswers();
          state = "finishing";
          server.close();
          server.closeIdleConnections();
          for (const socket of sockets.clients)
            socket.close(closeRestart, "going away: connect again");
          for (const stream of streams) stream.end();
          await new Promise<void>((done) => {
            const patience = setTimeout(done, patienceMs);
            answered = () => {
              if (open.size > 0) return;
              clearTimeout(patience);
              done();
            };
            answered();
          });
        },
        close() {
          for (const socket of sockets.clients) socket.terminate();
          const closed = new Promise<void>((done) => {
            if (server.listening) server.close(() => done());
            else done();
          });
          server.closeAllConnections();
          return closed;
        },
      }),
    );
  });
}

const stopping = notNow("stopping");

function isEventStream(response: Response): boolean {
  return response.headers.get("content-type")?.startsWith("text/event-stream") === true;
}

/** Who speaks HTTP to a port with TLS is told so, where Node would only close the connection. */
function answerPlainRequests(server: Server): void {
  const raw = new Map<string, Socket>();
  const nameOf = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress} ${remotePort}`;
  server.on("connection", (socket: Socket) => {
    const name = nameOf(socket);
    raw.set(name, socket);
    socket.once("close", () => raw.delete(name));
  });
  server.on("tlsClientError", (error: NodeJS.ErrnoException, socket: Socket) => {
    if (error.code !== "ERR_SSL_HTTP_REQUEST") return;
    const body = JSON.stringify({ error: "This port takes https:// only.", code: "https_only" });
    raw
      .get(nameOf(socket))
      ?.end(
        [
          "HTTP/1.1 400 Bad Request",
          "Content-Type: application/json",
          `Content-Length: ${Buffer.byteLength(body)}`,
          "Connection: close",
          "",
          body,
        ].join("\r\n"),
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
