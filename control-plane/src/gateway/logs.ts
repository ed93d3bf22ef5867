import type { AgentMessage, ControlMessage, LogLine } from "@bridgeport/proto";
import { newId } from "../database/ids.ts";

/** Who reads a container's log as it is written. */
export interface LogReader {
  /** More lines are asked for when the returned promise is settled, so that a slow reader slows the agent. */
  lines(lines: LogLine[]): void | Promise<void>;
  /** Nothing more will come. `error` is a sentence, or null for a log that has ended. */
  end(error: string | null): void;
}

export interface LogRange {
  /** lines of the past to begin with */
  tail: number;
  /** epoch milliseconds; null: from whenever `tail` reaches back to */
  since: number | null;
}

export interface LogFollows {
  follow(containerName: string, range: LogRange, reader: LogReader): () => void;
  received(message: Extract<AgentMessage, { kind: "log" }>): void;
  /** the stream has ended, and every reader with it */
  endAll(error: string): void;
}

/** Lines that an agent may be ahead of its reader. */
const credit = 1000;

/** The logs followed over one agent's stream. They are no commands: they end with the stream. */
export function logFollows(send: (message: ControlMessage) => void): LogFollows {
  const readers = new Map<string, LogReader>();
  return {
    follow(containerName, range, reader) {
      const followId = newId();
      readers.set(followId, reader);
      send({ kind: "logStart", followId, containerName, ...range, credit });
      return () => {
        if (readers.delete(followId)) send({ kind: "logStop", followId });
      };
    },
    received({ followId, lines, end, error }) {
      const reader = readers.get(followId);
      if (!reader) {
        // It was stopped, and the agent has not heard yet.
        if (!end) send({ kind: "logStop", followId });
        return;
      }
      if (lines.length > 0) {
        const more = () => {
          if (readers.has(followId)) send({ kind: "logCredit", followId, lines: lines.length });
        };
        Promise.resolve(reader.lines(lines)).then(more, more);
      }
      if (end) {
        readers.delete(followId);
        reader.end(error);
      }
    },
    endAll(error) {
      const all = [...readers.values()];
      readers.clear();
      for (const reader of all) reader.end(error);
    },
  };
}
