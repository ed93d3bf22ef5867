import { system } from "../actor.ts";
import { endUndoneCommands } from "../commands/commands.store.ts";
import { type Database, transaction } from "../database/connection.ts";
import { takeRestored } from "../environments/system-settings.store.ts";
import { deleteAllEvents } from "../events/events.store.ts";
import { audit } from "../identity/audit.store.ts";
import { closeEverySession } from "../identity/sessions.store.ts";
import { snoozeAutoUpdate } from "../images/update-policy.store.ts";
import { cancelPendingPlans, endRunningPlans } from "../plans/interrupted.store.ts";
import { deleteUnusedJoinTokens } from "../servers/join-tokens.store.ts";
import { endPendingDeliveries } from "../webhooks/deliveries.store.ts";

/** What a restore has ended, by how many. */
export interface Settled {
  madeAt: string;
  plans: number;
  pendingPlans: number;
  sessions: number;
  joinTokens: number;
  deliveries: number;
  snoozedImages: number;
}

/** For so long after a restore nothing is updated by itself, so that people can look first. */
const snoozeHours = 24;

/**
 * Ends what was under way when a backup was made that this database was restored from: the servers have moved
 * on since, so that nothing of it may go on by itself. The restore leaves a mark, in its transaction, and whoever
 * finds it first does this, before anything else works on the database.
 * @returns null: there was no mark
 */
export async function settleRestore(database: Database): Promise<Settled | null> {
  return transaction(database, async (sql) => {
    const restored = await takeRestored(sql);
    if (restored === null) return null;
    const reason = `This was under way when the backup of ${restored.madeAt} was made, from which the control plane was restored. It does not go on by itself: look at what runs, and start it again.`;
    // What was about to be told was told then.
    await deleteAllEvents(sql);
    await endUndoneCommands(sql, reason);
    const settled: Settled = {
      madeAt: restored.madeAt,
      plans: await endRunningPlans(sql, reason),
      pendingPlans: await cancelPendingPlans(
        sql,
        `Made before the backup of ${restored.madeAt}, from which the control plane was restored: make it again.`,
      ),
      sessions: await closeEverySession(sql),
      joinTokens: await deleteUnusedJoinTokens(sql),
      deliveries: await endPendingDeliveries(sql, reason),
      snoozedImages: await snoozeAutoUpdate(
        sql,
        snoozeHours,
        `Restored from the backup of ${restored.madeAt}`,
      ),
    };
    await audit(sql, system, {
      action: "restore",
      resourceType: "database",
      resourceId: null,
      resourceName: `backup of ${restored.madeAt}`,
      details: { ...settled, version: restored.version },
    });
    return settled;
  });
}
