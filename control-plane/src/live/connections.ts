import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { actorOfToken } from "../identity/sessions.store.ts";
import type { LiveClient } from "./client.ts";

/** One open WebSocket. */
export interface Connection {
  /** null until it is open */
  client: LiveClient | null;
  /** what it was authenticated by; null as long as it was not */
  token: string | null;
  close(reason: string): void;
}

export interface Connections {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  resync(): void;
  /** Ends those whose token is no longer valid. @param userId of this user only */
  recheck(userId?: string): void;
}

/** What is open on this replica. A connection lives no longer than the token it was opened with. */
export function openConnections(database: Database, log: Logger): Connections {
  const all = new Set<Connection>();

  async function recheck(userId?: string): Promise<void> {
    const byToken = new Map<string, Connection[]>();
    for (const connection of all) {
      const { client, token } = connection;
      if (!client?.actor || token === null) continue;
      if (userId !== undefined && client.actor.id !== userId) continue;
      byToken.set(token, [...(byToken.get(token) ?? []), connection]);
    }
    for (const [token, connections] of byToken) {
      if (await actorOfToken(database, token)) continue;
      for (const connection of connections) {
        // Not a word more, whether the other side takes note of the end or not.
        connection.client?.close();
        connection.close("this session has ended");
      }
    }
  }

  return {
    add: (connection) => all.add(connection),
    remove: (connection) => all.delete(connection),
    resync() {
      for (const { client } of all) client?.resync();
    },
    recheck(userId) {
      recheck(userId).catch((error: unknown) => {
        log.warn({ err: error }, "open connections could not be looked at");
      });
    },
  };
}
