import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { failureOf } from "../engine/failure.ts";
import { pruneImages } from "../engine/images/prune.ts";
import { estimatePrune } from "../engine/images/prune-estimate.ts";

/** Removes images that nothing uses. */
export function pruneHandler(engine: Engine): CommandHandler<"prune"> {
  return {
    locks: () => [],
    async execute({ mode, protect }, { commandId }) {
      try {
        return await pruneImages(engine, commandId, mode, protect);
      } catch (error) {
        throw failureOf(engine, error, "engine_error", "The images could not be pruned");
      }
    },
  };
}

/** Returns what a prune would remove. Changes nothing. */
export function pruneEstimateHandler(engine: Engine): CommandHandler<"prune_estimate"> {
  return {
    locks: () => [],
    async execute({ mode, protect }) {
      try {
        return await estimatePrune(engine, mode, protect);
      } catch (error) {
        throw failureOf(engine, error, "engine_error", "The prune could not be estimated");
      }
    },
  };
}
