import type { Database } from "./connection.ts";

/** Everything that is announced; the SQL that announces it is in the migrations. */
export type Channel =
  | "changed"
  | "command_queued"
  | "command_done"
  | "plan_wake"
  | "hook_called"
  | "prometheus_asked"
  | "inventory_wanted"
  | "inventory_complete"
  | "session_revoked"
  | "authority_changed"
  | "agent_upgrade"
  | "log_follow"
  | "log_part"
  | "log_taken";

export interface Listener {
  /** a notification; payloads hold ids only */
  notified(payload: string): void;
  /**
   * Called when listening begins and after every lost connection: what was announced
   * meanwhile is lost, so reread the rows.
   */
  resumed?(): void;
}

/** Listens until the returned function is called. A notification only wakes: reread the rows. */
export async function listen(
  database: Database,
  channel: Channel,
  listener: Listener,
): Promise<() => Promise<void>> {
  const { unlisten } = await database.listen(
    channel,
    (payload) => listener.notified(payload),
    () => listener.resumed?.(),
  );
  return unlisten;
}
