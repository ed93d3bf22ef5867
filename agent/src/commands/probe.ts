import type { CommandHandler } from "../command.ts";
import { timed } from "../current-command.ts";
import type { Engine } from "../engine/client.ts";
import { existingContainer, failureOf } from "../engine/failure.ts";
import { awaitHealthy, lookAtHealth } from "../engine/health/await-healthy.ts";

/** Waits until a container is healthy, or checks it once. It changes nothing, so it needs no lock. */
export function probeHandler(engine: Engine): CommandHandler<"probe"> {
  return {
    locks: () => [],
    async execute({ containerName, gate, once }, { signal, deadlineAt }) {
      try {
        if (once) return await lookAtHealth(engine, containerName, gate, signal);
        const { Id: id } = await existingContainer(engine, containerName);
        const limits = { signal, deadlineAt };
        return await timed("health", () => awaitHealthy(engine, id, containerName, gate, limits));
      } catch (error) {
        const sentence = `The health of ${containerName} could not be checked`;
        throw failureOf(engine, error, "engine_error", sentence);
      }
    },
  };
}
