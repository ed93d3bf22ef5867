import { CommandAborted, type CommandContext, type CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { rejoinDependents } from "./dependents.ts";
import { type Exchange, undoExchange, undoFailure } from "./exchange.ts";
import { type Dependent, enter } from "./phases.ts";

export interface Undo {
  exchange: Exchange;
  dependents: readonly Dependent[];
  /** null: not known, or not created */
  nextId: string | null;
  apiVersion: string;
}

/**
 * Takes back whatever an exchange has reached. Returns the failure to throw: `cause`, or that with
 * why not everything could be put back.
 */
export async function undoReached(
  engine: Engine,
  context: CommandContext,
  { exchange, dependents, nextId, apiVersion }: Undo,
  cause: CommandFailure,
): Promise<CommandFailure> {
  // Without the engine nothing can be put back now, and where the process ends as it was asked to
  // nothing has to be: the journal is finished or undone later.
  if (cause.code === "engine_unavailable" || isShutdown(context.signal, cause)) return cause;
  try {
    await enter(context, { name: "undo", failure: cause.toFailure() });
  } catch {
    // A journal that cannot be written to may be why this is undone; recovery finds the same to do.
    context.progress("Putting the previous container back.");
  }
  try {
    const { restartedAt } = await undoExchange(engine, exchange, nextId, apiVersion);
    let failure = cause;
    await rejoinDependents(engine, dependents, restartedAt, (name, error) => {
      failure = undoFailure(failure, error, name);
    });
    return failure;
  } catch (error) {
    return undoFailure(cause, error, exchange.name);
  }
}

function isShutdown({ reason }: AbortSignal, { code }: CommandFailure): boolean {
  return code === "cancelled" && reason instanceof CommandAborted && reason.why === "shutdown";
}
