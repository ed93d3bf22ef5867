import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { namesBegun } from "../engine/replacement/phases.ts";
import { recoverRollback, rollBack } from "../engine/replacement/rollback.ts";
import { ownContainer } from "../engine/self.ts";

/** Takes a run back. */
export function rollbackHandler(engine: Engine): CommandHandler<"rollback"> {
  return {
    locks: ({ containerName }, phases) => [containerName, ...namesBegun(phases)],
    execute: async (body, context) => await rollBack(engine, body, context, await ownContainer()),
    recover: async (body, context) =>
      await recoverRollback(engine, body, context, await ownContainer()),
  };
}
