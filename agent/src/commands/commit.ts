import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { commitRuns } from "../engine/replacement/commit.ts";

/**
 * Ends a plan's work on a service and removes its kept containers, so that they are no longer a rollback's
 * target.
 */
export function commitHandler(engine: Engine): CommandHandler<"commit"> {
  return {
    locks: ({ containerName }) => [containerName],
    execute: (body, context) => commitRuns(engine, body, context),
  };
}
