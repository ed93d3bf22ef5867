import type { Actor } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { type ChainedRow, chainEnd, chainPage, type ExportFilter } from "./audit-chain.store.ts";
import { outdated } from "./sessions.store.ts";

// Details may be long, and all of a page is in memory.
const pageRows = 100;
const recheckMs = 5_000;

/**
 * The audit as JSON lines in the order of the chain, up to what its end is now. Entries are read as
 * they are taken: a slow reader costs neither memory nor a connection to the database. It breaks off
 * when the session or token ends that it was asked for with, or its roles change.
 */
export async function exportAudit(
  database: Database,
  reader: Actor,
  filter: ExportFilter,
  lineOf: (row: ChainedRow) => object,
): Promise<ReadableStream<Uint8Array>> {
  const { position: until } = await chainEnd(database);
  const encoder = new TextEncoder();
  let after = 0;
  let checkedAt = Date.now();

  async function requireCredential(): Promise<void> {
    if (reader.credentialId === undefined || Date.now() - checkedAt < recheckMs) return;
    checkedAt = Date.now();
    if ((await outdated(database, [reader])).size === 0) return;
    throw new Error("the session or API token of this export has ended, or has other roles");
  }

  return new ReadableStream(
    {
      async pull(controller) {
        await requireCredential();
        const rows = await chainPage(database, filter, { after, until, limit: pageRows });
        const last = rows.at(-1);
        if (last === undefined) return controller.close();
        after = last.position;
        const text = rows.map((row) => `${JSON.stringify(lineOf(row))}\n`).join("");
        controller.enqueue(encoder.encode(text));
      },
    },
    { highWaterMark: 1 },
  );
}
