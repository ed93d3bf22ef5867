import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import { countedRows } from "../database/row-counts.store.ts";
import type { Attempt } from "./attempt.ts";
import type { EventName, Payload } from "./events.ts";
import { heldUntil } from "./hold.ts";
import type { WebhookRow } from "./webhooks.store.ts";

/*
 * One event for one target, or several as one message.
 *
 *   held ──> pending ──> succeeded
 *               └──────> failed      (after the last attempt)
 *
 * Those that are held and go out together become one other delivery; see held.store.ts.
 */

export type DeliveryStatus = "held" | "pending" | "succeeded" | "failed";

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
  heldUntil: Date | null;
  attemptedAt: Date | null;
}

/** How often a delivery is tried. */
export const mostAttempts = 3;

/** A delivery that was made; `heldMs`: for how long it is held, null: it is not. */
interface NewDelivery {
  id: string;
  webhookId: string;
  heldMs: number | null;
}

/** Makes one delivery for each target that wants to be told of this. */
export async function insertDeliveries(
  sql: Sql,
  event: { name: EventName; environmentId: string; payload: Payload },
): Promise<NewDelivery[]> {
  const targets = await sql<
    (Pick<WebhookRow, "id" | "batchMs" | "quietHours"> & { batchUntil: Date | null; now: Date })[]
  >`
    select id, batch_ms, quiet_hours, now() as now,
      (select min(held_until) from webhook_deliveries
        where webhook_id = webhooks.id and status = 'held' and held_until > now()) as batch_until
    from webhooks
    where enabled and ${event.name} = any(events)
      and (environment_ids is null or ${event.environmentId} = any(environment_ids))`;
  const rows = targets.map(({ id, now, batchUntil, ...target }) => {
    const until = heldUntil(target, event.name, now.getTime(), batchUntil?.getTime() ?? null);
    return {
      id: newId(),
      webhookId: id,
      heldUntil: until === null ? null : new Date(until).toISOString(),
      heldMs: until === null ? null : until - now.getTime(),
    };
  });
  if (rows.length > 0) {
    await sql`
      insert into webhook_deliveries (id, webhook_id, event, environment_id, payload, status,
        held_until)
      select id, "webhookId", ${event.name}, ${event.environmentId}, ${json(sql, event.payload)},
        case when "heldUntil" is null then 'pending' else 'held' end, "heldUntil"
      from jsonb_to_recordset(${json(sql, rows)})
        as row (id uuid, "webhookId" uuid, "heldUntil" timestamptz)`;
  }
  return rows.map(({ id, webhookId, heldMs }) => ({ id, webhookId, heldMs }));
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
    update webhook_deliveries set status = 'failed', error = ${error} 
    where status in ('held', 'pending')`;
  return ended.count;
}
