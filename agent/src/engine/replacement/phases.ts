import type { DeployOrder, Failure, LifecycleAction } from "@bridgeport/proto";
import type { CommandContext, JournalPhase } from "../../command.ts";
import type { Exchange, KeptContainer, PreviousContainer } from "./exchange.ts";

/**
 * What the journal holds of changes to containers. Each phase is on disk before the change that it
 * announces, so a crash after it finds the change not begun, half done or done.
 */
export type Phase =
  /** the next container is about to be created, or the kept one to be restored */
  | ({ name: "prepare" } & Prepared)
  /** what was created ahead is removed again, before anything else was changed: the exchange begins again */
  | { name: "unprepared" }
  /** stop-first: the next one exists; the previous one is about to be renamed */
  | { name: "rename"; nextId: string }
  /** start-first: the next one exists, and is about to run beside the previous one */
  | { name: "beside"; nextId: string }
  /** the next one is about to take over: from here on it may be the one that runs */
  | { name: "switch"; nextId: string }
  /** the next one has taken over */
  | { name: "verify"; nextId: string; downtimeMs: number | null }
  /** dependents are about to be re-created, in this order */
  | { name: "dependents"; exchanges: Exchange[] }
  /** the new container of one of them exists */
  | { name: "dependent"; dependent: string; nextId: string }
  | { name: "dependents-done" }
  /** what was done is about to be undone, for this reason */
  | { name: "undo"; failure: Failure }
  /** a container that a run created is about to be removed */
  | { name: "remove"; id: string }
  /** a container is about to be started, stopped or restarted */
  | ({ name: LifecycleAction } & LifecycleBegun);

export interface Prepared {
  exchange: Exchange;
  order: DeployOrder;
  /** the next container is to run */
  starts: boolean;
  dependents: Dependent[];
}

/** A container that lives in the namespaces of another, or is linked to it. */
export interface Dependent {
  id: string;
  name: string;
  /** before anything was changed */
  running: boolean;
}

export interface LifecycleBegun {
  /** when the container was last started, as the engine reports it */
  startedAt: string;
  /** containers in its namespaces that are to run again after it has started */
  dependents: Dependent[];
}

/**
 * How an exchange ends that failed, or was interrupted by the end of the agent or of the engine, by the
 * phase that it had reached:
 *
 * - `undo`: everything is put back as it was;
 * - `start over`: undone, and attempted once more; after a second crash it stays undone. An exchange
 *   with a kept container is finished instead, as that container exists already;
 * - `finish`: continued to its end; undone if that fails.
 */
export const endings = {
  prepare: { error: "undo", crash: "start over" },
  rename: { error: "undo", crash: "start over" },
  beside: { error: "undo", crash: "start over" },
  switch: { error: "undo", crash: "finish" },
  verify: { error: "undo", crash: "finish" },
  dependents: { error: "undo", crash: "finish" },
  dependent: { error: "undo", crash: "finish" },
  "dependents-done": { error: "undo", crash: "finish" },
  undo: { error: "undo", crash: "undo" },
} as const satisfies Partial<Record<Phase["name"], { error: "undo"; crash: Ending }>>;

export type Ending = "undo" | "start over" | "finish";

/** Version of the shapes above; a journal without one is of version 1. */
const version = 2;

/** Writes a phase to the journal; on disk when it resolves. */
export function enter(context: Pick<CommandContext, "phase">, phase: Phase): Promise<void> {
  const { name, ...data } = phase;
  return context.phase(name, { version, ...data });
}

/** Names that version 1 of a rollback's journal does not contain. */
export interface RollbackNames {
  service: string;
  kept: string;
  undone: string;
}

/** Reads what {@link enter} wrote, also journals of version 1. Ignores phases of other names. */
export function readPhases(written: readonly JournalPhase[], rollback?: RollbackNames): Phase[] {
  return written.flatMap((one): Phase[] => {
    const phase = one.data.version === undefined ? fromVersion1(one, rollback) : current(one);
    return phase === null ? [] : [phase];
  });
}

const names: ReadonlySet<string> = new Set<Phase["name"]>([
  ...(Object.keys(endings) as (keyof typeof endings)[]),
  "unprepared",
  "remove",
  "start",
  "stop",
  "restart",
]);

function current({ name, data: { version: written, ...data } }: JournalPhase): Phase | null {
  if (written !== version) {
    throw new Error(`The journal is of version ${String(written)}: a newer agent has written it.`);
  }
  // The agent wrote the file itself, and an incomplete last line has been removed: the shape is as written.
  return names.has(name) ? ({ name, ...data } as Phase) : null;
}

/** Version 1 had other names for the parts of an exchange, and only created containers. */
interface ExchangeV1 {
  name: string;
  nextName: string;
  keptName: string;
  previous: PreviousContainer | null;
}

interface RestoreV1 {
  undone: { id: string; running: boolean } | null;
  kept: Omit<KeptContainer, "from" | "name">;
  dependents: Dependent[];
}

