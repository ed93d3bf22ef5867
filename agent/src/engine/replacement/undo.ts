import { CommandAborted, type CommandContext, type CommandFailure } from "../../command.ts";
import type { Engine } from "../client.ts";
import { restartDependents } from "./dependents.ts";
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
 * Undoes everything that an exchange has done. Returns the failure to throw: `cause`, with the reason
 * where not everything could be undone.
 */
export async function undoReached(
  engine: Engine,
  context: CommandContext,
  { exchange, dependents, nextId, apiVersion }: Undo,
  cause: CommandFailure,
): Promise<CommandFailure> {
  // Without the engine nothing can be undone now. When the agent shuts down nothing has to be, as the
  // next start finishes or undoes what the journal says.
  if (cause.code === "engine_unavailable" || isShutdown(context.signal, cause)) return cause;
  try {
    await enter(context, { name: "undo", failure: cause.toFailure() });
  } catch {
    // The journal may be the reason of the failure. After a crash, recovery would undo the same
    // without this phase.
    context.progress("Putting the previous container back.");
  }
  try {
    const { restartedAt } = await undoExchange(engine, exchange, nextId, apiVersion);
    let failure = cause;
    await restartDependents(engine, dependents, restartedAt, (name, error) => {
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
