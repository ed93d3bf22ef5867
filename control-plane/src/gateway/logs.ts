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
  /** whether a log is followed */
  isRead(): boolean;
  /**
   * Counts lines that have come. `beyond`: more than there was credit for; `unknown`: nothing was
   * followed by that id.
   */
  count(message: LogMessage): "expected" | "beyond" | "unknown";
  received(message: LogMessage): void;
  /** the stream has ended, and every reader with it */
  endAll(error: string): void;
}

type LogMessage = Extract<AgentMessage, { kind: "log" }>;

/** Lines that an agent may be ahead of its reader. */
const credit = 1000;
/** An agent follows a hundred logs at the most; as many may have been stopped just now. */
const mostFollows = 200;

/** The logs followed over one agent's stream. They are no commands: they end with the stream. */
export function logFollows(send: (message: ControlMessage) => void): LogFollows {
  const readers = new Map<string, LogReader>();
  /** Lines that may still come, by follow, also of those that the agent has not heard are over. */
  const credits = new Map<string, number>();
  return {
    follow(containerName, range, reader) {
      const followId = newId();
      readers.set(followId, reader);
      credits.set(followId, credit);
      const [oldest] = credits.keys();
      if (credits.size > mostFollows && oldest !== undefined) credits.delete(oldest);
      send({ kind: "logStart", followId, containerName, ...range, credit });
      return () => {
        if (readers.delete(followId)) send({ kind: "logStop", followId });
      };
    },
    isRead: () => readers.size > 0,
    count({ followId, lines }) {
      const left = credits.get(followId);
      if (left === undefined) return "unknown";
      if (lines.length > left) return "beyond";
      credits.set(followId, left - lines.length);
      return "expected";
    },
    received({ followId, lines, end, error }) {
      const reader = readers.get(followId);
      if (!reader) {
        // It was stopped, and the agent has not heard yet.
        if (!end) send({ kind: "logStop", followId });
        return;
      }
      if (end) {
        readers.delete(followId);
        credits.delete(followId);
      }
      const more = () => {
        const left = credits.get(followId);
        if (left === undefined || lines.length === 0 || !readers.has(followId)) return;
        credits.set(followId, left + lines.length);
        send({ kind: "logCredit", followId, lines: lines.length });
      };
      Promise.resolve(reader({ lines, end, error })).then(more, more);
    },
    endAll(error) {
      const all = [...readers.values()];
      readers.clear();
      credits.clear();
      for (const reader of all) void reader({ lines: [], end: true, error });
    },
  };
}
