import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";

/** One replica of the product. */
export interface Replica {
  /** `http://host:port` of console and API. */
  url: string;
  /** `host:port` that agents connect to. */
  agentAddress: string;
}

/** A request that was sent once more. */
export interface Hidden {
  replica: string;
  /**
   * `refused`: the replica took no connection. `idle`: it closed a kept connection while the request was on
   * its way. `lost`: it took the connection and did not answer, which no balancer should have to hide.
   */
  kind: "refused" | "idle" | "lost";
  /** whether the balancer had heard that the replica drains: before it sent the request, and until it failed */
  heard: { before: boolean; since: boolean };
}

/** A balancer before replicas, as one would be set up: it does what it can do without harm, and no more. */
export interface Balancer {
  /** `http://127.0.0.1:port` of console and API. */
  readonly url: string;
  /** `127.0.0.1:port` for agents. */
  readonly agentAddress: string;
  /** URLs of those that it sends requests to, as they have said that they are ready. */
  ready(): string[];
  /** What it hid from who asked, by sending a request once more. */
  hidden(): Hidden[];
  close(): Promise<void>;
}

const lookMs = 50;

/**
 * Starts one. It asks `/readyz`, keeps connections open for GETs, and sends a request to another
 * replica only where the first refused the connection, or a GET where no answer to it had begun.
 */
export async function startBalancer(replicas: readonly Replica[]): Promise<Balancer> {
  const kept = new Agent({ keepAlive: true });
  let ready: readonly Replica[] = replicas;
  let turn = 0;
  const hidden: Hidden[] = [];
  let closed = false;

  const isReady = async ({ url }: Replica): Promise<boolean> => {
    try {
      const answer = await fetch(`${url}/readyz`, { headers: { connection: "close" } });
      return answer.status === 200;
    } catch {
      return false;
    }
  };
  async function look(): Promise<void> {
    const answers = await Promise.all(replicas.map(isReady));
    ready = replicas.filter((_, at) => answers[at]);
    if (!closed) timer = setTimeout(look, lookMs);
  }
  let timer = setTimeout(look, 0);

  /** The ready ones first, each in its turn; then the others. */
  function inOrder(): Replica[] {
    turn++;
    const first = ready.map((_, at) => ready[(at + turn) % ready.length] as Replica);
    return [...first, ...replicas.filter((replica) => !first.includes(replica))];
  }

  async function pass(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const { method = "GET", url, headers } = incoming;
    const candidates = inOrder();
    const attempt = (): void => {
      const replica = candidates.shift();
      if (!replica) {
        outgoing.writeHead(502).end();
        return;
      }
      const before = !ready.includes(replica);
      const options = { method, headers, agent: method === "GET" ? kept : false };
      const sent = request(replica.url + url, options, (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
        answer.on("error", () => outgoing.destroy());
      });
      sent.on("error", (error: NodeJS.ErrnoException) => {
        const harmless = error.code === "ECONNREFUSED" || method === "GET";
        if (outgoing.headersSent || !harmless) return void outgoing.destroy(error);
        const kind =
          error.code === "ECONNREFUSED" ? "refused" : sent.reusedSocket ? "idle" : "lost";
        const heard = { before, since: !ready.includes(replica) };
        hidden.push({ replica: replica.url, kind, heard });
        if (sent.reusedSocket) candidates.unshift(replica);
        attempt();
      });
      sent.end(Buffer.concat(chunks));
    };
    attempt();
  }

  const http = createServer((incoming, outgoing) => {
    pass(incoming, outgoing).catch(() => outgoing.destroy());
  });
  const agents = createTcpServer((client) => {
    const candidates = inOrder();
    const attempt = (): void => {
      const replica = candidates.shift();
      if (!replica) return void client.destroy();
      const [host = "", port] = replica.agentAddress.split(":");
      const upstream = connect(Number(port), host);
      upstream.once("connect", () => {
        upstream.off("error", attempt);
        upstream.on("error", () => client.destroy());
        upstream.pipe(client).pipe(upstream);
      });
      upstream.once("error", attempt);
      client.on("error", () => upstream.destroy());
    };
    attempt();
  });
  const listen = (server: Server): Promise<number> =>
    new Promise((resolve) => {
      server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
    });
  const open = new Set<{ destroy(): void }>();
  for (const server of [http, agents]) {
    server.on("connection", (socket) => {
      open.add(socket);
      socket.once("close", () => open.delete(socket));
    });
  }
  const [httpPort, agentPort] = await Promise.all([listen(http), listen(agents)]);
  return {
    url: `http://127.0.0.1:${httpPort}`,
    agentAddress: `127.0.0.1:${agentPort}`,
    ready: () => ready.map(({ url }) => url),
    hidden: () => hidden,
    async close() {
      closed = true;
      clearTimeout(timer);
      kept.destroy();
      const ends = [http, agents].map((server) => new Promise((done) => server.close(done)));
      for (const socket of open) socket.destroy();
      await Promise.all(ends);
    },
  };
}
