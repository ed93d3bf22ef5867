import type { Engine } from "../engine/client.ts";
import { awaitHealthyAhead } from "../engine/health.ts";
import { ownContainer } from "../engine/own-container.ts";
import { replaceContainer } from "../engine/replace.ts";
import { recoverReplacement } from "../engine/replace-recovery.ts";
import type { CommandHandler } from "./context.ts";

/** Replaces or creates the container of a service. */
export function runHandler(engine: Engine): CommandHandler<"run"> {
  return {
    locks: ({ containerName }) => [containerName],
    async execute(body, context) {
      const result = await replaceContainer(engine, body, context, await ownContainer(), body);
      if (result.running && !body.dryRun) {
        awaitHealthyAhead(engine, result.containerId, body.containerName, body.gate);
      }
      return result;
    },
    recover: async (body, context) =>
      await recoverReplacement(engine, body, context, await ownContainer()),
  };
}
