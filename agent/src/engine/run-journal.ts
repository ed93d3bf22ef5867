import type { Failure } from "@bridgeport/proto";
import type { JournalPhase } from "../commands/context.ts";
import type { DependentsData } from "./dependents.ts";
import type { Exchange } from "./exchange.ts";
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
  dependents: { exchanges: Exchange[]; done: boolean } | null;
  /** it was being taken back, because of this */
  undone: { failure: Failure } | null;
}

/** Null if nothing had been changed. The data are this agent's own, as replace.ts wrote them. */
export function readRunJournal(phases: readonly JournalPhase[]): RunJournal | null {
  const begun = phases.filter(({ name }) => name === "prepare");
  const last = begun.at(-1);
  if (last === undefined) return null;
  const journal: RunJournal = {
    prepared: last.data as unknown as PrepareData,
    attempts: begun.length,
    nextId: null,
    switched: false,
    verified: null,
    dependents: null,
    undone: null,
  };
  for (const { name, data } of phases.slice(phases.indexOf(last) + 1)) {
    if (typeof data.nextId === "string") journal.nextId = data.nextId;
    switch (name) {
      case "switch":
        journal.switched = true;
        break;
      case "verify":
        journal.switched = true;
        journal.verified = { downtimeMs: data.downtimeMs as number | null };
        break;
      case "dependents":
        journal.dependents = {
          exchanges: (data as unknown as DependentsData).exchanges,
          done: false,
        };
        break;
      case "dependents-done":
        if (journal.dependents !== null) journal.dependents.done = true;
        break;
      case "undo":
        journal.undone = { failure: data.failure as Failure };
    }
  }
  return journal;
}
