import type { Database } from "../database/connection.ts";
import { listen } from "../database/listen.ts";

/** Something changed in the database, on whichever replica; ids only, reread the rows. */
export interface Change {
  kind:
    | "environment"
    | "server"
    | "service"
    | "image"
    | "registry"
    | "plan"
    | "step"
    | "container"
    | "notification"
    | "access";
  /** of `access`: the user who lost a session or an API token, or has other roles */
  id: string;
  op?: "insert" | "update" | "delete";
  environmentId: string | null;
  /** of a step */
  planId?: string;
  /** of a container */
  serverId?: string;
}

export interface ChangeListener {
  changed(change: Change): void;
  /** changes may have been missed */
  resync(): void;
}

export interface Changes {
  subscribe(listener: ChangeListener): () => void;
  stop(): Promise<void>;
}

/** One LISTEN for the whole process, shared by everybody who wants to know. */
export async function startChanges(database: Database): Promise<Changes> {
  const listeners = new Set<ChangeListener>();
  let first = true;
  const stop = await listen(database, "changed", {
    notified(payload) {
      const change = JSON.parse(payload) as Change;
      for (const listener of listeners) listener.changed(change);
    },
    resumed() {
      if (!first) for (const listener of listeners) listener.resync();
      first = false;
    },
  });
  return {
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    stop,
  };
}
