import type { Engine } from "../engine/client.ts";
import { ownContainer } from "../engine/own-container.ts";
import { recoverRollback, rollBack } from "../engine/rollback.ts";
import type { CommandHandler } from "./context.ts";

/** Takes a run back. */
export function rollbackHandler(engine: Engine): CommandHandler<"rollback"> {
  return {
    locks: ({ containerName }) => [containerName],
    execute: async (body, context) => await rollBack(engine, body, context, await ownContainer()),
    recover: async (body, context) =>
      await recoverRollback(engine, body, context, await ownContainer()),
  };
}
