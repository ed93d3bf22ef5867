import type { Engine } from "../engine/client.ts";
import { failureOf } from "../engine/failure.ts";
import { pruneImages } from "../engine/prune.ts";
import type { CommandHandler } from "./context.ts";

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
