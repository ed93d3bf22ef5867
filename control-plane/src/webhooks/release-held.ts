import { type Database, type Sql, transaction } from "../database/connection.ts";
import type { ConsoleLinks } from "./console-links.ts";
import type { BatchPayload, EventPayload } from "./events.ts";
import { joinDeliveries, nextDueMs, releaseOne, takeDue } from "./held.store.ts";

/** How many events one message has at most. */
const together = 50;

/**
 * Sends on what was held of a target and is due: as one message if it is several.
 * @returns in how many milliseconds more is due; null: nothing else is held
 * @param send called in the transaction that makes a delivery ready to be sent
 */
export async function releaseHeld(
  parts: { database: Database; links: ConsoleLinks },
  webhookId: string,
  send: (sql: Sql, deliveryId: string) => Promise<void>,
): Promise<number | null> {
  for (;;) {
    const released = await transaction(parts.database, async (sql) => {
      const due = await takeDue(sql, webhookId, together);
      const [first] = due;
      if (first === undefined) return 0;
      const ids = due.map(({ id }) => id);
      if (due.length === 1) await releaseOne(sql, first.id);
      const told = due.flatMap(({ payload }) => (payload.event === "batch" ? [] : [payload]));
      const id =
        due.length === 1
          ? first.id
          : await joinDeliveries(sql, webhookId, ids, batchOf(told, parts.links));
      await send(sql, id);
      return due.length;
    });
    if (released < together) return nextDueMs(parts.database, webhookId);
  }
}

/** @param events at least one, the oldest first */
function batchOf(events: EventPayload[], links: ConsoleLinks): BatchPayload {
  const names = new Set(events.map(({ environment }) => environment?.name ?? null));
  const [environment] = names.size === 1 ? events.map((each) => each.environment) : [];
  return {
    event: "batch",
    at: events.at(-1)?.at ?? new Date().toISOString(),
    environment: environment ?? null,
    data: { events, url: environment ? links.overview(environment.name) : links.home() },
  };
}
