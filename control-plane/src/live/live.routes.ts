import { upgradeWebSocket } from "@hono/node-server";
import { Hono } from "hono";
import type { WSContext } from "hono/ws";
import type { Logger } from "pino";
import { z } from "zod";
import type { Actor } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { sameOrigin } from "../http/authentication.ts";
import { presented } from "../identity/presented-token.ts";
import { actorOfPresented, actorOfToken } from "../identity/sessions.store.ts";
import { OpenCounts, openLimits } from "../open-limits.ts";
import { Problem } from "../problem.ts";
import type { Changes } from "./changes.ts";
import { type Follow, LiveClient } from "./client.ts";
import { type Connection, openConnections } from "./connections.ts";

const messageSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("auth"), token: z.string().max(500) }),
  z.object({ type: z.literal("subscribe"), topics: z.array(z.string().max(100)).max(200) }),
  z.object({ type: z.literal("unsubscribe"), topics: z.array(z.string().max(100)).max(200) }),
  z.object({ type: z.literal("ping") }),
]);

/** What is used of the library's socket. */
interface RawSocket {
  send(text: string, written: (error?: Error) => void): void;
  readonly bufferedAmount: number;
  readonly isPaused: boolean;
  pause(): void;
  resume(): void;
  ping(): void;
  terminate(): void;
  on(event: "pong", listener: () => void): void;
}

const patience = 5000;
/** Messages of one client that wait for their turn: it is not read from while there are more. */
const mostWaiting = 50;
/** On a slow line a question waits behind megabytes that are on their way. */
const mostUnanswered = 4;
const closePolicy = 1008;
/** "Try again later" */
const closeTooMany = 1013;

/** `GET /ws`: live updates; see the contract in docs/api.md, "Live updates". */
export function liveRoutes({
  database,
  changes,
  follow,
  log,
  secureCookie = false,
  recheckMs = 5_000,
  aliveMs = 30_000,
  limits = openLimits,
}: {
  database: Database;
  changes: Changes;
  follow: Follow;
  log: Logger;
  /** the console is reached by https */
  secureCookie?: boolean;
  /** how often tokens are looked at that may have expired */
  recheckMs?: number;
  /** how often clients are asked whether they are there still; who has not answered several times is not */
  aliveMs?: number;
  limits?: Pick<typeof openLimits, "webSocketsOfUser" | "webSocketsOfCredential">;
}): Hono {
  const app = new Hono();
  const open = openConnections(database, log);
  const sockets = new OpenCounts();
  function countFor({ id, name, credentialId }: Actor): () => void {
    const ofUser = { what: "WebSockets of one user", most: limits.webSocketsOfUser };
    const ofCredential = {
      what: "WebSockets of one session or API token",
      most: limits.webSocketsOfCredential,
    };
    return sockets.open(
      { key: `user ${id ?? name}`, ...ofUser },
      ...(credentialId === undefined ? [] : [{ key: credentialId, ...ofCredential }]),
    );
  }

  changes.subscribe({
    changed({ kind, id }) {
      if (kind === "access") open.recheck(id);
    },
    resync() {
      open.resync();
      open.recheck();
    },
  });
  setInterval(() => open.recheck(), recheckMs).unref();
  setInterval(() => open.askAll(), aliveMs).unref();

  app.get(
    "/ws",
    upgradeWebSocket(async (c) => {
      const shown = presented(c.req.raw.headers, secureCookie);
      // A browser sends our cookie with any page's WebSocket: only our own page's counts.
      const counts = shown !== null && (!shown.inCookie || sameOrigin(c.req.raw));
      const actor = counts ? await actorOfPresented(database, shown) : null;
      const connection: Connection = { client: null, close: () => {}, ask: () => {} };
      let timer: NodeJS.Timeout | undefined;
      let uncount = () => {};
      let gone = false;
      // Messages are taken in their order: a client may subscribe without waiting to be known.
      let earlier = Promise.resolve();
      let waiting = 0;

      /** It counts for whom it is of now, and for none that it was of before. */
      function authenticated(ws: WSContext, client: LiveClient, who: Actor): void {
        // It may have closed while its token was looked up.
        if (gone) return;
        uncount();
        try {
          uncount = countFor(who);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          client.close();
          ws.close(closeTooMany, error.message);
          return;
        }
        client.authenticated(who);
      }

      async function received(ws: WSContext, text: string): Promise<void> {
        const parsed = messageSchema.safeParse(parse(text));
        const { client } = connection;
        if (!client) return;
        if (!parsed.success) {
          client.send({
            event: "error",
            data: { error: "Send {type: auth | subscribe | unsubscribe | ping, …}" },
          });
          return;
        }
        const message = parsed.data;
        if (message.type === "auth") {
          const who = await actorOfToken(database, message.token);
          if (!who) return ws.close(closePolicy, "unknown token");
          clearTimeout(timer);
          authenticated(ws, client, who);
        } else if (!client.known) {
          ws.close(closePolicy, "authenticate first");
        } else if (message.type === "subscribe") {
          await client.subscribe(message.topics);
        } else if (message.type === "unsubscribe") {
          client.unsubscribe(message.topics);
        } else {
          client.send({ event: "pong" });
        }
      }

      return {
        onOpen(_event, ws) {
          const raw = ws.raw as unknown as RawSocket;
          const client = new LiveClient(
            {
              send: (text, written) => raw.send(text, () => written?.()),
              close: (code, reason) => ws.close(code, reason),
              buffered: () => raw.bufferedAmount,
            },
            follow,
          );
          connection.client = client;
          connection.close = (reason) => ws.close(closePolicy, reason);
          let unanswered = 0;
          raw.on("pong", () => {
            unanswered = 0;
          });
          // A machine that was switched off closes no connection.
          connection.ask = () => {
            if (raw.isPaused) return;
            if (unanswered === mostUnanswered) return raw.terminate();
            unanswered += 1;
            raw.ping();
          };
          open.add(connection);
          if (actor) authenticated(ws, client, actor);
          else timer = setTimeout(() => ws.close(closePolicy, "no authentication"), patience);
        },
        onMessage(event, ws) {
          const raw = ws.raw as unknown as RawSocket;
          waiting += 1;
          if (waiting > mostWaiting) raw.pause();
          earlier = earlier
            .then(() => received(ws, String(event.data)))
            .catch((error: unknown) => {
              log.error({ err: error }, "live message failed");
              ws.close(1011, "internal error");
            })
            .finally(() => {
              waiting -= 1;
              if (waiting === 0 && raw.isPaused) raw.resume();
            });
        },
        onClose() {
          clearTimeout(timer);
          gone = true;
          uncount();
          connection.client?.close();
          open.remove(connection);
        },
      };
    }),
  );
  return app;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
