import { Agent, get, type IncomingMessage } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { expect, it } from "vitest";
import { listenHttp } from "./listener.ts";

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

it("an idle connection is kept for longer than balancers keep theirs", async () => {
  const port = await freePort();
  const listener = await listenHttp({ host: "127.0.0.1", port });
  const agent = new Agent({ keepAlive: true });
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      get({ port, host: "127.0.0.1", agent }, resolve).on("error", reject);
    });
    answer.resume();
    // What the server tells a client of it, and keeps to.
    expect(answer.headers["keep-alive"]).toBe("timeout=75");
  } finally {
    agent.destroy();
    await listener.close();
  }
});
