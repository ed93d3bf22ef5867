import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { changeLifecycle } from "../engine/replacement/lifecycle.ts";
import { dependentsInJournal } from "../engine/replacement/phases.ts";
import { ownContainer } from "../engine/self.ts";

/** Starts, stops or restarts a container. */
export function lifecycleHandler(engine: Engine): CommandHandler<"lifecycle"> {
  return {
    locks: ({ containerName }, phases) => [containerName, ...dependentsInJournal(phases)],
    execute: async (body, context) =>
      await changeLifecycle(engine, body, context, await ownContainer()),
  };
}
