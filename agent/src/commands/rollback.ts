import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { dependentsInJournal } from "../engine/replacement/phases.ts";
import { recoverRollback, rollBack } from "../engine/replacement/rollback.ts";
import { ownContainer } from "../engine/self.ts";

/** Undoes a run. */
export function rollbackHandler(engine: Engine): CommandHandler<"rollback"> {
  return {
    locks: ({ containerName }, phases) => [containerName, ...dependentsInJournal(phases)],
    execute: async (body, context) => await rollBack(engine, body, context, await ownContainer()),
    recover: async (body, context) =>
      await recoverRollback(engine, body, context, await ownContainer()),
  };
}
