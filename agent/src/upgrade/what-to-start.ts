import type { Trial, UpgradeRecord } from "./record.ts";
import { isNewer } from "./versions.ts";

/** A program that is killed this often before it has proved itself is given up. */
const mostStarts = 3;

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
 *   trial ──proved──> current
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
    if (trial.starts >= mostStarts) {
      const error = `It was ended ${trial.starts} times before the version ${trial.to} had connected.`;
      return whatToStart(ended(record, error), own);
    }
    const again = { ...trial, starts: trial.starts + 1 };
    return { start: { kind: "prove", trial: again }, record: { ...record, trial: again } };
  }
  const { current } = record;
  if (current === null || current.file === own.file) return { start: { kind: "serve" }, record };
  if (!isNewer(current.version, own.version)) {
    return { start: { kind: "serve" }, record: { ...record, current: null } };
  }
  return { start: { kind: "become", file: current.file }, record };
}

/** @param error why the trial failed; null: it proved itself */
export function ended(record: UpgradeRecord, error: string | null): UpgradeRecord {
  const { trial } = record;
  if (trial === null) return record;
  const { attempt, to, file } = trial;
  return {
    current: error === null ? { version: to, file } : record.current,
    trial: null,
    last: { attempt, to, error },
  };
}

function older(trial: Trial, own: { version: string }): string {
  return `The version ${own.version} is installed, which is not older than ${trial.to}.`;
}
