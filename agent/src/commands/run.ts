import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { HealthAhead } from "../engine/health/await-healthy.ts";
import { dependentsInJournal } from "../engine/replacement/phases.ts";
import { recoverReplacement, replaceContainer } from "../engine/replacement/replace.ts";
import { ownContainer } from "../engine/self.ts";

/** Replaces or creates the container of a service. */
export function runHandler(engine: Engine): CommandHandler<"run"> {
  return {
    preparesAhead: true,
    locks: ({ containerName }, phases) => [containerName, ...dependentsInJournal(phases)],
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
