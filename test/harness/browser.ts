import { connect, createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { createScratch, environmentOf } from "./scratch.ts";

/**
 * Debian's Chromium, without a window, for the product and what else is at these loopback addresses.
 * It runs in a network namespace of its own, in which nothing but these is there.
 */
export async function launchBrowser(...urls: string[]): Promise<Browser> {
  const scratch = createScratch("browser");
  const open = new Set<Socket>();
  const ways: Record<string, string> = {};
  const bridges = await Promise.all(
    urls.map(async (url) => {
      const { hostname, port } = new URL(url);
      const bridge = createServer((incoming) => {
        const outgoing = connect(Number(port), hostname);
        incoming.pipe(outgoing).pipe(incoming);
        for (const [end, other] of [
          [incoming, outgoing],
          [outgoing, incoming],
        ] as const) {
          open.add(end);
          end.on("error", () => other.destroy());
          end.once("close", () => open.delete(end));
        }
      });
      const socket = scratch.path(`socket-${port}`);
      ways[port] = socket;
      await new Promise<void>((resolve) => bridge.listen(socket, resolve));
      return bridge;
    }),
  );
  const browser = await chromium.launch({
    executablePath: fileURLToPath(new URL("browser-apart.mjs", import.meta.url)),
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
    env: environmentOf(scratch.dir, {
      BRIDGEPORT_TEST_BROWSER_WAYS: JSON.stringify(ways),
    }),
  });
  const close = browser.close.bind(browser);
  browser.close = async () => {
    await close();
    for (const end of open) end.destroy();
    await Promise.all(bridges.map((bridge) => new Promise((done) => bridge.close(done))));
    await scratch.remove();
  };
  return browser;
}

/**
 * Bytes of JavaScript that a page takes over the wire from now on, compressed as the server sends
 * them; nothing comes from the browser's cache.
 */
export async function countScripts(page: Page): Promise<() => number> {
  const session = await page.context().newCDPSession(page);
  const scripts = new Set<string>();
  let bytes = 0;
  session.on("Network.responseReceived", ({ requestId, response }) => {
    if (response.mimeType.includes("javascript")) scripts.add(requestId);
  });
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) bytes += encodedDataLength;
  });
  await session.send("Network.enable");
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  return () => bytes;
}
