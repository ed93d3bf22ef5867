import { json, type Sql } from "../database/connection.ts";

/** Settings of the whole installation, with their defaults. */
export interface SystemSettings {
  /** matching tags that a sync looks at in each repository, newest-looking first */
  registryMaxTags: number;
  /** how long ended plans, audit entries and webhook deliveries are kept */
  retentionDays: number;
}

export const defaultSystemSettings: SystemSettings = { registryMaxTags: 50, retentionDays: 365 };

export async function readSystemSettings(sql: Sql): Promise<SystemSettings> {
  const rows = await sql<{ key: string; value: unknown }[]>`
    select key, value from system_settings where key = any(${Object.keys(defaultSystemSettings)})`;
  const stored = Object.fromEntries(rows.map(({ key, value }) => [key, value]));
  return { ...defaultSystemSettings, ...stored };
}

export async function writeSystemSettings(
  sql: Sql,
  change: Partial<SystemSettings>,
): Promise<void> {
  for (const [key, value] of Object.entries(change)) {
    await sql`
      insert into system_settings (key, value) values (${key}, ${json(sql, value)})
      on conflict (key) do update set value = excluded.value, updated_at = now()`;
  }
}

const restoredKey = "restored";

/** What a database was restored from, until what that ends has been ended. */
export interface Restored {
  /** ISO 8601: when the backup was made */
  madeAt: string;
  /** of the program that made it */
  version: string;
}

export async function markRestored(sql: Sql, { madeAt, version }: Restored): Promise<void> {
  await sql`
    insert into system_settings (key, value)
    values (${restoredKey}, ${json(sql, { madeAt, version })})
    on conflict (key) do update set value = excluded.value, updated_at = now()`;
}

/** Removes the mark. @returns null: there is none */
export async function takeRestored(sql: Sql): Promise<Restored | null> {
  const [row] = await sql<{ value: Restored }[]>`
    delete from system_settings where key = ${restoredKey} returning value`;
  return row?.value ?? null;
}
