import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import pino from "pino";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { everywhere } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { insertEnvironment } from "../environments/environments.store.ts";
import { firstStart } from "../identity/first-start.ts";
import {
  closeSession,
  closeSessionsOf,
  openBrowserSession,
  openSession,
} from "../identity/sessions.store.ts";
import { insertToken } from "../identity/tokens.store.ts";
import { deleteUser, findPasswordHash, insertUser, setRoles } from "../identity/users.store.ts";
import { type Changes, startChanges } from "./changes.ts";
import type { LiveMessage, Teller } from "./client.ts";
import { liveRoutes } from "./live.routes.ts";

const email = "first@bridgeport.test";
const topic = "environment:01890000-0000-7000-8000-000000000001";

let rig: TestDatabase;
let server: ReturnType<typeof serve>;
let sockets: WebSocketServer;
let held: Promise<void> = Promise.resolve();
let token: string;
let environmentId: string;
let changes: Changes;
const tellers = new Set<Teller["tell"]>();

beforeAll(async () => {
  rig = await openTestDatabase();
  await firstStart(rig.database, { email, password: "correct horse battery" });
  const user = await findPasswordHash(rig.database, { email });
  token = await openSession(rig.database, user?.id ?? "");
  environmentId = await insertEnvironment(rig.database, "elsewhere");
  changes = await startChanges(rig.database);
  ({ server, sockets } = await serveLive({}));
});
afterAll(async () => {
  server.close();
  await changes.stop();
  await rig.close();
});

async function serveLive(timing: { aliveMs?: number }) {
  const routes = liveRoutes({
    database: rig.database,
    changes,
    follow: async (_actor, _kind, _id, { tell }) => {
      await held;
      tellers.add(tell);
      return () => tellers.delete(tell);
    },
    log: pino({ level: "silent" }),
    recheckMs: 50,
    ...timing,
  });
  const sockets = new WebSocketServer({ noServer: true });
  const websocket = { server: sockets };
  const server = serve({ fetch: routes.fetch, hostname: "127.0.0.1", port: 0, websocket });
  await once(server, "listening");
  return { server, sockets };
}

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

test("a client that says more than is done is not read from meanwhile, and loses nothing", async () => {
  let goOn = () => {};
  held = new Promise((resolve) => {
    goOn = resolve;
  });
  const { port } = server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  let pongs = 0;
  socket.on("message", (data) => {
    if ((JSON.parse(String(data)) as LiveMessage).event === "pong") pongs += 1;
  });
  await once(socket, "open");
  const pings = Array<object>(200).fill({ type: "ping" });
  for (const message of [
    { type: "auth", token },
    { type: "subscribe", topics: [topic] },
    ...pings,
  ]) {
    socket.send(JSON.stringify(message));
  }
  await expect.poll(() => [...sockets.clients].some((one) => one.isPaused)).toBe(true);
  expect(pongs).toBe(0);
  goOn();
  await expect.poll(() => pongs).toBe(200);
  expect([...sockets.clients].some((one) => one.isPaused)).toBe(false);
  socket.terminate();
});

test("a client that is gone without a word is let go of, and its topics with it", async () => {
  const own = await serveLive({ aliveMs: 20 });
  const { port } = own.server.address() as AddressInfo;
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { autoPong: false });
  const closed = once(socket, "close");
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "auth", token }));
  socket.send(JSON.stringify({ type: "subscribe", topics: [topic] }));
  const [code] = await closed;
  expect(code).toBe(1006);
  await expect.poll(() => tellers.size).toBe(0);
  own.server.close();
});

test("who is not known is not served", async () => {
  expect(await talk([{ type: "subscribe", topics: [topic] }], "subscribed")).toEqual([1008]);
  expect(await talk([{ type: "auth", token: "bps_nobody" }], "ready")).toEqual([1008]);
});

describe("a second auth", () => {
  const auth = (token: string) => ({ type: "auth", token });
  const subscribe = { type: "subscribe", topics: [topic] };

  test("keeps no topic of the first", async () => {
    const user = { email: `${newId()}@bridgeport.test`, name: null, passwordHash: "none" };
    const { id } = await insertUser(rig.database, { ...user, role: "viewer" });
    const second = await openSession(rig.database, id);
    const before = tellers.size;
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const heard: string[] = [];
    socket.on("message", (data) => heard.push((JSON.parse(String(data)) as LiveMessage).event));
    await once(socket, "open");
    for (const message of [auth(token), subscribe, auth(second), { type: "ping" }]) {
      socket.send(JSON.stringify(message));
    }
    await expect.poll(() => heard).toContain("pong");
    expect(heard).toEqual(["ready", "subscribed", "ready", "pong"]);
    expect(tellers.size).toBe(before);
    socket.terminate();
  });

  test("that is not known ends the connection", async () => {
    expect(await talk([auth(token), subscribe, auth("bps_unknown")], "never")).toEqual([
      "ready",
      "subscribed",
      1008,
    ]);
    await expect.poll(() => tellers.size).toBe(0);
  });

  test("ends with the second one's session, not with the first one's", async () => {
    const userId = (await findPasswordHash(rig.database, { email }))?.id ?? "";
    const first = await openSession(rig.database, userId);
    const second = await openSession(rig.database, userId);
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    const heard: string[] = [];
    socket.on("message", (data) => heard.push((JSON.parse(String(data)) as LiveMessage).event));
    const closed = new Promise<number>((resolve) => socket.on("close", resolve));
    await once(socket, "open");
    for (const message of [auth(first), auth(second), { type: "ping" }]) {
      socket.send(JSON.stringify(message));
    }
    await expect.poll(() => heard).toContain("pong");
    await closeSession(rig.database, first);
    socket.send(JSON.stringify(subscribe));
    await expect.poll(() => heard).toContain("subscribed");
    await closeSession(rig.database, second);
    expect(await closed).toBe(1008);
  });
});

