import type { Logger } from "pino";
import { system } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { readSystemSettings } from "../environments/system-settings.store.ts";
import { audit } from "../identity/audit.store.ts";
import { forgetFailedJobs } from "../jobs/jobs.store.ts";
import { type Removed, removeExpired } from "./retention.store.ts";

const failedJobDays = 7;

/** Removes what is older than the system settings keep it, and says so. */
export async function applyRetention(parts: { database: Database; log: Logger }): Promise<Removed> {
  const { database, log } = parts;
  const { retentionDays } = await readSystemSettings(database);
  const removed = await removeExpired(database, retentionDays);
  await forgetFailedJobs(database, failedJobDays);
  if (Object.values(removed).some((count) => count > 0)) {
    log.info(removed, "removed what was kept for long enough");
    await audit(database, system, {
      action: "apply_retention",
      resourceType: "system_settings",
      resourceId: null,
      resourceName: null,
      details: { retentionDays, ...removed },
    });
  }
  return removed;
}
