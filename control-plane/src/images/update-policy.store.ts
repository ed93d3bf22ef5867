import { json, type Sql } from "../database/connection.ts";
import type { UpdateKind } from "../update-kinds.ts";
import type { UpdateWindow } from "./update-window.ts";
import { refreshUpdateAvailable } from "./updates.store.ts";

/** When auto-update may take a newer digest of an image. */
export interface UpdatePolicy {
  minimumAgeMinutes: number;
  windows: UpdateWindow[];
  timeZone: string;
  /** that auto-update may deploy */
  kinds: UpdateKind[];
  snoozedUntil: Date | null;
  pinned: boolean;
  /** why it is snoozed or pinned */
  reason: string | null;
  /** how carefully its plans go on, as plans keep it; null: all in one go */
  rollout: object | null;
}

/** Keeps why a plan could not be created; null: it could. */
export async function noteRefusal(
  sql: Sql,
  imageId: string,
  refusal: { digestId: string; message: string } | null,
): Promise<void> {
  const message = refusal?.message ?? null;
  await sql`
    update container_images set update_refusal = ${message},
      update_refused_digest_id = ${refusal?.digestId ?? null}
    where id = ${imageId} and update_refusal is distinct from ${message}`;
}

export async function findUpdatePolicy(sql: Sql, imageId: string): Promise<UpdatePolicy | null> {
  const [row] = await sql<UpdatePolicy[]>`
    select update_minimum_age_minutes as minimum_age_minutes, update_windows as windows,
      update_time_zone as time_zone, update_kinds as kinds, update_snoozed_until as snoozed_until,
      update_pinned as pinned, update_hold_reason as reason, update_rollout as rollout
    from container_images where id = ${imageId}`;
  return row ?? null;
}

/** Writes the policy, and decides again on what auto-update may deploy. */
export async function setUpdatePolicy(
  sql: Sql,
  imageId: string,
  policy: UpdatePolicy,
): Promise<void> {
  await sql`
    update container_images set update_minimum_age_minutes = ${policy.minimumAgeMinutes},
      update_windows = ${json(sql, policy.windows)}, update_time_zone = ${policy.timeZone},
      update_kinds = ${policy.kinds}, update_snoozed_until = ${policy.snoozedUntil},
      update_pinned = ${policy.pinned}, update_hold_reason = ${policy.reason},
      update_rollout = ${policy.rollout && json(sql, policy.rollout)}, updated_at = now()
    where id = ${imageId}`;
  await refreshUpdateAvailable(sql, imageId);
}

/** Keeps auto-update from doing anything for so long, where it is on. @returns for how many images */
export async function snoozeAutoUpdate(sql: Sql, hours: number, reason: string): Promise<number> {
  const snoozed = await sql`
    update container_images set update_snoozed_until = now() + make_interval(hours => ${hours}),
      update_hold_reason = coalesce(update_hold_reason, ${reason})
    where auto_update
      and coalesce(update_snoozed_until, now()) < now() + make_interval(hours => ${hours})`;
  return snoozed.count;
}
