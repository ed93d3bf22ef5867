import type { Logger } from "pino";
import type { Actor } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { outdated } from "../identity/sessions.store.ts";
import type { LiveClient } from "./client.ts";

/** One open WebSocket. */
export interface Connection {
  /** null until it is open */
  client: LiveClient | null;
  close(reason: string): void;
  /** Ends it where its other side has not answered the last time, and asks again. */
  ask(): void;
}

export interface Connections {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  resync(): void;
  /** Ends those whose other side is gone without a word. */
  askAll(): void;
  /** Ends those whose session or API token has ended or has other roles now. @param userId of this user only */
  recheck(userId?: string): void;
}

/** What is open on this replica. A connection lives no longer than the token it was opened with, and its roles. */
export function openConnections(database: Database, log: Logger): Connections {
  const all = new Set<Connection>();

  async function recheck(userId?: string): Promise<void> {
    const asked = new Set<Actor>();
    for (const { client } of all) {
      const actor = client?.actor;
      if (actor && (userId === undefined || actor.id === userId)) asked.add(actor);
    }
    const over = await outdated(database, [...asked]);
    // By who each is now: it may have shown another token meanwhile.
    for (const { client, close } of [...all]) {
      if (!client?.actor || !over.has(client.actor)) continue;
      // Not a word more, whether the other side takes note of the end or not.
      client.close();
      close("this session has ended, or has other roles now");
    }
  }

  return {
    add: (connection) => all.add(connection),
    remove: (connection) => all.delete(connection),
    resync() {
      for (const { client } of all) client?.resync();
    },
    askAll() {
      for (const connection of [...all]) connection.ask();
    },
    recheck(userId) {
      recheck(userId).catch((error: unknown) => {
        log.warn({ err: error }, "open connections could not be looked at");
      });
    },
  };
}
