import type { AgentMessage, ControlMessage, LogLine } from "@bridgeport/proto";
import { newId } from "../database/ids.ts";

/** A part of a followed log. With `end` nothing more will come; `error` says why, if it was not wanted. */
export interface LogEvent {
  lines: LogLine[];
  end: boolean;
  error: string | null;
}

/** More lines are asked for when what it returns is settled, so that a slow reader slows the agent. */
export type LogReader = (event: LogEvent) => void | Promise<void>;

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
      if (end) readers.delete(followId);
      const more = () => {
        if (readers.has(followId)) send({ kind: "logCredit", followId, lines: lines.length });
      };
      Promise.resolve(reader({ lines, end, error })).then(more, more);
    },
    endAll(error) {
      const all = [...readers.values()];
      readers.clear();
      for (const reader of all) void reader({ lines: [], end: true, error });
    },
  };
}
