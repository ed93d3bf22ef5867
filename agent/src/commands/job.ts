import type { CommandHandler } from "../command.ts";
import type { Engine } from "../engine/client.ts";
import { runJob } from "../engine/jobs/job.ts";
import { ownContainer } from "../engine/self.ts";

/** Runs a command once, in a container of its own. It changes no container of a service, so it needs no lock. */
export function jobHandler(engine: Engine): CommandHandler<"job"> {
  return {
    locks: () => [],
    goesOn: true,
    execute: async (body, context) => await runJob(engine, body, context, await ownContainer()),
    recover: async (body, context) => await runJob(engine, body, context, await ownContainer()),
  };
}
