import { existsSync, readdirSync, readFileSync, watch } from "node:fs";
import { join } from "node:path";

/** One thing that an agent writes down about a command. */
export interface JournalMoment {
  /** The command's kind: `run`, `rollback`, `commit`. */
  kind: string;
  /** The service's container name. */
  container: string;
  /** `accepted`, the name of a phase, or `result`. */
  record: string;
  /** Which time, for what is written down again after a recovery. Default 1. */
  time?: number;
}

/** A watch over an agent's journal. */
export interface JournalWatch {
  /** How many of the moments have come. */
  reached(): number;
  /** What was written down of new commands so far, in order: `run app: prepare`. */
  lines(): string[];
  stop(): void;
}

/**
 * Calls `act` as soon as a command that is not in the journal yet comes to a moment, for each of
 * the moments in their order: in the same turn in which the file's change is seen, so that what
 * follows has hardly begun.
 */
export function watchJournal(
  directory: string,
  moments: readonly JournalMoment[],
  act: () => void,
): JournalWatch {
  const old = new Set(readdirSync(directory));
  const seen = new Set<string>();
  let next = 0;
  const watcher = watch(directory, (_, file) => {
    if (file === null || old.has(file) || !file.endsWith(".jsonl")) return;
    seen.add(file);
    const moment = moments[next];
    if (!moment) return;
    const wanted = `${moment.kind} ${moment.container}: ${moment.record}`;
    const times = recordsOf(join(directory, file)).filter((one) => one === wanted).length;
    if (times < (moment.time ?? 1)) return;
    next += 1;
    act();
  });
  return {
    reached: () => next,
    lines: () => [...seen].flatMap((file) => recordsOf(join(directory, file))),
    stop: () => watcher.close(),
  };
}

interface JournalLine {
  record: string;
  entry?: { body: { kind: string; containerName?: string } };
  phase?: { name: string };
}

function recordsOf(path: string): string[] {
  // What changes nothing is forgotten as soon as its result has arrived.
  if (!existsSync(path)) return [];
  const text = readFileSync(path, "utf8");
  const lines = text
    .slice(0, text.lastIndexOf("\n") + 1)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line) as JournalLine);
  const body = lines[0]?.entry?.body;
  return lines.map(({ record, phase }) => {
    const what = record === "command" ? "accepted" : record === "phase" ? phase?.name : record;
    return `${body?.kind} ${body?.containerName}: ${what}`;
  });
}
