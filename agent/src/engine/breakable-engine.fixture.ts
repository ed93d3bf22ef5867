import { mkdtemp, rm } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDockerHost } from "./client.ts";

/**
 * A socket before a real engine that the test can close and open again, as if the engine stopped and
 * started.
 */
export interface BreakableEngine {
  readonly host: string;
  /** Closes every connection and answers none. */
  breakDown(): Promise<void>;
  comeBack(): Promise<void>;
  remove(): Promise<void>;
}

export async function breakableEngine(dockerHost: string): Promise<BreakableEngine> {
  const behind = parseDockerHost(dockerHost);
  const directory = await mkdtemp(join(tmpdir(), "engine-"));
  const path = join(directory, "docker.sock");
  const sockets = new Set<Socket>();
  let server: Server | null = null;

  async function comeBack(): Promise<void> {
    const listener = createServer((near) => {
      const far = "socketPath" in behind ? connect(behind.socketPath) : connect(behind);
      for (const [one, other] of [
        [near, far],
        [far, near],
      ] as const) {
        sockets.add(one);
        one.on("error", () => other.destroy());
        one.on("close", () => {
          sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => listener.listen(path, resolve));
    server = listener;
  }

  async function breakDown(): Promise<void> {
    const listener = server;
    server = null;
    if (listener === null) return;
    const closed = new Promise((resolve) => listener.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  }

  await comeBack();
  return {
    host: `unix://${path}`,
    breakDown,
    comeBack,
    async remove() {
      await breakDown();
      await rm(directory, { recursive: true });
    },
  };
}
