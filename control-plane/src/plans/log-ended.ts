import type { Logger } from "pino";
import type { Ended } from "./ended.ts";

/** One line for each step that has ended, and one for the plan. */
export function logEnded(log: Logger, { plan, over, steps }: Ended): void {
  for (const { id: stepId, action, status, serverId, commandId, body, error } of steps) {
    const order = body.kind === "hook" || body.kind === "soak" ? {} : { commandId };
    const line = {
      planId: plan.id,
      stepId,
      ...order,
      ...(serverId && { serverId }),
      action,
      status,
    };
    if (status === "failed") log.warn({ ...line, reason: error }, "a step has failed");
    else log.info(line, "a step has ended");
  }
  if (!over) return;
  const { id: planId, status, triggerType: trigger, error } = plan;
  log.info({ planId, status, trigger, ...(error && { reason: error }) }, "a plan has ended");
}
