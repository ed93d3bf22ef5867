import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { firstStart } from "../identity/first-start.ts";
import { openSession } from "../identity/sessions.store.ts";
import { findPasswordHash } from "../identity/users.store.ts";
import type { LiveMessage } from "./client.ts";
import { liveRoutes } from "./live.routes.ts";

const email = "first@bridgeport.test";
const topic = "environment:01890000-0000-7000-8000-000000000001";

let rig: TestDatabase;
let server: ReturnType<typeof serve>;
let token: string;

beforeAll(async () => {
  rig = await openTestDatabase();
  await firstStart(rig.database, { email, password: "correct horse battery" });
  const user = await findPasswordHash(rig.database, { email });
  token = await openSession(rig.database, user?.id ?? "");
  const routes = liveRoutes({
    database: rig.database,
    changes: { subscribe: () => () => {}, stop: async () => {} },
    follow: async () => () => {},
    log: pino({ level: "silent" }),
  });
  const websocket = { server: new WebSocketServer({ noServer: true }) };
  server = serve({ fetch: routes.fetch, hostname: "127.0.0.1", port: 0, websocket });
  await once(server, "listening");
});
afterAll(async () => {
  server.close();
  await rig.close();
});

/** Says all of it at once and hears what comes until `last`, or until it is closed. */
async function talk(messages: object[], last: string): Promise<(string | number)[]> {
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  const heard: (string | number)[] = [];
  await new Promise<void>((resolve) => {
    socket.on("open", () => {
      for (const message of messages) socket.send(JSON.stringify(message));
    });
    socket.on("message", (data) => {
      const { event } = JSON.parse(String(data)) as LiveMessage;
      heard.push(event);
      if (event === last) resolve();
    });
    socket.on("close", (code) => {
      heard.push(code);
      resolve();
    });
  });
  socket.terminate();
  return heard;
}

test("a client need not wait to be known before it subscribes", async () => {
  const auth = { type: "auth", token };
  const subscribe = { type: "subscribe", topics: [topic] };
  expect(await talk([auth, subscribe], "subscribed")).toEqual(["ready", "subscribed"]);
});

test("who is not known is not served", async () => {
  expect(await talk([{ type: "subscribe", topics: [topic] }], "subscribed")).toEqual([1008]);
  expect(await talk([{ type: "auth", token: "bps_nobody" }], "ready")).toEqual([1008]);
});
