import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A request as the receiver got it. */
export interface Received {
  path: string;
  headers: Record<string, string | string[] | undefined>;
  /** As it came, for signatures. */
  text: string;
  /** what it was answered with; null: nothing */
  status: number | null;
  /** Milliseconds, of `performance.now()`. */
  at: number;
}

/** Takes what outgoing webhooks send, whatever the path. */
export interface Receiver {
  /** `http://127.0.0.1:port`, to which a path is added. */
  readonly url: string;
  readonly received: readonly Received[];
  /** What came to a path, in order. */
  at(path: string): Received[];
  /** The next so many requests to a path are answered with this status; otherwise 204. */
  refuse(path: string, status: number, times: number): void;
  /** The next so many requests to a path are never answered. */
  hold(path: string, times: number): void;
  close(): Promise<void>;
}

/** Starts a receiver on a free loopback port. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const refusals = new Map<string, (number | null)[]>();
  const server = createServer((incoming, outgoing) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const path = incoming.url ?? "/";
      const refusal = refusals.get(path)?.shift();
      const status = refusal === undefined ? 204 : refusal;
      const text = Buffer.concat(chunks).toString();
      received.push({ path, headers: incoming.headers, text, status, at: performance.now() });
      if (status !== null) outgoing.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    received,
    at: (path) => received.filter((one) => one.path === path),
    refuse(path, status, times) {
      refusals.set(path, Array<number>(times).fill(status));
    },
    hold(path, times) {
      refusals.set(path, Array<null>(times).fill(null));
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
