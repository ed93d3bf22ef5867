import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { countedRows } from "../database/row-counts.store.ts";
import type { EventName, Payload } from "./events.ts";
import type { Attempt } from "./send.ts";
import type { WebhookRow } from "./webhooks.store.ts";

/*
 * One event for one target.
 *
 *   pending ──> succeeded
 *      └──────> failed      (after the last attempt)
 */

export type DeliveryStatus = "pending" | "succeeded" | "failed";

export interface DeliveryRow {
  id: string;
  webhookId: string;
  event: string;
  environmentId: string | null;
  payload: Payload;
  status: DeliveryStatus;
  attempts: number;
  responseStatus: number | null;
  /** the first 1000 characters */
  responseBody: string | null;
  error: string | null;
  durationMs: number | null;
  createdAt: Date;
  attemptedAt: Date | null;
}

/** How often a delivery is tried. */
export const mostAttempts = 3;

/** Makes one delivery for each target that wants to be told of this. */
export async function insertDeliveries(
  sql: Sql,
  event: { name: EventName; environmentId: string; payload: Payload },
): Promise<{ id: string; webhookId: string }[]> {
  const targets = await sql<{ id: string }[]>`
    select id from webhooks
    where enabled and ${event.name} = any(events)
      and (environment_ids is null or ${event.environmentId} = any(environment_ids))`;
  const rows = targets.map(({ id }) => ({ id: newId(), webhookId: id }));
  if (rows.length > 0) {
    await sql`
      insert into webhook_deliveries (id, webhook_id, event, environment_id, payload)
      select id, "webhookId", ${event.name}, ${event.environmentId}, ${json(sql, event.payload)}
      from jsonb_to_recordset(${json(sql, rows)}) as row (id uuid, "webhookId" uuid)`;
  }
  return rows;
}

/** A delivery of its own for a test, which is tried once. */
export async function insertTestDelivery(
  sql: Sql,
  webhookId: string,
  payload: Payload,
): Promise<string> {
  const id = newId();
  await sql`
    insert into webhook_deliveries (id, webhook_id, event, payload, attempts, attempted_at)
    values (${id}, ${webhookId}, 'test', ${json(sql, payload)}, 1, now())`;
  return id;
}

/**
 * Begins an attempt. It counts before anything is sent, so that a process that dies again and
 * again does not send forever.
 * @returns null when there is nothing left to send
 */
export async function beginAttempt(
  sql: Sql,
  id: string,
): Promise<{ delivery: DeliveryRow; webhook: WebhookRow } | null> {
  const [delivery] = await sql<DeliveryRow[]>`
    update webhook_deliveries set attempts = attempts + 1, attempted_at = now()
    where id = ${id} and status = 'pending' and attempts < ${mostAttempts}
    returning *`;
  if (delivery === undefined) {
    await sql`
      update webhook_deliveries set status = 'failed',
        error = coalesce(error, 'The last attempt did not come to an end.')
      where id = ${id} and status = 'pending'`;
    return null;
  }
  const [webhook] = await sql<WebhookRow[]>`
    select * from webhooks where id = ${delivery.webhookId}`;
  return webhook === undefined ? null : { delivery, webhook };
}

/** Notes what became of an attempt. */
export async function recordAttempt(
  sql: Sql,
  id: string,
  status: DeliveryStatus,
  attempt: Attempt,
): Promise<DeliveryRow | null> {
  const [row] = await sql<DeliveryRow[]>`
    update webhook_deliveries set status = ${status}, response_status = ${attempt.status},
      response_body = ${attempt.body}, error = ${attempt.error},
      duration_ms = ${attempt.durationMs}
    where id = ${id} returning *`;
  return row ?? null;
}

/** A target's deliveries, the latest first. */
export async function listDeliveries(
  sql: Sql,
  webhookId: string,
  filter: { status: DeliveryStatus | null; limit: number; offset: number },
): Promise<{ deliveries: DeliveryRow[]; total: number }> {
  const deliveries = await sql<DeliveryRow[]>`
    select * from webhook_deliveries
    where webhook_id = ${webhookId}
      and (${filter.status}::text is null or status = ${filter.status})
    order by id desc limit ${filter.limit} offset ${filter.offset}`;
  const of = { environmentIds: null, kind: filter.status, about: webhookId };
  return { deliveries, total: await countedRows(sql, "webhook_deliveries", of) };
}

/** Sends nothing any longer of what waits to be sent. @returns how many deliveries */
export async function endPendingDeliveries(sql: Sql, error: string): Promise<number> {
  const ended = await sql`
    update webhook_deliveries set status = 'failed', error = ${error} where status = 'pending'`;
  return ended.count;
}
