import { createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";

/** One request as the proxy saw it. */
export interface SeenRequest {
  method: string;
  /** With the query. */
  path: string;
  headers: IncomingMessage["headers"];
  /** What was answered; 0 where the connection was dropped or left hanging. */
  status: number;
  /** Rises by one for each TCP connection: how many were opened. */
  connection: number;
  /** Milliseconds, of `performance.now()`. */
  at: number;
}

/** What the proxy does instead of passing a request on. */
export type Answer =
  | { status: number; headers?: Record<string, string>; body?: string }
  /** Never answers. */
  | "hang"
  /** Closes the connection without an answer. */
  | "drop"
  /** Passes the answer on, but closes the connection after so many bytes of its body. */
  | { cutAfter: number }
  /** Passes the answer on without some headers. */
  | { without: string[] }
  /** Passes the request on after so many milliseconds. */
  | { delayMs: number };

/** Which requests a rule is for. A rule that says nothing is for all. */
export interface Match {
  method?: string;
  /** A part of the path and query, or an expression. */
  path?: string | RegExp;
}

/** A proxy before a registry, which sees every request and can spoil any of them. */
export interface RegistryProxy {
  /** `127.0.0.1:port` */
  readonly host: string;
  readonly url: string;
  readonly requests: readonly SeenRequest[];
  /** The requests seen as `METHOD path`, in order. */
  lines(): string[];
  /** Forgets the requests seen. */
  clear(): void;
  /**
   * Adds a rule; the newest that matches applies. `times`: for so many requests only.
   * Returns the function that takes it away.
   */
  rule(match: Match, answer: Answer, times?: number): () => void;
  close(): Promise<void>;
}

/** Looks at a request before any rule; what it returns is answered at once. */
export type Gate = (
  incoming: IncomingMessage,
) => { status: number; headers?: Record<string, string>; body?: string } | undefined;

interface Rule {
  match: Match;
  answer: Answer;
  left: number;
}

/**
 * Starts a proxy on a free loopback port before the registry at `target` (`host:port`). With
 * `forwardAs`, an Authorization header is put in for requests that are passed on.
 */
export async function startRegistryProxy(
  target: string,
  { gate, forwardAs }: { gate?: Gate; forwardAs?: string } = {},
): Promise<RegistryProxy> {
  const requests: SeenRequest[] = [];
  const rules: Rule[] = [];
  const connections = new WeakMap<Socket, number>();
  const sockets = new Set<Socket>();
  let opened = 0;

  const server = createServer((incoming, outgoing) => {
    const seen: SeenRequest = {
      method: incoming.method ?? "",
      path: incoming.url ?? "",
      headers: incoming.headers,
      status: 0,
      connection: connections.get(incoming.socket) ?? 0,
      at: performance.now(),
    };
    requests.push(seen);
    outgoing.on("finish", () => {
      seen.status = outgoing.statusCode;
    });
    const refused = gate?.(incoming);
    const answer = refused ?? pick(rules, seen);
    if (answer === "hang") return;
    if (answer === "drop") {
      incoming.socket.destroy();
      return;
    }
    if (answer && "status" in answer) {
      outgoing.writeHead(answer.status, answer.headers);
      outgoing.end(incoming.method === "HEAD" ? undefined : answer.body);
      return;
    }
    if (answer && "delayMs" in answer) {
      setTimeout(() => pass(target, incoming, outgoing, undefined, forwardAs), answer.delayMs);
      return;
    }
    pass(target, incoming, outgoing, answer, forwardAs);
  });
  server.keepAliveTimeout = 60_000;
  server.on("connection", (socket) => {
    opened += 1;
    connections.set(socket, opened);
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;

  return {
    host: `127.0.0.1:${port}`,
    url: `http://127.0.0.1:${port}`,
    requests,
    lines: () => requests.map(({ method, path }) => `${method} ${path}`),
    clear: () => {
      requests.length = 0;
    },
    rule(match, answer, times = Number.POSITIVE_INFINITY) {
      const rule = { match, answer, left: times };
      rules.unshift(rule);
      return () => {
        const at = rules.indexOf(rule);
        if (at >= 0) rules.splice(at, 1);
      };
    },
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pick(rules: Rule[], { method, path }: SeenRequest): Answer | undefined {
  const rule = rules.find(({ match, left }) => {
    if (left <= 0 || (match.method && match.method !== method)) return false;
    if (match.path === undefined) return true;
    return typeof match.path === "string" ? path.includes(match.path) : match.path.test(path);
  });
  if (rule) rule.left -= 1;
  return rule?.answer;
}

function pass(
  target: string,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  change: { cutAfter: number } | { without: string[] } | undefined,
  forwardAs: string | undefined,
): void {
  const [hostname, port] = target.split(":");
  const headers = { ...incoming.headers };
  if (forwardAs) headers.authorization = forwardAs;
  const forwarded = request(
    { hostname, port, method: incoming.method, path: incoming.url, headers },
    (answer) => {
      const back = { ...answer.headers };
      if (change && "without" in change) for (const name of change.without) delete back[name];
      outgoing.writeHead(answer.statusCode ?? 502, back);
      if (!change || !("cutAfter" in change)) {
        answer.pipe(outgoing);
        return;
      }
      let left = change.cutAfter;
      answer.on("data", (chunk: Buffer) => {
        outgoing.write(chunk.subarray(0, left));
        left -= chunk.length;
        if (left <= 0) setImmediate(() => incoming.socket.destroy());
      });
    },
  );
  forwarded.on("error", () => incoming.socket.destroy());
  outgoing.on("close", () => forwarded.destroy());
  incoming.pipe(forwarded);
}
