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

/** One LISTEN, for all that want to know. */
interface Listening {
  listeners: Set<Listener>;
  begun: Promise<unknown>;
  /** it has begun */
  on: boolean;
}

const listening = new WeakMap<Database, Map<Channel, Listening>>();

/**
 * Listens until the returned function is called. A notification only wakes: reread the rows.
 *
 * The driver is asked once for each channel, and goes on listening: it takes a listener from before a lost
 * connection for another one, so that those of requests, which come and go, could never be taken back.
 */
export async function listen(
  database: Database,
  channel: Channel,
  listener: Listener,
): Promise<() => Promise<void>> {
  // Of its own, so that the same listener may listen twice.
  const mine: Listener = {
    notified: (payload) => listener.notified(payload),
    resumed: () => listener.resumed?.(),
  };
  const channels = listening.get(database) ?? new Map<Channel, Listening>();
  listening.set(database, channels);
  const { listeners, begun, on } = channels.get(channel) ?? begin(database, channels, channel);
  listeners.add(mine);
  try {
    await begun;
  } catch (error) {
    listeners.delete(mine);
    throw error;
  }
  // All that were there when it began have been told.
  if (on) listener.resumed?.();
  return async () => {
    listeners.delete(mine);
  };
}

function begin(database: Database, channels: Map<Channel, Listening>, channel: Channel): Listening {
  const listeners = new Set<Listener>();
  const all = (tell: (listener: Listener) => void) => {
    for (const listener of [...listeners]) if (listeners.has(listener)) tell(listener);
  };
  const begun = database.listen(
    channel,
    (payload) => all((listener) => listener.notified(payload)),
    () => {
      made.on = true;
      all((listener) => listener.resumed?.());
    },
  );
  const made: Listening = { listeners, begun, on: false };
  begun.catch(() => channels.delete(channel));
  channels.set(channel, made);
  return made;
}
