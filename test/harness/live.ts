import { WebSocket } from "ws";
import type { Api } from "./api.ts";
import { type WaitOptions, waitFor } from "./wait.ts";

/** What the product says over the WebSocket. */
export interface LiveMessage {
  topic?: string;
  event: string;
  data?: unknown;
}

/** One program on the product's WebSocket. */
export interface LiveClient {
  /** Everything that was heard so far, in order. */
  readonly heard: LiveMessage[];
  /** The code of the close, once it was closed. */
  closed(): number | undefined;
  send(message: object): void;
  /** Waits until something heard is wanted, and returns the first of it. */
  hear(
    wanted: (message: LiveMessage) => boolean,
    options?: Partial<WaitOptions>,
  ): Promise<LiveMessage>;
  /** Stops reading from the connection, as a program that is busy does; or goes on. */
  pause(): void;
  resume(): void;
  close(): void;
}

/** Connects to the product's WebSocket as this user, and subscribes. Close it afterwards. */
export async function connectLive(api: Api, ...topics: string[]): Promise<LiveClient> {
  const socket = new WebSocket(`${api.url.replace("http", "ws")}/api/ws`);
  const heard: LiveMessage[] = [];
  let closed: number | undefined;
  socket.on("open", () => {
    socket.send(JSON.stringify({ type: "auth", token: api.token }));
    socket.send(JSON.stringify({ type: "subscribe", topics }));
  });
  socket.on("message", (data) => heard.push(JSON.parse(String(data)) as LiveMessage));
  socket.on("close", (code) => {
    closed = code;
  });
  socket.on("error", () => undefined);
  const client: LiveClient = {
    heard,
    closed: () => closed,
    send: (message) => socket.send(JSON.stringify(message)),
    hear: (wanted, options = {}) =>
      waitFor(() => heard.find(wanted), {
        what: "something over the WebSocket",
        explain: () => JSON.stringify(heard.slice(-10), null, 2),
        ...options,
      }),
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    close: () => socket.terminate(),
  };
  const settled = new Set<string | undefined>();
  await client.hear(({ event, topic }) => {
    if (event === "subscribed" || event === "error") settled.add(topic);
    return topics.every((one) => settled.has(one));
  });
  return client;
}
