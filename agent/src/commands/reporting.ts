import type { CommandKind } from "@bridgeport/proto";
import type { CommandContext, CommandHandler, Permission } from "../command.ts";
import type { Inventory } from "../engine/inventory/inventory.ts";
import { within } from "../within.ts";

export interface ReportingOptions {
  /** the result is sent after the reports of what the command changed, so that its receiver finds them */
  reportsFirst?: boolean;
}

/** Enough to inspect any container; if the engine does not answer, the result is sent without the reports. */
const reportsTimeoutMs = 3_000;

/**
 * The same handler; while it runs, the reports of containers are held back so that they do not slow it
 * down.
 */
export function withReporting<K extends CommandKind>(
  inventory: Pick<Inventory, "during" | "apart" | "settled">,
  handler: CommandHandler<K>,
  { reportsFirst = false }: ReportingOptions = {},
): CommandHandler<K> {
  const { recover } = handler;
  const report = async <T>(change: () => Promise<T>): Promise<T> => {
    const result = await inventory.during(change);
    if (reportsFirst) await within(reportsTimeoutMs, inventory.settled());
    return result;
  };
  const apart = (context: CommandContext): CommandContext => ({
    ...context,
    permission: context.permission && waitingApart(inventory, context.permission),
  });
  return {
    ...handler,
    execute: (body, context) => report(() => handler.execute(body, apart(context))),
    ...(recover && { recover: (body, context) => report(() => recover(body, apart(context))) }),
  };
}

function waitingApart(inventory: Pick<Inventory, "apart">, permission: Permission): Permission {
  return {
    get given() {
      return permission.given;
    },
    wait: (signal) => inventory.apart(() => permission.wait(signal)),
  };
}
