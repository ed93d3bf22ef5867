import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type Actor, system } from "../actor.ts";
import { newId } from "../database/ids.ts";
import { openTestDatabase, type TestDatabase } from "../database/test-database.ts";
import { openSession } from "../identity/sessions.store.ts";
import { insertToken } from "../identity/tokens.store.ts";
import { insertUser } from "../identity/users.store.ts";
import { newWorld } from "../plans/plan-world.fixture.ts";
import { type Changes, startChanges } from "./changes.ts";
import type { LiveMessage, Teller } from "./client.ts";
import { liveRoutes } from "./live.routes.ts";
import { followTopics } from "./topics.ts";

const log = pino({ level: "silent" });
const limits = { webSocketsOfUser: 4, webSocketsOfCredential: 3 };

let rig: TestDatabase;
let server: ReturnType<typeof serve>;
let changes: Changes;

beforeAll(async () => {
  rig = await openTestDatabase();
  changes = await startChanges(rig.database);
  const follow = async () => () => {};
  const routes = liveRoutes({ database: rig.database, changes, follow, log, limits });
  const websocket = { server: new WebSocketServer({ noServer: true }) };
  server = serve({ fetch: routes.fetch, hostname: "127.0.0.1", port: 0, websocket });
  await once(server, "listening");
});
afterAll(async () => {
  server.close();
  await changes.stop();
  await rig.close();
});

async function newUser(): Promise<string> {
  const email = `${newId()}@bridgeport.test`;
  const user = { email, name: null, role: "viewer", passwordHash: "none" } as const;
  return (await insertUser(rig.database, user)).id;
}

type Outcome = { socket: WebSocket } & ({ ready: true } | { code: number; reason: string });

/** Opens one, and hears whether it may stay. @param way where the token is shown */
async function open(token: string, way: "header" | "message" = "header"): Promise<Outcome> {
  const { port } = server.address() as AddressInfo;
  const headers = way === "header" ? { authorization: `Bearer ${token}` } : {};
  const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`, { headers });
  return new Promise((resolve) => {
    socket.on("open", () => {
      if (way === "message") socket.send(JSON.stringify({ type: "auth", token }));
    });
    socket.on("message", (data) => {
      const { event } = JSON.parse(String(data)) as LiveMessage;
      if (event === "ready") resolve({ socket, ready: true });
    });
    socket.on("close", (code, reason) => resolve({ socket, code, reason: String(reason) }));
  });
}

const closed = async ({ socket }: Outcome) => {
  socket.close();
  if (socket.readyState !== WebSocket.CLOSED) await once(socket, "close");
};

test.each(["header", "message"] as const)(
  "one WebSocket too many of a session is closed with the reason (token in %s)",
  async (way) => {
    const userId = await newUser();
    const session = await openSession(rig.database, userId);
    const all = [await open(session, way), await open(session, way), await open(session, way)];
    expect(all.every((one) => "ready" in one)).toBe(true);
    expect(await open(session, way)).toMatchObject({
      code: 1013,
      reason:
        "Too many WebSockets of one session or API token are open: at most 3. Close others first.",
    });
    // Another session of the same user may have one, until the user has too many.
    const other = await openSession(rig.database, userId);
    expect(await open(other, way)).toHaveProperty("ready");
    const { secret } = await insertToken(rig.database, {
      name: "third",
      role: "viewer",
      userId,
      environmentIds: null,
      expiresAt: null,
    });
    expect(await open(secret, way)).toMatchObject({
      code: 1013,
      reason: "Too many WebSockets of one user are open: at most 4. Close others first.",
    });
    // Nobody else is concerned.
    expect(await open(await openSession(rig.database, await newUser()), way)).toHaveProperty(
      "ready",
    );
    await Promise.all(all.map(closed));
    await expect.poll(async () => "ready" in (await open(session, way))).toBe(true);
  },
);

test("who authenticates again is counted as the new one only, and refused as that", async () => {
  const [first, second] = await Promise.all(
    [await newUser(), await newUser()].map((id) => openSession(rig.database, id)),
  );
  const moving = await open(first ?? "");
  for (let i = 0; i < 3; i++) expect(await open(second ?? "")).toHaveProperty("ready");
  const end = once(moving.socket, "close");
  moving.socket.send(JSON.stringify({ type: "auth", token: second }));
  expect((await end)[0]).toBe(1013);
  for (let i = 0; i < 3; i++) expect(await open(first ?? "")).toHaveProperty("ready");
});

test("one log too many of a user is refused with the reason, however many sessions there are", async () => {
  const world = await newWorld(rig.database, { services: 4 });
  const follow = followTopics({
    database: rig.database,
    changes,
    log,
    mostLogs: 2,
    async followLogs(_server, container) {
      if (container === "never") throw new Error("not connected");
      return () => {};
    },
  });
  const asking = (id: string, service: number) => {
    const actor: Actor = { ...system, type: "user", id, credentialId: newId() };
    const teller: Teller = { tell() {}, deliver: async () => {}, end() {} };
    return follow(actor, "logs", world.serviceIds[service] ?? "", teller);
  };
  const [ada, bob] = [newId(), newId()];
  const stop = await asking(ada, 0);
  await asking(ada, 1);
  await expect(asking(ada, 2)).rejects.toMatchObject({
    kind: "rate_limited",
    message: "Too many logs of one user are open: at most 2. Close others first.",
  });
  expect(await asking(bob, 2)).not.toBeNull();
  stop?.();
  stop?.();
  expect(await asking(ada, 2)).not.toBeNull();
  await expect(asking(ada, 3)).rejects.toThrow("Too many logs");
  // What could not be followed is not open.
  await rig.database`
    update services set container_name = 'never' where id = ${world.serviceIds[3] ?? ""}`;
  for (let i = 0; i < 3; i++) await expect(asking(bob, 3)).rejects.toThrow("not connected");
  expect(await asking(bob, 0)).not.toBeNull();
});
