import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { endedCredentials } from "../identity/sessions.store.ts";
import type { LiveClient } from "./client.ts";

/** One open WebSocket. */
export interface Connection {
  /** null until it is open */
  client: LiveClient | null;
  close(reason: string): void;
}

export interface Connections {
  add(connection: Connection): void;
  remove(connection: Connection): void;
  resync(): void;
  /** Ends those whose session or API token has ended. @param userId of this user only */
  recheck(userId?: string): void;
}

/** What is open on this replica. A connection lives no longer than the token it was opened with. */
export function openConnections(database: Database, log: Logger): Connections {
  const all = new Set<Connection>();

  async function recheck(userId?: string): Promise<void> {
    const asked = new Set<string>();
    for (const { client } of all) {
      const credential = client?.actor?.credentialId;
      if (credential === undefined) continue;
      if (userId === undefined || client?.actor?.id === userId) asked.add(credential);
    }
    if (asked.size === 0) return;
    const ended = await endedCredentials(database, [...asked]);
    // By what each shows now: it may have shown another one meanwhile.
    for (const { client, close } of [...all]) {
      if (!ended.has(client?.actor?.credentialId ?? "")) continue;
      // Not a word more, whether the other side takes note of the end or not.
      client?.close();
      close("this session has ended");
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
