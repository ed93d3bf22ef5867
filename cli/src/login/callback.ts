import { randomBytes, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A place on this machine where a browser brings a token to. */
export interface Callback {
  port: number;
  /** what the request is known by; it is in the address that is opened */
  state: string;
  /** settles when the token has come */
  token: Promise<string>;
  close(): void;
}

const mostBytes = 4096;

/*
 * The console sends the browser to http://127.0.0.1:<port>/#state=…&token=… The part behind # is sent to
 * no server and stays in no log; the page that is served here takes it out of the address and sends it
 * back here. Only that page is listened to, and only with the state that was given out.
 */
export async function listenForToken(): Promise<Callback> {
  const state = randomBytes(32).toString("base64url");
  let received: (token: string) => void = () => {};
  const token = new Promise<string>((resolve) => {
    received = resolve;
  });
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const own = `127.0.0.1:${port}`;
  return {
    port,
    state,
    token,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A name of elsewhere that was made to lead here is not ours.
    if (request.headers.host !== own) return end(response, 403);
    if (request.method === "GET" && request.url === "/") {
      response.writeHead(200, {
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
      });
      response.end(page);
      return;
    }
    if (request.method !== "POST" || request.url !== "/token") return end(response, 404);
    if (request.headers.origin !== `http://${own}`) return end(response, 403);
    const given = new URLSearchParams(await bodyOf(request));
    const secret = given.get("token") ?? "";
    if (!isSame(given.get("state") ?? "", state) || secret === "") return end(response, 403);
    // The command closes everything when it has the token: first the page has to hear of it.
    response.once("finish", () => received(secret));
    end(response, 204);
  }
}

function isSame(a: string, b: string): boolean {
  return a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b));
}

function end(response: ServerResponse, status: number): void {
  response.writeHead(status, { Connection: "close" }).end();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) {
    text += chunk;
    if (text.length > mostBytes) throw new Error("too long");
  }
  return text;
}

const page = `<!doctype html>
<meta charset="utf-8">
<title>Bridgeport</title>
<link rel="icon" href="data:,">
<style>body { font: 1rem system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh }</style>
<h1 id="said">One moment …</h1>
<script>
  const body = location.hash.slice(1);
  history.replaceState(null, "", "/");
  const say = (text) => { document.getElementById("said").textContent = text; };
  fetch("/token", { method: "POST", body }).then(
    ({ ok }) => say(ok ? "You are logged in. Go back to your terminal." : "That was not asked for here. Run the command again."),
    () => say("The command has ended. Run it again."),
  );
</script>
`;
