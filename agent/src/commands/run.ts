import type { Engine } from "../engine/client.ts";
import { HealthAhead } from "../engine/health.ts";
import { ownContainer } from "../engine/own-container.ts";
import { replaceContainer } from "../engine/replace.ts";
import { recoverReplacement } from "../engine/replace-recovery.ts";
import type { CommandHandler } from "./context.ts";

/** Replaces or creates the container of a service. */
export function runHandler(engine: Engine): CommandHandler<"run"> {
  return {
    locks: ({ containerName }) => [containerName],
    async execute(body, context) {
      const listener = new HealthAhead(engine, body.containerName, body.gate);
      try {
        const { dryRun } = body;
        const self = await ownContainer();
        return await replaceContainer(engine, body, context, self, { dryRun, listener });
      } finally {
        listener.end();
      }
    },
    recover: async (body, context) =>
      await recoverReplacement(engine, body, context, await ownContainer()),
  };
}
