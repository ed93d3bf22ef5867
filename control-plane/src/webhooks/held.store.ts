import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { DeliveryRow } from "./deliveries.store.ts";
import type { BatchPayload } from "./events.ts";

/** Targets with deliveries whose time to be held is over. */
export async function webhooksWithDue(sql: Sql): Promise<string[]> {
  const rows = await sql<{ webhookId: string }[]>`
    select distinct webhook_id from webhook_deliveries
    where status = 'held' and held_until <= now() order by webhook_id`;
  return rows.map(({ webhookId }) => webhookId);
}

/** Deliveries of a target that are no longer held, the oldest first; others leave them alone meanwhile. */
export async function takeDue(sql: Sql, webhookId: string, limit: number): Promise<DeliveryRow[]> {
  // The target first: two that release its deliveries side by side would make two messages of one.
  await sql`select from webhooks where id = ${webhookId} for update`;
  return sql<DeliveryRow[]>`
    select * from webhook_deliveries
    where webhook_id = ${webhookId} and status = 'held' and held_until <= now()
    order by id limit ${limit} for update`;
}

/** A delivery that was held is sent by itself. */
export async function releaseOne(sql: Sql, id: string): Promise<void> {
  await sql`update webhook_deliveries set status = 'pending' where id = ${id}`;
}

/** One delivery takes the place of several. @returns its id */
export async function joinDeliveries(
  sql: Sql,
  webhookId: string,
  ids: string[],
  payload: BatchPayload,
): Promise<string> {
  const id = newId();
  await sql`
    insert into webhook_deliveries (id, webhook_id, event, payload)
    values (${id}, ${webhookId}, ${payload.event}, ${json(sql, payload)})`;
  await sql`delete from webhook_deliveries where id = any(${ids}::uuid[])`;
  return id;
}

/** What is held of a target is due now: it has other times from now on. */
export async function releaseAll(sql: Sql, webhookId: string): Promise<void> {
  await sql`
    update webhook_deliveries set held_until = now()
    where webhook_id = ${webhookId} and status = 'held' and held_until > now()`;
}

/** In how many milliseconds the next delivery of a target is due that is held; null: none is. */
export async function nextDueMs(sql: Sql, webhookId: string): Promise<number | null> {
  const [row] = await sql<{ ms: number | null }[]>`
    select greatest(0, extract(epoch from min(held_until) - now()) * 1000)::float8 as ms
    from webhook_deliveries where webhook_id = ${webhookId} and status = 'held'`;
  return row?.ms ?? null;
}