test("the cookie opens it for the console's own pages, and is no bearer token", async () => {
  const userId = (await findPasswordHash(rig.database, { email }))?.id ?? "";
  const { cookie } = await openBrowserSession(rig.database, userId);
  const { port } = server.address() as AddressInfo;
  const first = async (headers: Record<string, string>) => {
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
    const event = await new Promise<string | number>((resolve) => {
      socket.on("open", () => socket.send(JSON.stringify(subscribed)));
      socket.on("message", (data) => resolve((JSON.parse(String(data)) as LiveMessage).event));
      socket.on("close", resolve);
    });
    socket.terminate();
    return event;
  };
  const subscribed = { type: "subscribe", topics: [topic] };
  const shown = { cookie: `bridgeport_session=${cookie}` };
  expect(await first({ ...shown, origin: `http://127.0.0.1:${port}` })).toBe("ready");
  expect(await first({ ...shown, origin: "http://elsewhere.test" })).toBe(1008);
  expect(await first({ authorization: `Bearer ${cookie}` })).toBe(1008);
  expect(await talk([{ type: "auth", token: cookie }], "ready")).toEqual([1008]);
});

test("other roles of a user are told to every replica at once", async () => {
  const person = { name: null, role: "viewer", passwordHash: null } as const;
  const heard: string[] = [];
  const stop = changes.subscribe({
    changed({ kind, id }) {
      if (kind === "access") heard.push(id);
    },
    resync() {},
  });
  const { id } = await insertUser(rig.database, { ...person, email: `${newId()}@bridgeport.test` });
  await expect.poll(() => heard).toEqual([id]);
  await rig.database`update user_roles set role = 'operator' where user_id = ${id}`;
  await expect.poll(() => heard).toEqual([id, id]);
  stop();
});

describe("a connection lives no longer than what it was opened with", () => {
  let userId: string;
  beforeEach(async () => {
    const user = await insertUser(rig.database, {
      email: `${newId()}@bridgeport.test`,
      name: null,
      role: "viewer",
      passwordHash: "none",
    });
    userId = user.id;
  });

  /** Opens a connection with that token that follows something. */
  async function follow(token: string) {
    const { port } = server.address() as AddressInfo;
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const heard: string[] = [];
    socket.on("message", (data) => heard.push((JSON.parse(String(data)) as LiveMessage).event));
    const closed = new Promise<number>((resolve) => socket.on("close", resolve));
    await once(socket, "open");
    socket.send(JSON.stringify({ type: "subscribe", topics: [topic] }));
    await expect.poll(() => heard).toContain("subscribed");
    return { heard, closed };
  }

  const apiToken = (expiresAt: Date | null) =>
    insertToken(rig.database, {
      name: "live",
      role: "viewer",
      userId,
      environmentIds: null,
      expiresAt,
    });

  test.each<[string, () => Promise<string>, (token: string) => Promise<void>]>([
    [
      "a session that is logged out",
      () => openSession(rig.database, userId),
      (token) => closeSession(rig.database, token),
    ],
    [
      "every session of a user, with a new password",
      () => openSession(rig.database, userId),
      () => closeSessionsOf(rig.database, userId, null),
    ],
    [
      "a user whose roles change",
      () => openSession(rig.database, userId),
      async () => {
        await setRoles(rig.database, userId, [
          ...everywhere("viewer"),
          { environmentId, role: "admin" },
        ]);
      },
    ],
    [
      "an API token whose owner's roles change",
      async () => (await apiToken(null)).secret,
      async () => {
        await setRoles(rig.database, userId, [{ environmentId, role: "viewer" }]);
      },
    ],
    [
      "a user who is deleted",
      () => openSession(rig.database, userId),
      () => deleteUser(rig.database, userId),
    ],
    [
      "an API token that is revoked",
      async () => (await apiToken(null)).secret,
      async () => {
        await rig.database`delete from api_tokens where user_id = ${userId}`;
      },
    ],
    [
      "an API token that expires",
      async () => (await apiToken(new Date(Date.now() + 3_600_000))).secret,
      async () => {
        await rig.database`
          update api_tokens set expires_at = now() where user_id = ${userId}`;
      },
    ],
  ])("%s", async (_, open, end) => {
    const before = new Set(tellers);
    const token = await open();
    const bystander = await follow(await openSession(rig.database, await anybody()));
    const { heard, closed } = await follow(token);
    await end(token);
    expect(await closed).toBe(1008);
    expect([...tellers].filter((tell) => !before.has(tell))).toHaveLength(1);
    for (const tell of tellers) tell("news", {});
    await expect.poll(() => bystander.heard).toContain("news");
    expect(heard).not.toContain("news");
  });

  async function anybody(): Promise<string> {
    return (await findPasswordHash(rig.database, { email }))?.id ?? "";
  }
});
