import type { Database, Sql } from "../database/connection.ts";
import { transaction } from "../database/connection.ts";
import type { Secrets } from "../secrets.ts";
import type { Attempt } from "./attempt.ts";
import {
  beginAttempt,
  type DeliveryRow,
  insertTestDelivery,
  mostAttempts,
  recordAttempt,
} from "./deliveries.store.ts";
import type { Payload } from "./events.ts";
import type { Sender } from "./send.ts";
import type { WebhookRow } from "./webhooks.store.ts";

export interface DeliveryParts {
  database: Database;
  secrets: Secrets;
  sender: Sender;
}

/** How long after a failed attempt the next one comes: seconds by how many there were. */
const pauseSeconds = [5, 30];

/** When to try again after so many failed attempts, with jitter; null: not again. */
export function retryDelayMs(attempts: number, random: () => number = Math.random): number | null {
  const seconds = attempts >= mostAttempts ? undefined : pauseSeconds[attempts - 1];
  return seconds === undefined ? null : Math.round(seconds * 1000 * (0.8 + random() * 0.4));
}

/**
 * One attempt at a delivery.
 * @param retry called in the transaction that records a failed attempt, so that the next one is as
 *   certain as the record of this one
 */
export async function deliver(
  parts: DeliveryParts,
  deliveryId: string,
  retry: (sql: Sql, delivery: DeliveryRow, delayMs: number) => Promise<void>,
): Promise<void> {
  const begun = await beginAttempt(parts.database, deliveryId);
  if (begun === null) return;
  const { delivery, webhook } = begun;
  const attempt = await attemptAt(parts, webhook, delivery.payload, delivery.id);
  const delayMs = attempt.ok ? null : retryDelayMs(delivery.attempts);
  const status = attempt.ok ? "succeeded" : delayMs === null ? "failed" : "pending";
  await transaction(parts.database, async (sql) => {
    const recorded = await recordAttempt(sql, delivery.id, status, attempt);
    if (recorded !== null && delayMs !== null) await retry(sql, recorded, delayMs);
  });
}

/** Sends a test event at once, and returns what really came back. */
export async function deliverTest(
  parts: DeliveryParts,
  webhook: WebhookRow,
  payload: Payload,
): Promise<DeliveryRow> {
  const id = await insertTestDelivery(parts.database, webhook.id, payload);
  const attempt = await attemptAt(parts, webhook, payload, id);
  const row = await recordAttempt(parts.database, id, attempt.ok ? "succeeded" : "failed", attempt);
  if (row === null) throw new Error("the delivery of a test is gone");
  return row;
}

async function attemptAt(
  { secrets, sender }: DeliveryParts,
  webhook: WebhookRow,
  payload: Payload,
  deliveryId: string,
): Promise<Attempt> {
  let secret: string | null;
  try {
    secret = webhook.secret === null ? null : secrets.decrypt(webhook.secret);
  } catch {
    return {
      ok: false,
      status: null,
      body: null,
      error: "The stored secret cannot be read with the current master key: enter it again.",
      durationMs: 0,
    };
  }
  const { kind, url, headers, body } = webhook;
  return sender.send({ kind, url, secret, headers, body }, payload, deliveryId);
}
