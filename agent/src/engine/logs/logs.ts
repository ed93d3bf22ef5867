import type { IncomingMessage } from "node:http";
import { type LogLine, limits } from "@bridgeport/proto";
import { CommandFailure } from "../../command.ts";
import { type Engine, openStream } from "../client.ts";
import { existingContainer } from "../failure.ts";
import type { ContainerInspection } from "../inspection.ts";
import { keepOpen, type OpenedStream } from "../reopen.ts";
import { LastLines, LogLineParser, lineBytes } from "./log-lines.ts";

/** An answer with these lines fits into one message, `limits.messageBytes`. */
export const fetchLimits = { lines: limits.logLines, bytes: 768 * 1024 };
/** What one message of a followed log carries at most. */
const chunkLimits = { lines: 500, bytes: 256 * 1024 };
const defaultTail = 100;

export interface LogRange {
  containerName: string;
  /** how many of the last lines; 0: none for a followed log, a hundred for a fetched one */
  tail: number;
  /** epoch milliseconds; null: from the beginning */
  since: number | null;
  /** why a container with these labels may not be read; null: it may. Absent: any may */
  refusal?: (labels: Readonly<Record<string, string>>) => string | null;
}

/**
 * The last lines of a container, oldest first. Rejects with a `CommandFailure` if there is no
 * such container, with the engine's error if its log driver keeps nothing to read.
 */
export async function fetchLogs(
  engine: Engine,
  range: LogRange,
  signal: AbortSignal,
): Promise<{ lines: LogLine[]; truncated: boolean }> {
  const tail = Math.min(range.tail || defaultTail, fetchLimits.lines);
  const { stream, parser } = await openLogs(
    engine,
    await logQuery(engine, range, tail),
    false,
    signal,
  );
  const last = new LastLines(tail, fetchLimits.bytes);
  for await (const piece of stream) last.add(parser.push(piece as Buffer));
  last.add(parser.end());
  return last.result;
}

interface LogQuery {
  container: Pick<ContainerInspection, "Id" | "Config">;
  tail: number | "all";
  /** seconds, as the engine takes them; null: from the beginning */
  since: string | null;
}

async function logQuery(engine: Engine, range: LogRange, tail = range.tail): Promise<LogQuery> {
  const since = range.since === null ? null : (range.since / 1000).toFixed(3);
  const container = await existingContainer(engine, range.containerName);
  const refusal = range.refusal?.(container.Config.Labels ?? {}) ?? null;
  if (refusal !== null) throw new CommandFailure("refused", refusal);
  return { container, tail, since };
}

async function openLogs(
  engine: Engine,
  { container, tail, since }: LogQuery,
  follow: boolean,
  signal: AbortSignal,
): Promise<{ stream: IncomingMessage; parser: LogLineParser }> {
  const query = {
    stdout: true,
    stderr: true,
    timestamps: true,
    follow,
    tail,
    ...(since === null ? {} : { since }),
  };
  // By id: the name may be another container's in the next moment.
  const stream = await openStream(engine, `/containers/${container.Id}/logs`, query, signal);
  return {
    stream,
    parser: new LogLineParser({ tty: container.Config.Tty === true, stamped: true }),
  };
}

/** The nanosecond after a time of the engine's, as it takes it: `1767225600.000000001`. */
export function justAfter(stamp: string): string {
  const seconds = Math.floor(Date.parse(stamp) / 1000);
  const fraction = (/\.(\d{1,9})/.exec(stamp)?.[1] ?? "").padEnd(9, "0");
  const next = BigInt(seconds) * 1_000_000_000n + BigInt(fraction) + 1n;
  return `${next / 1_000_000_000n}.${String(next % 1_000_000_000n).padStart(9, "0")}`;
}

export interface LogFollowListener {
  lines(lines: LogLine[]): void;
  /** the container ended (null), or the log cannot be read (the error); nothing comes after it */
  ended(error: unknown): void;
}

/**
 * Follows a container's log, as fast as its reader gives credit. Without credit the engine
 * is not read from, so that a flood of output waits where it is.
 */
export class LogFollow {
  readonly #listener: LogFollowListener;
  readonly #stop = new AbortController();
  #stream: IncomingMessage | null = null;
  #pending: LogLine[] = [];
  #credit: number;
  #ended = false;
  #sourceEnded: { error: unknown } | null = null;

  constructor(engine: Engine, range: LogRange, credit: number, listener: LogFollowListener) {
    this.#listener = listener;
    this.#credit = credit;
    this.#follow(engine, range).then(
      () => this.#endSource(null),
      (error) => this.#endSource(error),
    );
  }

  addCredit(lines: number): void {
    this.#credit += lines;
    this.#deliver();
  }

  /** Ends without another word to the listener. */
  stop(): void {
    this.#ended = true;
    this.#pending = [];
    this.#stop.abort();
  }

  async #follow(engine: Engine, range: LogRange): Promise<void> {
    const { signal } = this.#stop;
    let query = await logQuery(engine, range);
    const open = async (): Promise<OpenedStream> => {
      const { stream, parser } = await openLogs(engine, query, true, signal);
      this.#stream = stream;
      stream.on("data", (piece: Buffer) => this.#take(parser.push(piece)));
      const over = new Promise<"finished" | "cut">((resolve) => {
        stream.once("end", () => resolve("finished"));
        for (const end of ["error", "close"]) stream.once(end, () => resolve("cut"));
      }).then((end) => {
        this.#take(parser.end());
        const { lastStamp } = parser;
        if (lastStamp !== null) query = { ...query, tail: "all", since: justAfter(lastStamp) };
        // Nothing came yet of what was asked for from now on: the engine's own time of that answer.
        else if (query.tail === 0) query = { ...query, tail: "all", since: timeOf(stream) };
        return end;
      });
      return { over };
    };
    await keepOpen(await open(), open, signal);
  }

  #take(lines: LogLine[]): void {
    for (const line of lines) this.#pending.push(line);
    this.#deliver();
  }

  #deliver(): void {
    if (this.#ended) return;
    let taken = 0;
    while (this.#credit > 0 && taken < this.#pending.length) {
      const chunk = nextChunk(this.#pending, taken, this.#credit);
      taken += chunk.length;
      this.#credit -= chunk.length;
      this.#listener.lines(chunk);
      if (this.#ended) return;
    }
    this.#pending = this.#pending.slice(taken);
    if (this.#pending.length > 0) this.#stream?.pause();
    else this.#stream?.resume();
    if (this.#sourceEnded !== null && this.#pending.length === 0) {
      this.#ended = true;
      this.#listener.ended(this.#sourceEnded.error);
    }
  }

  #endSource(error: unknown): void {
    this.#sourceEnded = { error };
    this.#deliver();
  }
}

/** When the engine began an answer, by its own clock, in its seconds. */
function timeOf({ headers }: IncomingMessage): string | null {
  const at = Date.parse(headers.date ?? "");
  return Number.isNaN(at) ? null : String(at / 1000);
}

function nextChunk(lines: readonly LogLine[], from: number, credit: number): LogLine[] {
  const chunk: LogLine[] = [];
  let bytes = 0;
  for (const line of lines.slice(from, from + Math.min(credit, chunkLimits.lines))) {
    bytes += lineBytes(line);
    if (bytes > chunkLimits.bytes && chunk.length > 0) break;
    chunk.push(line);
  }
  return chunk;
}
