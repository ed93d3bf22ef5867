import type { Logger } from "pino";
import { system } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import { auditWindow } from "../identity/audit-window.ts";
import { sourceOf } from "../networks.ts";

/** An attempt of an agent that was turned away. */
export interface TurnedAway {
  action: "refuse_agent" | "refuse_enrolment";
  /** null: it cannot be known */
  server: { id: string; name: string; environmentId: string } | null;
  reason: string;
  address: string;
}

/**
 * Writes attempts that were turned away into the audit, within bounds. What was decided does not
 * depend on it: an entry that cannot be written is logged.
 */
export function turnedAwayAudit(database: Database, log: Pick<Logger, "warn">) {
  const window = auditWindow();
  return async ({ action, server, reason, address }: TurnedAway): Promise<void> => {
    const more = window(`${action} ${server?.id} ${reason} ${sourceOf(address)}`, Date.now());
    if (more === null) return;
    try {
      await audit(
        database,
        { ...system, name: "agent", roles: [] },
        {
          action,
          resourceType: "server",
          resourceId: server?.id ?? null,
          resourceName: server?.name ?? null,
          environmentId: server?.environmentId ?? null,
          details: { reason, address, ...more },
        },
      );
    } catch (error) {
      const about = { ...(server && { serverId: server.id }), action, reason, address };
      log.warn({ err: error, ...about }, "an audit entry could not be written");
    }
  };
}

/** Where a gRPC stream comes from, as the audit shows it: without the port. */
export function addressOf(peer: string): string {
  const address = peer.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  return address.replace(/^::ffff:(?=\d+\.)/i, "") || "unknown";
}
