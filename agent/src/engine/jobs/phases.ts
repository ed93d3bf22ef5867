import type { FailureCode } from "@bridgeport/proto";
import type { JournalPhase } from "../../command.ts";

/*
 * What the journal tells of a job. Each phase is on disk before what it announces is done:
 *
 *   create ──▶ start ──▶ end ──▶ (container removed, result written)
 *                └─▶ stop ─┘
 *
 *   create  a container of the job's name may exist; it has never been started by the agent, so what is
 *           found is removed and made again
 *   start   the container may have been started: from now on no second one is ever made. One that was
 *           never started is started; one that is gone ended in a way that is not known
 *   stop    it has been cancelled, or its time is over: it is stopped, whatever else happens
 *   end     the outcome is known: the container is only removed
 */

export type StopReason = "cancelled" | "timeout";

/** What became of it, as plain data. */
export type JobEnd =
  | { ok: true; durationMs: number; logLines: string[] }
  | {
      ok: false;
      code: FailureCode;
      message: string;
      exitCode: number | null;
      logLines: string[];
    };

/** The container that may have been started. */
export interface StartedJob {
  id: string;
  /** when the agent did so, in epoch milliseconds */
  at: number;
  /** by which it is asked to end */
  stopSignal: string;
}

export interface JobRecord {
  started: StartedJob | null;
  stop: StopReason | null;
  end: JobEnd | null;
}

/** Reads the phases of a job's command. */
export function readJob(phases: readonly JournalPhase[]): JobRecord {
  const record: JobRecord = { started: null, stop: null, end: null };
  for (const { name, data, at } of phases) {
    if (name === "start") {
      record.started = { id: String(data.id), stopSignal: String(data.stopSignal), at };
    }
    if (name === "stop") record.stop = data.why === "timeout" ? "timeout" : "cancelled";
    if (name === "end") record.end = data as unknown as JobEnd;
  }
  return record;
}
