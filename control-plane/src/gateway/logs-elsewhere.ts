import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { listen } from "../database/listen.ts";
import {
  deleteFollow,
  dropParts,
  findSession,
  insertFollow,
  partsOf,
  renewFollows,
} from "./log-follows.store.ts";
import type { LogRange, LogReader } from "./logs.ts";

/*
 * Reading logs whose agent is connected to another replica: the request is a row, that replica writes
 * what comes as rows, one part at a time, and the next one when this one was taken. So a slow
 * reader slows the agent here too, and whichever of the replicas dies, the other one notices.
 */

export interface LogsElsewhere {
  /** @returns stops it; null when no replica holds a stream of that server's agent */
  follow(
    serverId: string,
    containerName: string,
    range: LogRange,
    reader: LogReader,
  ): Promise<(() => void) | null>;
  /** Looks for what was missed, every few seconds. */
  beat(): Promise<void>;
  stop(): Promise<void>;
}

const lost = "The agent of this server is not connected any more.";

export async function logsElsewhere(database: Database, log: Logger): Promise<LogsElsewhere> {
  const readings = new Map<string, { reader: LogReader; reading: boolean; again: boolean }>();

  function look(id: string): void {
    const reading = readings.get(id);
    if (!reading) return;
    reading.again = true;
    if (reading.reading) return;
    reading.reading = true;
    read(id)
      .catch((error: unknown) => log.warn({ err: error }, "a followed log could not be read"))
      .finally(() => {
        reading.reading = false;
      });
  }

  async function read(id: string): Promise<void> {
    for (let reading = readings.get(id); reading?.again; reading = readings.get(id)) {
      reading.again = false;
      const parts = await partsOf(database, id);
      for (const { lines, ended, error } of parts) {
        if (!readings.has(id)) return;
        if (ended) await leave(id);
        await reading.reader({ lines, end: ended, error });
        if (ended) return;
      }
      const last = parts.at(-1);
      if (last) await dropParts(database, id, last.position);
    }
  }

  async function leave(id: string): Promise<void> {
    if (readings.delete(id)) await deleteFollow(database, id);
  }

  const listening = await listen(database, "log_part", {
    notified: look,
    resumed() {
      for (const id of readings.keys()) look(id);
    },
  });

  return {
    async follow(serverId, containerName, range, reader) {
      const sessionId = await findSession(database, serverId);
      if (sessionId === null) return null;
      const id = newId();
      readings.set(id, { reader, reading: false, again: false });
      await insertFollow(database, { id, serverId, sessionId, containerName, ...range });
      return () => {
        leave(id).catch((error: unknown) => {
          // It ends when no reader repeats that it is read.
          log.warn({ err: error }, "the end of a followed log could not be written");
        });
      };
    },
    async beat() {
      const mine = [...readings.keys()];
      const held = await renewFollows(database, mine);
      for (const id of mine) {
        if (held.has(id)) {
          look(id);
          continue;
        }
        const reading = readings.get(id);
        await leave(id);
        // A reader may take as long as it likes: nothing waits for the last word.
        void reading?.reader({ lines: [], end: true, error: lost });
      }
    },
    async stop() {
      await listening();
      await Promise.all([...readings.keys()].map(leave));
    },
  };
}
