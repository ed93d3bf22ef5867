import type { ContainerReport } from "@bridgeport/proto";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { adoptRunning, imagesToAdopt } from "../images/adoption.store.ts";
import { outdatedImages, refreshUpdateAvailable } from "../images/updates.store.ts";
import { runDiscovery, serversToLookAt } from "./discovery.store.ts";
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

/** Several changes, in their order, as one: of each container the last word counts. */
export interface InventoryNews {
  /** these are all the containers that there are */
  complete: boolean;
  present: ContainerReport[];
  removedIds: string[];
}

export function newsOf(changes: readonly InventoryChange[]): InventoryNews {
  let complete = false;
  const last = new Map<string, ContainerReport | null>();
  for (const change of changes) {
    if (change.kind === "complete") {
      complete = true;
      last.clear();
      for (const container of change.containers) last.set(container.id, container);
    } else if (change.kind === "upsert") last.set(change.container.id, change.container);
    else last.set(change.id, null);
  }
  const present = [...last.values()].filter((report) => report !== null);
  const removedIds = [...last].flatMap(([id, report]) => (report === null ? [id] : []));
  return { complete, present, removedIds };
}

/** Containers become rows and services in one step, so that no reader sees one without the other. */
export interface Inventory {
  /**
   * Stores changes, in their order, together.
   * @returns when to look again, epoch milliseconds, null: never; `"replaced"` when the server is
   *   gone or another stream speaks for it, and nothing was written
   */
  apply(
    from: { serverId: string; sessionId: string },
    changes: readonly InventoryChange[],
  ): Promise<number | null | "replaced">;
  /** Looks again at what is known, though nothing was reported. */
  lookAgain(serverId: string): Promise<number | null>;
  /** Looks again wherever a service passes for found without a container. */
  sweep(): Promise<void>;
}

export function inventoryOf(database: Database): Inventory {
  /** In transactions of its own: each locks an image, as whatever decides on updates does. */
  async function decideOnUpdates(serverId: string): Promise<void> {
    const toAdopt = await imagesToAdopt(database, serverId);
    const outdated = await outdatedImages(database, serverId);
    for (const imageId of new Set([...toAdopt, ...outdated])) {
      await transaction(database, async (sql) => {
        await adoptRunning(sql, imageId);
        await refreshUpdateAvailable(sql, imageId);
      });
    }
  }

  async function lookAgain(serverId: string): Promise<number | null> {
    const again = await transaction(database, async (sql) => {
      const server = await lockInventory(sql, serverId, null);
      if (!server) return null;
      const { environmentId } = server;
      return runDiscovery(sql, { serverId, environmentId, names: null, newIds: [] });
    });
    await decideOnUpdates(serverId);
    return again;
  }

  return {
    async apply({ serverId, sessionId }, changes) {
      const stored = await transaction(database, async (sql) => {
        const server = await lockInventory(sql, serverId, sessionId);
        if (!server) return "replaced";
        const scope = await store(sql, serverId, newsOf(changes));
        if (scope === null) return null;
        const { environmentId } = server;
        return { lookAgainAt: await runDiscovery(sql, { serverId, environmentId, ...scope }) };
      });
      if (stored === "replaced" || stored === null) return stored;
      await decideOnUpdates(serverId);
      return stored.lookAgainAt;
    },
    lookAgain,
    async sweep() {
      for (const serverId of await serversToLookAt(database)) await lookAgain(serverId);
    },
  };
}

/** Stores the news. @returns what discovery has to look at; null: nothing has changed */
async function store(
  sql: Sql,
  serverId: string,
  { complete, present, removedIds }: InventoryNews,
): Promise<{ names: string[] | null; newIds: string[] } | null> {
  const ids = present.map(({ id }) => id);
  if (complete) {
    await removeContainers(sql, serverId, { allBut: ids });
    const { newIds } = await upsertContainers(sql, serverId, present);
    await announceInventory(sql, serverId);
    return { names: null, newIds };
  }
  const gone = removedIds.length === 0 ? [] : await namesOf(sql, serverId, removedIds);
  if (gone.length > 0) await removeContainers(sql, serverId, { ids: removedIds });
  // A renamed container leaves its old name, which may be a service's.
  const before = ids.length === 0 ? [] : await namesOf(sql, serverId, ids);
  const { written, newIds } = await upsertContainers(sql, serverId, present);
  if (written === 0 && gone.length === 0) return null;
  return { names: [...new Set([...gone, ...before, ...present.map(({ name }) => name)])], newIds };
}
