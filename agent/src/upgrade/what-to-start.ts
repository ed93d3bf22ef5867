import type { Proven, Trial, UpgradeRecord } from "./record.ts";
import { isNewer } from "./versions.ts";

/** A program that is killed this often before it has proved itself is given up. */
const mostTrials = 3;
/** A proven one that is started this often, and neither connects nor is stopped in order, is given up. */
const mostStarts = 5;

/** What a process of the agent does when it starts. */
export type Start =
  | { kind: "serve" }
  /** another program takes the place of this process */
  | { kind: "become"; file: string }
  /** another program is watched while it proves itself */
  | { kind: "prove"; trial: Trial };

/**
 * What to do with the record of the state directory, and what it says from then on.
 *
 *   trial ──proved──> current ──started too often without connecting──> former, at last the installed one
 *     └──failed, killed too often, not newer any more──> given up
 *
 * @param own this process: its version and its program's file
 */
export function whatToStart(
  record: UpgradeRecord,
  own: { version: string; file: string },
): { start: Start; record: UpgradeRecord } {
  const { trial } = record;
  if (trial !== null) {
    if (!isNewer(trial.to, own.version)) {
      // Somebody has installed what was to be tried, or a later one.
      return whatToStart(ended(record, trial.to === own.version ? null : older(trial, own)), own);
    }
    if (trial.starts >= mostTrials) {
      const error = `It was ended ${trial.starts} times before the version ${trial.to} had connected.`;
      return whatToStart(ended(record, error), own);
    }
    const again = { ...trial, starts: trial.starts + 1 };
    return { start: { kind: "prove", trial: again }, record: { ...record, trial: again } };
  }
  const { current } = record;
  if (current === null || current.file === own.file) return { start: { kind: "serve" }, record };
  if (!isNewer(current.version, own.version)) {
    return { start: { kind: "serve" }, record: { ...record, current: null, former: null } };
  }
  const starts = current.starts ?? 0;
  if (starts >= mostStarts) {
    const why = `ended ${starts} times in a row without having reached the control plane`;
    return whatToStart(fallenBack(record, own, why), own);
  }
  const counted = { ...current, starts: starts + 1 };
  return { start: { kind: "become", file: current.file }, record: { ...record, current: counted } };
}

/** @param error why the trial failed; null: it proved itself */
export function ended(record: UpgradeRecord, error: string | null): UpgradeRecord {
  const { trial } = record;
  if (trial === null) return record;
  const { attempt, to, file } = trial;
  const last = { attempt, to, error };
  if (error !== null) return { ...record, trial: null, last };
  const former = record.current?.file === file ? record.former : record.current;
  return { current: { version: to, file, attempt, starts: 0 }, former, trial: null, last };
}

/**
 * The program before the current one takes its place again.
 * @param own the installed program
 * @param why such as "can no longer be started"
 */
export function fallenBack(
  record: UpgradeRecord,
  own: { version: string },
  why: string,
): UpgradeRecord {
  const { current, former } = record;
  if (current === null) return record;
  const next: Proven | null = former === null ? null : { ...former, starts: 0 };
  const { attempt = "", version: to } = current;
  const error = `The version ${to} ${why}, so ${next?.version ?? own.version} runs again. The agent's log on the server says more.`;
  return { ...record, current: next, former: null, last: { attempt, to, error } };
}

/** The current program is connected, or was stopped in order: what it was started before does not count. */
export function settled(record: UpgradeRecord, own: { file: string }): UpgradeRecord {
  const { current } = record;
  if (current === null || current.file !== own.file || !current.starts) return record;
  return { ...record, current: { ...current, starts: 0 } };
}

function older(trial: Trial, own: { version: string }): string {
  return `The version ${own.version} is installed, which is not older than ${trial.to}.`;
}
