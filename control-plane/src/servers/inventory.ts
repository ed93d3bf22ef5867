import type { ContainerReport } from "@bridgeport/proto";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { runDiscovery, serversToLookAt } from "../services/discovery.store.ts";
import {
  announceInventory,
  lockInventory,
  namesOf,
  removeContainers,
  upsertContainers,
} from "./inventory.store.ts";

/** What an agent reported of its engine's containers. */
export type InventoryChange =
  | { kind: "complete"; containers: ContainerReport[] }
  | { kind: "upsert"; container: ContainerReport }
  | { kind: "removed"; id: string };

/** Containers become rows and services in one step, so that nobody sees one without the other. */
export interface Inventory {
  /**
   * @returns when to look again, epoch milliseconds, null: never; `"replaced"` when the server is
   *   gone or another stream speaks for it, and nothing was written
   */
  apply(
    from: { serverId: string; sessionId: string },
    change: InventoryChange,
  ): Promise<number | null | "replaced">;
  /** Looks again at what is known, though nothing was reported. */
  lookAgain(serverId: string): Promise<number | null>;
  /** Looks again wherever a service passes for found without a container. */
  sweep(): Promise<void>;
}

export function inventoryOf(database: Database): Inventory {
  function lookAgain(serverId: string): Promise<number | null> {
    return transaction(database, async (sql) => {
      const server = await lockInventory(sql, serverId, null);
      if (!server) return null;
      const { environmentId } = server;
      return runDiscovery(sql, { serverId, environmentId, names: null, newIds: [] });
    });
  }

  return {
    apply: ({ serverId, sessionId }, change) =>
      transaction(database, async (sql) => {
        const server = await lockInventory(sql, serverId, sessionId);
        if (!server) return "replaced";
        const scope = await store(sql, serverId, change);
        if (scope === null) return null;
        const { environmentId } = server;
        return runDiscovery(sql, { serverId, environmentId, ...scope });
      }),
    lookAgain,
    async sweep() {
      for (const serverId of await serversToLookAt(database)) await lookAgain(serverId);
    },
  };
}

/** Stores the change. @returns what discovery has to look at; null: nothing has changed */
async function store(
  sql: Sql,
  serverId: string,
  change: InventoryChange,
): Promise<{ names: string[] | null; newIds: string[] } | null> {
  switch (change.kind) {
    case "complete": {
      const ids = change.containers.map(({ id }) => id);
      await removeContainers(sql, serverId, { allBut: ids });
      const { newIds } = await upsertContainers(sql, serverId, change.containers);
      await announceInventory(sql, serverId);
      return { names: null, newIds };
    }
    case "upsert": {
      // A renamed container leaves its old name, which may be a service's.
      const before = await namesOf(sql, serverId, [change.container.id]);
      const { written, newIds } = await upsertContainers(sql, serverId, [change.container]);
      if (written === 0) return null;
      return { names: [...new Set([...before, change.container.name])], newIds };
    }
    case "removed": {
      const names = await namesOf(sql, serverId, [change.id]);
      await removeContainers(sql, serverId, { ids: [change.id] });
      return names.length === 0 ? null : { names, newIds: [] };
    }
  }
}
