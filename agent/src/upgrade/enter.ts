import { access, constants } from "node:fs/promises";
import { isSea } from "node:sea";
import type { Logger } from "../log.ts";
import type { StateLock } from "../state/lock.ts";
import { endOrphans } from "./orphans.ts";
import { removeOtherPrograms } from "./program.ts";
import { prove } from "./prove.ts";
import { changeRecord, readRecord, type Trial, type UpgradeRecord } from "./record.ts";
import { ended, fallenBack, type Start, whatToStart } from "./what-to-start.ts";

/** The program that this process is. */
export interface OwnProgram {
  version: string;
  /** its file */
  file: string;
  /** arguments, without the program */
  args: readonly string[];
}

/** Whether this process is the agent's one file, which another one can take the place of. */
export function canBeReplaced(): boolean {
  return isSea();
}

/** Ends what a process that was killed has left of a trial: it may hang, and hold the state directory. */
export async function endAbandonedTrial(stateDir: string, log: Logger): Promise<void> {
  const { trial } = await readRecord(stateDir);
  if (trial === null) return;
  for (const pid of await endOrphans(trial.attempt)) {
    log.warn("An abandoned trial of another version was ended", { pid, version: trial.to });
  }
}

/**
 * Decides at the start which program serves: this one, which then returns, or another one in its place. A
 * trial that an earlier process has begun is brought to its end first.
 * @param lock of the state directory; given up where another program is to prove itself
 * @param stopped a request to end
 */
export async function enterProgram(
  stateDir: string,
  own: OwnProgram,
  { lock, log, stopped }: { lock: StateLock; log: Logger; stopped: AbortSignal },
): Promise<UpgradeRecord> {
  let missing: string | null = null;
  for (;;) {
    const { start, record } = await decide(stateDir, own, missing, log);
    switch (start.kind) {
      case "serve":
        await removeOtherPrograms(stateDir, [record.current?.file, record.former?.file]);
        return record;
      case "prove":
        await lock.release();
        return handOver(stateDir, start.trial, own, log, stopped);
      case "become":
        if (await canBeStarted(start.file)) become(start.file, own.args);
        missing = start.file;
    }
  }
}

/** @param missing the program that was decided on before, and cannot be started; null: none was */
async function decide(
  stateDir: string,
  own: OwnProgram,
  missing: string | null,
  log: Logger,
): Promise<{ start: Start; record: UpgradeRecord }> {
  let start: Start = { kind: "serve" };
  const record = await changeRecord(stateDir, (found) => {
    const gone = missing !== null && found.current?.file === missing;
    const known = gone ? fallenBack(found, own, "can no longer be started") : found;
    const decided = whatToStart(known, own);
    const error = decided.record.last?.error;
    if (error && decided.record.last !== found.last) log.error(error);
    start = decided.start;
    return decided.record;
  });
  return { start, record };
}

/** A process cannot take back that it became what cannot be started: it ends. */
async function canBeStarted(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

/**
 * Lets a program prove itself, which then takes the place of this one; where it has not, this one starts
 * again.
 */
export async function handOver(
  stateDir: string,
  trial: Trial,
  own: OwnProgram,
  log: Logger,
  stopped: AbortSignal,
): Promise<never> {
  log.info("Another version is to prove itself", { from: trial.from, to: trial.to });
  const proof = await prove(stateDir, trial, own.args, stopped);
  // Who stops a service may tell all of its processes: that the other one was the first to end proves nothing.
  const interrupted = proof.kind === "failed" && stopped.aborted;
  if (proof.kind === "stopped" || interrupted) process.exit(0);
  const error = proof.kind === "failed" ? proof.error : null;
  await changeRecord(stateDir, (record) => ended(record, error));
  if (error === null) log.info("Upgraded", { from: trial.from, to: trial.to });
  else log.error(`The upgrade to ${trial.to} failed, ${trial.from} goes on: ${error}`);
  become(error === null ? trial.file : own.file, own.args);
}

/** Newer than the type declarations. */
type Process = typeof process & {
  execve(file: string, args: readonly string[], env: NodeJS.ProcessEnv): never;
};

/** Another program takes the place of this one in its process, which ends where that cannot be started. */
function become(file: string, args: readonly string[]): never {
  return (process as Process).execve(file, [file, ...args], process.env);
}