function fromVersion1({ name, data }: JournalPhase, rollback?: RollbackNames): Phase | null {
  switch (name) {
    case "prepare": {
      const { exchange, ...rest } = data as unknown as Prepared & { exchange: ExchangeV1 };
      return { name, ...rest, exchange: exchangeFromVersion1(exchange) };
    }
    case "dependents": {
      const { exchanges } = data as unknown as { exchanges: ExchangeV1[] };
      return { name, exchanges: exchanges.map(exchangeFromVersion1) };
    }
    case "dependent":
      return { name, dependent: String(data.name), nextId: String(data.id) };
    case "restore":
      return restoreFromVersion1(data as unknown as RestoreV1, rollback ?? noNames);
    case "start":
    case "stop":
    case "restart": {
      const { startedAt, lodgers } = data as { startedAt: string; lodgers?: Dependent[] };
      return { name, startedAt, dependents: lodgers ?? [] };
    }
    default:
      return names.has(name) ? ({ name, ...data } as Phase) : null;
  }
}

function exchangeFromVersion1({ name, nextName, keptName, previous }: ExchangeV1): Exchange {
  return { name, next: { from: "created", name: nextName }, previousName: keptName, previous };
}

function restoreFromVersion1({ undone, kept, dependents }: RestoreV1, names: RollbackNames): Phase {
  const exchange: Exchange = {
    name: names.service,
    next: { from: "kept", name: names.kept, ...kept },
    previousName: names.undone,
    previous: undone === null ? null : { ...unknownPrevious, ...undone },
  };
  return { name: "prepare", exchange, order: "stop-first", starts: kept.running, dependents };
}

const noNames: RollbackNames = { service: "", kept: "", undone: "" };
const unknownPrevious = {
  imageId: "",
  paused: false,
  restartPolicy: {},
  startedAt: "",
  autoRemove: null,
};

/** How far a command has come; of several attempts, the last one. */
export interface Progress {
  prepared: Prepared;
  /** how often it was attempted */
  attempts: number;
  /** null: not created, or not known */
  nextId: string | null;
  verified: { downtimeMs: number | null } | null;
  dependents: DependentsProgress | null;
  /** it was being undone, for this reason */
  undone: { failure: Failure } | null;
  /** how it ends after a crash in its last phase */
  ending: Ending;
}

export interface DependentsProgress {
  exchanges: Exchange[];
  /** ids of new containers by service name; they may have that name already */
  nextIds: ReadonlyMap<string, string>;
  done: boolean;
}

/** Null where no exchange was begun, so nothing has been changed. */
export function readProgress(
  written: readonly JournalPhase[],
  rollback?: RollbackNames,
): Progress | null {
  const all = readPhases(written, rollback);
  const phases = all.slice(all.findLastIndex(({ name }) => name === "unprepared") + 1);
  const begun = phases.filter((phase) => phase.name === "prepare");
  const prepared = begun.at(-1);
  if (prepared === undefined) return null;
  const progress: Progress = {
    prepared,
    attempts: begun.length,
    nextId: prepared.exchange.next.from === "kept" ? prepared.exchange.next.id : null,
    verified: null,
    dependents: null,
    undone: null,
    ending: "start over",
  };
  const nextIds = new Map<string, string>();
  for (const phase of phases.slice(phases.indexOf(prepared))) {
    if (phase.name in endings) progress.ending = endings[phase.name as keyof typeof endings].crash;
    switch (phase.name) {
      case "rename":
      case "beside":
      case "switch":
        progress.nextId = phase.nextId;
        break;
      case "verify":
        progress.nextId = phase.nextId;
        progress.verified = { downtimeMs: phase.downtimeMs };
        break;
      case "dependents":
        nextIds.clear();
        progress.dependents = { exchanges: phase.exchanges, nextIds, done: false };
        break;
      case "dependent":
        nextIds.set(phase.dependent, phase.nextId);
        break;
      case "dependents-done":
        if (progress.dependents !== null) progress.dependents.done = true;
        break;
      case "undo":
        progress.undone = { failure: phase.failure };
    }
  }
  if (prepared.exchange.next.from === "kept" && progress.ending === "start over") {
    progress.ending = "finish";
  }
  return progress;
}

/** Names of the dependents that an interrupted command has begun to change. */
export function dependentsInJournal(written: readonly JournalPhase[]): string[] {
  // One that cannot be read fails its own command, not the start of all of them.
  const isReadable = written.every(({ data }) =>
    [undefined, version].includes(data.version as number),
  );
  if (!isReadable) return [];
  return readPhases(written).flatMap((phase) => {
    switch (phase.name) {
      case "prepare":
        return phase.dependents.map(({ name }) => name);
      case "start":
      case "stop":
      case "restart":
        return phase.dependents.map(({ name }) => name);
      default:
        return [];
    }
  });
}
