import type { Failure } from "@bridgeport/proto";
import type { JournalPhase } from "../../command.ts";
import type { DependentsData, DependentsJournal } from "./dependents.ts";
import type { PrepareData } from "./replace.ts";

/** What the journal shows of a replacement: of its last attempt, where there were several. */
export interface RunJournal {
  prepared: PrepareData;
  /** how often it was begun */
  attempts: number;
  nextId: string | null;
  /** the old container may have stopped, and the new one may run */
  switched: boolean;
  /** the new container has taken over */
  verified: { downtimeMs: number | null } | null;
  dependents: DependentsJournal | null;
  /** it was being taken back, because of this */
  undone: { failure: Failure } | null;
}

/** The last that these phases tell of dependents; null if none had been touched. */
export function readDependents(phases: readonly JournalPhase[]): DependentsJournal | null {
  const begun = phases.findLastIndex(({ name }) => name === "dependents");
  const data = phases[begun]?.data as unknown as DependentsData | undefined;
  if (data === undefined) return null;
  const since = phases.slice(begun);
  const nextIds = since.flatMap(({ name, data: { name: dependent, id } }): [string, string][] =>
    name === "dependent" ? [[String(dependent), String(id)]] : [],
  );
  const done = since.some(({ name }) => name === "dependents-done");
  return { exchanges: data.exchanges, nextIds: new Map(nextIds), done };
}

/** Null if nothing had been changed. The data are this agent's own, as replace.ts wrote them. */
export function readRunJournal(phases: readonly JournalPhase[]): RunJournal | null {
  const begun = phases.filter(({ name }) => name === "prepare");
  const last = begun.at(-1);
  if (last === undefined) return null;
  const since = phases.slice(phases.indexOf(last) + 1);
  const journal: RunJournal = {
    prepared: last.data as unknown as PrepareData,
    attempts: begun.length,
    nextId: null,
    switched: false,
    verified: null,
    dependents: readDependents(since),
    undone: null,
  };
  for (const { name, data } of since) {
    if (typeof data.nextId === "string") journal.nextId = data.nextId;
    switch (name) {
      case "switch":
        journal.switched = true;
        break;
      case "verify":
        journal.switched = true;
        journal.verified = { downtimeMs: data.downtimeMs as number | null };
        break;
      case "undo":
        journal.undone = { failure: data.failure as Failure };
    }
  }
  return journal;
}
