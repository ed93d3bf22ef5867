import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { commitRuns } from "../engine/replacement/commit.ts";

/** Ends a plan's work on a service: nothing can be rolled back to its kept containers any more. */
export function commitHandler(engine: Engine): CommandHandler<"commit"> {
  return {
    locks: ({ containerName }) => [containerName],
    execute: (body, context) => commitRuns(engine, body, context),
  };
}
