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
  const rows = await sql<{ key: string; value: unknown }[]>`select key, value from system_settings`;
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
