import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, request as send } from "node:http";
import type { Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDockerHost } from "./client.ts";

/** A proxy before a real engine's socket that shows faults of such proxies, and of stuck engines. */
export interface EngineProxy {
  readonly host: string;
  /** whether a request, by method and path, is never answered */
  swallow: (request: string) => boolean;
  /** cuts connections that were silent for this long; null: none */
  cutSilentMs: number | null;
  /** how many connections were cut */
  readonly cuts: number;
  /** all requests so far, such as `GET /events?…` */
  readonly asked: string[];
  remove(): Promise<void>;
}

export async function engineProxy(dockerHost: string): Promise<EngineProxy> {
  const behind = parseDockerHost(dockerHost);
  const directory = await mkdtemp(join(tmpdir(), "engine-proxy-"));
  const path = join(directory, "docker.sock");
  const sockets = new Set<Socket>();
  const asked: string[] = [];
  let cuts = 0;

  const server = createServer((near, answer) => {
    const name = `${near.method} ${near.url}`;
    asked.push(name);
    if (proxy.swallow(name)) return;
    const far = send({ ...behind, method: near.method, path: near.url, headers: near.headers });
    far.on("response", (response: IncomingMessage) => {
      answer.writeHead(response.statusCode ?? 502, response.headers).flushHeaders();
      response.pipe(answer);
      response.on("error", () => answer.destroy());
    });
    far.on("error", () => answer.destroy());
    answer.on("close", () => far.destroy());
    near.pipe(far);
  });
  server.keepAliveTimeout = 0;
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    const { cutSilentMs } = proxy;
    if (cutSilentMs === null) return;
    socket.setTimeout(cutSilentMs, () => {
      cuts += 1;
      socket.destroy();
    });
  });

  const proxy: EngineProxy = {
    host: `unix://${path}`,
    swallow: () => false,
    cutSilentMs: null,
    get cuts() {
      return cuts;
    },
    asked,
    async remove() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await rm(directory, { recursive: true });
    },
  };
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return proxy;
}
