import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** How often a container says something, in milliseconds. */
const lineEveryMs = 100;

/** An engine that only has logs: of every container, one that goes on. */
export async function logEngine(): Promise<{ host: string; close(): void }> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://engine");
    const [, , name = "", what] = pathname.split("/");
    if (what === "json") {
      response.setHeader("content-type", "application/json");
      const state = { Status: "running", Running: true };
      const config = { Tty: true, Labels: {} };
      response.end(JSON.stringify({ Id: name, Name: `/${name}`, State: state, Config: config }));
      return;
    }
    response.writeHead(200).flushHeaders();
    let line = 0;
    const timer = setInterval(() => {
      line += 1;
      response.write(`${new Date().toISOString()} line ${line} of a log of usual length\n`);
    }, lineEveryMs);
    response.on("close", () => clearInterval(timer));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    host: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}
