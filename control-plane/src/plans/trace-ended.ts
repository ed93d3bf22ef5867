import type { Logger } from "pino";
import { commandTimes } from "../commands/commands.store.ts";
import type { Database } from "../database/connection.ts";
import type { Traces } from "../traces.ts";
import type { Ended } from "./ended.ts";
import { spansOf } from "./spans.ts";

/**
 * Sends what has ended as spans. Told once of each, by the process that has ended it: what it has not sent
 * when it is killed is lost, and nothing is sent twice.
 */
export async function traceEnded(
  database: Database,
  log: Logger,
  { send }: Pick<Traces, "send">,
  ended: Ended,
): Promise<void> {
  if (!ended.over && ended.steps.length === 0) return;
  try {
    const ids = ended.steps.map(({ commandId }) => commandId);
    const commands = await commandTimes(database, ids);
    for (const span of spansOf(ended, commands)) send(span);
  } catch (error) {
    log.warn({ err: error, planId: ended.plan.id }, "what has ended of a plan could not be traced");
  }
}
