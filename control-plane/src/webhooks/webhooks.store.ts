import { json, type Sql } from "../database/connection.ts";
import { newId } from "../database/ids.ts";
import type { EventName } from "./events.ts";
import type { QuietHours } from "./hold.ts";
import type { TargetKind } from "./target.ts";

/** A target of notifications. */
export interface WebhookRow {
  id: string;
  name: string;
  kind: TargetKind;
  url: string;
  /** encrypted with the master key */
  secret: Buffer | null;
  events: EventName[];
  /** null: every environment */
  environmentIds: string[] | null;
  enabled: boolean;
  /** of the kind template, with placeholders */
  headers: Record<string, string> | null;
  /** of the kind template, with placeholders; null: the payload */
  body: string | null;
  /** events of so many milliseconds go out as one message; null: each by itself */
  batchMs: number | null;
  quietHours: QuietHours | null;
  createdAt: Date;
  updatedAt: Date;
}

type Optional = "headers" | "body" | "batchMs" | "quietHours";
export type WebhookFields = Omit<WebhookRow, "id" | "createdAt" | "updatedAt" | Optional> &
  Partial<Pick<WebhookRow, Optional>>;

const columns = (sql: Sql, { headers = null, quietHours = null, ...fields }: WebhookFields) => ({
  ...{ body: null, batchMs: null, ...fields },
  headers: headers && json(sql, headers),
  quietHours: quietHours && json(sql, quietHours),
});

/** @param within environments that the asker is limited to: targets of other ones are left out */
export async function listWebhooks(
  sql: Sql,
  within: string[] | null,
  page: { limit: number; offset: number },
): Promise<{ webhooks: WebhookRow[]; total: number }> {
  const where = sql`(${within}::uuid[] is null or environment_ids <@ ${within}::uuid[])`;
  const webhooks = await sql<WebhookRow[]>`
    select * from webhooks where ${where}
    order by lower(name), id limit ${page.limit} offset ${page.offset}`;
  const [count] = await sql<{ total: number }[]>`
    select count(*) as total from webhooks where ${where}`;
  return { webhooks, total: count?.total ?? 0 };
}

export async function findWebhook(sql: Sql, id: string): Promise<WebhookRow | null> {
  const [row] = await sql<WebhookRow[]>`select * from webhooks where id = ${id}`;
  return row ?? null;
}

export async function insertWebhook(sql: Sql, fields: WebhookFields): Promise<WebhookRow> {
  const [row] = await sql<[WebhookRow]>`
    insert into webhooks ${sql({ id: newId(), ...columns(sql, fields) })} returning *`;
  return row;
}

export async function updateWebhook(
  sql: Sql,
  id: string,
  fields: WebhookFields,
): Promise<WebhookRow | null> {
  const [row] = await sql<WebhookRow[]>`
    update webhooks set ${sql({ ...columns(sql, fields), updatedAt: new Date() })} where id = ${id} returning *`;
  return row ?? null;
}

/** Its deliveries go with it. */
export async function deleteWebhook(sql: Sql, id: string): Promise<void> {
  await sql`delete from webhooks where id = ${id}`;
}

/** Ids of this list that are no environment's. */
export async function unknownEnvironments(sql: Sql, ids: string[]): Promise<string[]> {
  const rows = await sql<{ id: string }[]>`
    select id from unnest(${ids}::uuid[]) as wanted (id)
    where not exists (select from environments where environments.id = wanted.id)`;
  return rows.map(({ id }) => id);
}
