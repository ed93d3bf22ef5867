import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeDurably } from "../state/durable-file.ts";

/** What the agent's state directory says of its program: one file, `upgrade.json`. */
export interface UpgradeRecord {
  /** the program in the state directory that runs in place of the installed one; null: none does */
  current: { version: string; file: string } | null;
  /** a program that is to prove itself; null: none is */
  trial: Trial | null;
  /** what the last order came to, for the control plane; null: there was none */
  last: { attempt: string; to: string; error: string | null } | null;
}

export interface Trial {
  attempt: string;
  /** versions */
  from: string;
  to: string;
  file: string;
  /** how often its proof was begun: a process that is killed meanwhile begins it again */
  starts: number;
}

export const noRecord: UpgradeRecord = { current: null, trial: null, last: null };

/** A file that is not there or cannot be read is one that says nothing: the installed program runs then. */
export async function readRecord(stateDir: string): Promise<UpgradeRecord> {
  try {
    return { ...noRecord, ...JSON.parse(await readFile(recordPath(stateDir), "utf8")) };
  } catch {
    return noRecord;
  }
}

export async function writeRecord(stateDir: string, record: UpgradeRecord): Promise<void> {
  await writeDurably(recordPath(stateDir), `${JSON.stringify(record, null, 2)}\n`);
}

function recordPath(stateDir: string): string {
  return join(stateDir, "upgrade.json");
}

/** Where programs of other versions are kept. */
export function programsIn(stateDir: string): string {
  return join(stateDir, "upgrade");
}
