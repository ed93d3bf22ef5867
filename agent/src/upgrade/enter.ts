import { isSea } from "node:sea";
import type { Logger } from "../log.ts";
import { removeOtherPrograms } from "./program.ts";
import { prove, trialVariable } from "./prove.ts";
import { readRecord, type Trial, type UpgradeRecord, writeRecord } from "./record.ts";
import { ended, whatToStart } from "./what-to-start.ts";

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

/** Whether this process is just proving itself: another one decides what becomes of it. */
export function isOnTrial(): boolean {
  return process.env[trialVariable] !== undefined;
}

/**
 * Decides at the start which program serves: this one, which then returns, or another one in its place. A
 * trial that an earlier process has begun is brought to its end first.
 * @param stopped a request to end
 */
export async function enterProgram(
  stateDir: string,
  own: OwnProgram,
  log: Logger,
  stopped: AbortSignal,
): Promise<UpgradeRecord> {
  const found = await readRecord(stateDir);
  const { start, record } = whatToStart(found, own);
  if (record !== found) await writeRecord(stateDir, record);
  if (start.kind === "prove") await handOver(stateDir, start.trial, own, log, stopped);
  if (start.kind === "become") {
    try {
      become(start.file, own.args);
    } catch (error) {
      log.error("The upgraded program cannot be started; the installed one runs", { error });
      const installed = { ...record, current: null };
      await writeRecord(stateDir, installed);
      return installed;
    }
  }
  await removeOtherPrograms(stateDir, [record.current?.file]);
  return record;
}

/**
 * Lets a program prove itself and then takes its place, or starts this one again where it has not. Does
 * not return unless the process is to end.
 */
export async function handOver(
  stateDir: string,
  trial: Trial,
  own: OwnProgram,
  log: Logger,
  stopped: AbortSignal,
): Promise<void> {
  log.info("Another version is to prove itself", { from: trial.from, to: trial.to });
  const proof = await prove(stateDir, trial, own.args, stopped);
  if (proof.kind === "stopped") process.exit(0);
  const error = proof.kind === "failed" ? proof.error : null;
  await writeRecord(stateDir, ended(await readRecord(stateDir), error));
  if (error === null) log.info("Upgraded", { from: trial.from, to: trial.to });
  else log.error(`The upgrade to ${trial.to} failed, ${trial.from} goes on: ${error}`);
  become(error === null ? trial.file : own.file, own.args);
}

/** Newer than the type declarations. */
type Process = typeof process & {
  execve(file: string, args: readonly string[], env: NodeJS.ProcessEnv): never;
};

/** Another program takes the place of this one in its process. Throws where it cannot be started. */
function become(file: string, args: readonly string[]): never {
  return (process as Process).execve(file, [file, ...args], process.env);
}
