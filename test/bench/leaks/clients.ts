import { once } from "node:events";
import { Agent, request } from "node:http";
import { connect } from "node:net";
import { WebSocket } from "ws";

/** What an answer said. */
export interface Answer {
  status: number;
  body: string;
}

/** HTTP with connections of its own, all of which are closed with it. */
export interface Http {
  ask(
    method: string,
    path: string,
    options?: { token?: string; body?: string; headers?: Record<string, string> },
  ): Promise<Answer>;
  close(): void;
}

export function httpTo(url: string): Http {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  return {
    ask: (method, path, { token, body, headers } = {}) =>
      new Promise((resolve, reject) => {
        const sent = request(
          url + path,
          {
            ...{ method, agent },
            headers: {
              ...(token && { authorization: `Bearer ${token}` }),
              ...(body && { "content-type": "application/json" }),
              ...headers,
            },
          },
          (response) => {
            let text = "";
            response.setEncoding("utf8").on("data", (chunk: string) => {
              text += chunk;
            });
            response.on("end", () => resolve({ status: response.statusCode ?? 0, body: text }));
            response.on("error", reject);
          },
        );
        sent.on("error", reject).end(body);
      }),
    close: () => agent.destroy(),
  };
}

/** A WebSocket that follows these topics, until it is left without a word; it has heard `until` by then. */
export async function followAndLeave(
  url: string,
  token: string,
  topics: string[],
  until: string,
): Promise<void> {
  const socket = new WebSocket(`${url.replace("http", "ws")}/api/ws`);
  socket.on("error", () => undefined);
  const heard = new Promise<void>((resolve) => {
    socket.on("message", (text) => {
      if ((JSON.parse(String(text)) as { event: string }).event === until) resolve();
    });
    socket.on("close", () => resolve());
  });
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "auth", token }));
  socket.send(JSON.stringify({ type: "subscribe", topics }));
  await heard;
  socket.terminate();
}

/** Sends bytes to a port, takes the first of the answer where `answered`, and cuts the connection. */
export async function sendAndCut(
  url: string,
  text: string,
  { answered }: { answered: boolean },
): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined);
  await once(socket, "connect");
  await new Promise<void>((resolve) => socket.write(text, () => resolve()));
  if (answered) await Promise.race([once(socket, "data"), once(socket, "close")]);
  socket.destroy();
}
