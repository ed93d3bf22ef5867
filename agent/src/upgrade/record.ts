import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { StartRefused } from "../start-refused.ts";
import { writeDurably } from "../state/durable-file.ts";

/** What the agent's state directory says of its program: one file, `upgrade.json`. */
export interface UpgradeRecord {
  /** the program in the state directory that runs in place of the installed one; null: none does */
  current: Proven | null;
  /** what ran before `current`, which is kept to go back to; null: the installed one did */
  former: Proven | null;
  /** a program that is to prove itself; null: none is */
  trial: Trial | null;
  /** what the last order came to, for the control plane; null: there was none */
  last: { attempt: string; to: string; error: string | null } | null;
}

/** A program that has connected as the version that it was to be. */
export interface Proven {
  version: string;
  file: string;
  /** the order that it came by; an earlier version does not note it */
  attempt?: string;
  /** how often it was started since it was last connected, or stopped in order */
  starts?: number;
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

export const noRecord: UpgradeRecord = { current: null, former: null, trial: null, last: null };

/**
 * A file that is not there, or is damaged, says nothing: the installed program runs then. @throws
 * {StartRefused} where it cannot be read: the programs that it names must not be removed
 */
export async function readRecord(stateDir: string): Promise<UpgradeRecord> {
  let text: string;
  try {
    text = await readFile(recordPath(stateDir), "utf8");
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return noRecord;
    throw new StartRefused(`${recordPath(stateDir)} cannot be read (${code ?? message}).`);
  }
  try {
    return { ...noRecord, ...JSON.parse(text) };
  } catch {
    return noRecord;
  }
}

/** One change follows the other: each begins with what the one before has written. */
let changing: Promise<unknown> = Promise.resolve();

/** Changes the record, as this process is the only one that does. @returns it as it is then */
export function changeRecord(
  stateDir: string,
  change: (record: UpgradeRecord) => UpgradeRecord,
): Promise<UpgradeRecord> {
  const changed = changing.then(async () => {
    const found = await readRecord(stateDir);
    const record = change(found);
    if (record !== found) {
      await writeDurably(recordPath(stateDir), `${JSON.stringify(record, null, 2)}\n`);
    }
    return record;
  });
  changing = changed.catch(() => {});
  return changed;
}

function recordPath(stateDir: string): string {
  return join(stateDir, "upgrade.json");
}

/** Where programs of other versions are kept. */
export function programsIn(stateDir: string): string {
  return join(stateDir, "upgrade");
}
