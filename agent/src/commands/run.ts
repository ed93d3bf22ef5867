import type { Engine } from "../engine/client.ts";
import { ownContainer } from "../engine/own-container.ts";
import { replaceContainer } from "../engine/replace.ts";
import { recoverReplacement } from "../engine/replace-recovery.ts";
import type { CommandHandler } from "./context.ts";

/** Replaces or creates the container of a service. */
export function runHandler(engine: Engine): CommandHandler<"run"> {
  return {
    locks: ({ containerName }) => [containerName],
    execute: async (body, context) =>
      await replaceContainer(engine, body, context, await ownContainer(), body),
    recover: async (body, context) =>
      await recoverReplacement(engine, body, context, await ownContainer()),
  };
}
