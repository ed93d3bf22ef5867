import { AsyncLocalStorage } from "node:async_hooks";
import type { PhaseName, PhaseTimes } from "@bridgeport/proto";

/*
 * Which command the code that runs is carrying out, however deep in the agent that is: for the log, and for
 * the times of the parts of its work.
 */

interface CurrentCommand {
  commandId: string;
  /** null: it is of no plan */
  planId: string | null;
  /** in the order in which they ended */
  phases: PhaseTimes[];
}

const current = new AsyncLocalStorage<CurrentCommand>();

/** Does `work`, all that it awaits too, for this command. */
export function carryingOut<T>(
  { commandId, planId }: { commandId: string; planId?: string | null },
  work: () => T,
): T {
  return current.run({ commandId, planId: planId ?? null, phases: [] }, work);
}

/** What the log says of it. */
export function currentIds(): { commandId?: string; planId?: string } {
  const command = current.getStore();
  if (command === undefined) return {};
  const { commandId, planId } = command;
  return planId === null ? { commandId } : { commandId, planId };
}

/** What its time was spent on so far. */
export function currentPhases(): PhaseTimes[] {
  return [...(current.getStore()?.phases ?? [])];
}

/** Does `work` as a part that is told apart; where no command is carried out, it is only done. */
export async function timed<T>(name: PhaseName, work: () => Promise<T>): Promise<T> {
  const phases = current.getStore()?.phases;
  if (phases === undefined) return await work();
  const startedAt = Date.now();
  const began = performance.now();
  try {
    return await work();
  } finally {
    // By a clock that is never set, so that nothing takes a negative time.
    const finishedAt = startedAt + Math.round(performance.now() - began);
    phases.push({ name, startedAt, finishedAt });
  }
}
