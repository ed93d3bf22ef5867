import type { Logger } from "pino";
import { type Database, transaction } from "../database/connection.ts";
import { imagesDecidedOtherwise, refreshUpdateAvailable } from "../images/updates.store.ts";

const atOnce = 50;

/**
 * Decides again on the updates of all images that an earlier version decided on, so that an upgrade need
 * not wait for each image's next check. Several replicas may do so side by side.
 *
 * @param signal ends it between two images; what is left is done at the next start
 */
export async function decideAgain(
  { database, log }: { database: Database; log: Logger },
  signal: AbortSignal,
): Promise<void> {
  let count = 0;
  let last: string | null = null;
  for (;;) {
    const ids: string[] = await imagesDecidedOtherwise(database, last, atOnce);
    if (ids.length === 0) break;
    for (const id of ids) {
      last = id;
      if (signal.aborted) return;
      await transaction(database, (sql) => refreshUpdateAvailable(sql, id));
      count++;
    }
  }
  if (count > 0)
    log.info({ images: count }, "decided again on updates, by the rules of this version");
}
