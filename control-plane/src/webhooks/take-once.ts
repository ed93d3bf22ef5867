import type { Database, Sql } from "../database/connection.ts";
import { Problem } from "../problem.ts";
import { findTaken, type IncomingDelivery, insertTaken } from "./incoming-deliveries.store.ts";

/** Ends a transaction whose delivery was taken by another one meanwhile. */
class TakenMeanwhile extends Error {
  override readonly name = "TakenMeanwhile";
}

/** Writes down, in the transaction of what a delivery does and before it, what it comes to. */
export type Take<Outcome> = (sql: Sql, outcome: Outcome) => Promise<void>;

/**
 * Does what a delivery asks for, unless one with the same id has done it within a day. What fails
 * leaves nothing behind, so that the sender may try again.
 * @param delivery null: its sender does not name it
 * @param act calls `take` in its transaction if it does anything
 * @throws {Problem} 409 where the same id was used for another request
 */
export async function takeOnce<Outcome>(
  database: Database,
  delivery: IncomingDelivery | null,
  act: (take: Take<Outcome>) => Promise<Outcome>,
): Promise<{ outcome: Outcome; repeat: boolean }> {
  if (delivery === null) return { outcome: await act(async () => {}), repeat: false };
  const before = await firstOutcome<Outcome>(database, delivery);
  if (before !== null) return { outcome: before, repeat: true };
  try {
    const outcome = await act(async (sql, outcome) => {
      if (!(await insertTaken(sql, delivery, outcome))) throw new TakenMeanwhile();
    });
    return { outcome, repeat: false };
  } catch (error) {
    const first =
      error instanceof TakenMeanwhile && (await firstOutcome<Outcome>(database, delivery));
    if (!first) throw error;
    return { outcome: first, repeat: true };
  }
}

async function firstOutcome<Outcome>(
  database: Database,
  delivery: IncomingDelivery,
): Promise<Outcome | null> {
  const taken = await findTaken(database, delivery);
  if (taken === null) return null;
  if (taken.requestHash.equals(delivery.requestHash)) return taken.outcome as Outcome;
  throw new Problem(
    "conflict",
    "delivery_id_reused",
    "This delivery's id was used for another request within a day: give each delivery an id of its own.",
  );
}
