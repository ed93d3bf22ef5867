import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A registry that answers each request wrongly, in another way than the one before. */
export interface BrokenRegistry {
  /** 127.0.0.1:port */
  readonly host: string;
  readonly requests: number;
  close(): Promise<void>;
}

const ways: ((response: ServerResponse, turn: number) => void)[] = [
  (response) => response.writeHead(500).end("it does not work"),
  (response) => response.socket?.destroy(),
  (response) => response.writeHead(401).end(),
  (response) => response.writeHead(200, { "content-type": "application/json" }).end("{ no json"),
  (response) => {
    // More is announced than comes.
    response.writeHead(200, { "content-length": "100000" }).write("{");
    setImmediate(() => response.destroy());
  },
  // Always to another port, at which nothing listens.
  (response, turn) => {
    response.writeHead(307, { location: `http://127.0.0.1:${1 + (turn % 900)}/` }).end();
  },
  (response, turn) => {
    const realm = `http://127.0.0.1:${1 + (turn % 900)}/token`;
    response.writeHead(401, { "www-authenticate": `Bearer realm="${realm}",service="none"` }).end();
  },
];

export async function startBrokenRegistry(): Promise<BrokenRegistry> {
  let requests = 0;
  const server = createServer((_, response) => {
    ways[requests % ways.length]?.(response, requests);
    requests += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    get requests() {
      return requests;
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
