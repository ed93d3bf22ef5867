import type { CommandKind } from "@bridgeport/proto";
import type { CommandHandler } from "../command.ts";
import type { Inventory } from "../engine/inventory/inventory.ts";
import { within } from "../within.ts";

/** What a command that changes containers owes to those who look at them. */
export interface Reporting {
  /** its result follows the reports of what it changed, so that whoever hears it finds them */
  before?: "result";
}

/** Long enough for any look at a container; one that hangs must not keep what is done from being told. */
const settledMs = 3_000;

/** Carries a command out with the reports of containers kept out of its way. */
export function reported<K extends CommandKind>(
  inventory: Pick<Inventory, "during" | "settled">,
  handler: CommandHandler<K>,
  { before }: Reporting = {},
): CommandHandler<K> {
  const { recover } = handler;
  const report = async <T>(change: () => Promise<T>): Promise<T> => {
    const result = await inventory.during(change);
    if (before === "result") await within(settledMs, inventory.settled());
    return result;
  };
  return {
    locks: (body, phases) => handler.locks(body, phases),
    execute: (body, context) => report(() => handler.execute(body, context)),
    ...(recover && { recover: (body, context) => report(() => recover(body, context)) }),
  };
}
