import type { Logger } from "pino";
import type { Database } from "../database/connection.ts";
import { listen } from "../database/listen.ts";
import {
  expireFollows,
  type FollowRow,
  followsOf,
  insertPart,
  isTaken,
} from "./log-follows.store.ts";
import type { LogEvent, LogFollows } from "./logs.ts";

/** A stream that logs can be followed over. */
export interface LogSource {
  sessionId: string;
  follow: LogFollows["follow"];
}

export interface LogsForOthers {
  /** Looks for what was missed, every few seconds. */
  beat(): Promise<void>;
  stop(): Promise<void>;
}

/** Serves what other replicas follow over the streams that this one holds; see logs-elsewhere.ts. */
export async function logsForOthers(
  database: Database,
  log: Logger,
  sources: () => LogSource[],
): Promise<LogsForOthers> {
  const serving = new Map<string, { stop(): void; taken(): void }>();

  async function look(): Promise<void> {
    const streams = new Map(sources().map((source) => [source.sessionId, source]));
    const wanted = await followsOf(database, [...streams.keys()]);
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, one] of serving) if (!ids.has(id)) one.stop();
    for (const follow of wanted) {
      const source = streams.get(follow.sessionId);
      if (source && !serving.has(follow.id)) serve(source, follow);
    }
  }

  function serve(source: LogSource, { id, containerName, tail, since }: FollowRow): void {
    let next = 0;
    let written = Promise.resolve();
    let waiting: { position: number; resolve: () => void } | null = null;
    let stopped = false;

    function taken(): void {
      if (waiting === null) return;
      const { position, resolve } = waiting;
      isTaken(database, id, position).then(
        (yes) => yes && resolve(),
        (error: unknown) => log.warn({ err: error }, "a followed log could not be looked at"),
      );
    }

    /** Settles when the reader has it. */
    async function write(event: LogEvent): Promise<void> {
      if (stopped) return;
      const position = next++;
      if (!(await insertPart(database, id, position, event))) return stop();
      if (event.end) return stop();
      await new Promise<void>((resolve) => {
        waiting = { position, resolve };
        if (stopped) resolve();
        else taken();
      });
      waiting = null;
    }

    function stop(): void {
      if (stopped) return;
      stopped = true;
      serving.delete(id);
      unfollow();
      waiting?.resolve();
    }

    serving.set(id, { stop, taken });
    const unfollow = source.follow(containerName, { tail, since }, (event) => {
      written = written
        .then(() => write(event))
        .catch((error: unknown) => {
          log.warn({ err: error }, "a followed log could not be passed on");
          stop();
        });
      return written;
    });
  }

  const lookLogged = () => {
    look().catch((error: unknown) => log.warn({ err: error }, "followed logs could not be listed"));
  };
  const listening = await Promise.all([
    listen(database, "log_follow", {
      notified(sessionId) {
        if (sources().some((source) => source.sessionId === sessionId)) lookLogged();
      },
      resumed: lookLogged,
    }),
    listen(database, "log_taken", {
      notified: (id) => serving.get(id)?.taken(),
    }),
  ]);

  return {
    async beat() {
      await expireFollows(database);
      await look();
      for (const one of serving.values()) one.taken();
    },
    async stop() {
      await Promise.all(listening.map((stop) => stop()));
      for (const one of [...serving.values()]) one.stop();
    },
  };
}
