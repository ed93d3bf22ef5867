import { json, type Sql } from "../database/connection.ts";
import type { EventPayload } from "../webhooks/events.ts";

/** Something that happened, for people who were away. */
export interface NotificationRow {
  /** rises in the order in which they can be seen */
  id: number;
  event: string;
  payload: EventPayload;
  createdAt: Date;
  unread: boolean;
}

/** Keeps an event for the console. */
export async function insertNotification(
  sql: Sql,
  environmentId: string,
  payload: EventPayload,
): Promise<void> {
  // One transaction after the other: of two that are committed in another order than their ids have, the
  // one with the lower id would pass for read by who has read the other.
  await sql`select pg_advisory_xact_lock(418581342581)`;
  await sql`
    insert into notifications (environment_id, event, payload)
    values (${environmentId}, ${payload.event}, ${json(sql, payload)})`;
}

/**
 * The latest first.
 * @param reader whose mark says what is unread; null: nothing is
 * @param within environments that the reader may see; null: all
 */
export async function listNotifications(
  sql: Sql,
  reader: string | null,
  within: string[] | null,
  page: { limit: number; offset: number },
): Promise<{ notifications: NotificationRow[]; total: number; unread: number }> {
  const where = sql`(${within}::uuid[] is null or environment_id = any(${within}::uuid[]))`;
  const readUntil = sql`
    coalesce((select read_until from notification_marks where user_id = ${reader}),
      case when ${reader}::uuid is null then 9223372036854775807 else 0 end)`;
  const notifications = await sql<NotificationRow[]>`
    select id, event, payload, created_at, id > ${readUntil} as unread from notifications
    where ${where} order by id desc limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number; unread: number }[]>`
    select count(*) as total, count(*) filter (where id > ${readUntil}) as unread
    from notifications where ${where}`;
  return { notifications, total: count?.total ?? 0, unread: count?.unread ?? 0 };
}

/** Marks everything up to this one as read; a mark never goes back, nor ahead of what there is. */
export async function markRead(sql: Sql, userId: string, upTo: number): Promise<void> {
  await sql`
    insert into notification_marks (user_id, read_until)
    select ${userId}, max(id) from notifications where id <= ${upTo} having max(id) is not null
    on conflict (user_id) do update
      set read_until = greatest(notification_marks.read_until, excluded.read_until)`;
}
