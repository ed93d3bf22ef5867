import type { ContainerReport } from "@bridgeport/proto";
import { type Database, type Sql, transaction } from "../database/connection.ts";
import { adoptRunning, imagesToAdopt } from "../images/adoption.store.ts";
import { outdatedImages, refreshUpdateAvailable } from "../images/updates.store.ts";
import { byServer } from "./by-server.ts";
import { type DiscoveryScope, runDiscovery, serversToLookAt } from "./discovery.store.ts";
import {
  announceInventories,
  lockInventories,
  lockInventory,
  removeContainers,
  removeOthers,
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

/** What one stream reported, in its order. */
export interface ReportedChanges {
  serverId: string;
  sessionId: string;
  changes: readonly InventoryChange[];
}

/**
 * When to look again though nothing was reported, epoch milliseconds, null: never; `"replaced"` when the server
 * is gone or another stream speaks for it, and nothing was written.
 */
export type Applied = number | null | "replaced";

/** Containers become rows and services in one step, so that no reader sees one without the other. */
export interface Inventory {
  /**
   * Stores what any number of streams reported, all of it or nothing. Each statement is for all of them.
   * @returns by stream what came of it
   */
  apply(reported: readonly ReportedChanges[]): Promise<Map<string, Applied>>;
  /** Looks again at what is known, though nothing was reported. */
  lookAgain(serverId: string): Promise<number | null>;
  /** Looks again wherever a service passes for found without a container. */
  sweep(): Promise<void>;
}

export function inventoryOf(database: Database): Inventory {
  /** In transactions of its own: each locks an image, as whatever decides on updates does. */
  async function decideOnUpdates(serverIds: readonly string[]): Promise<void> {
    if (serverIds.length === 0) return;
    const toAdopt = await imagesToAdopt(database, serverIds);
    const outdated = await outdatedImages(database, serverIds);
    for (const imageId of new Set([...toAdopt, ...outdated])) {
      await transaction(database, async (sql) => {
        await adoptRunning(sql, imageId);
        await refreshUpdateAvailable(sql, imageId);
      });
    }
  }

  async function lookAgain(serverId: string): Promise<number | null> {
    const found = await transaction(database, async (sql) => {
      const server = await lockInventory(sql, serverId, null);
      if (!server) return null;
      const { environmentId } = server;
      const scope = { serverId, environmentId, names: null, newIds: [], otherImageIds: null };
      return runDiscovery(sql, [scope]);
    });
    await decideOnUpdates([serverId]);
    return found?.lookAgainAt.get(serverId) ?? null;
  }

  return {
    async apply(reported) {
      const { applied, changed } = await transaction(database, async (sql) => {
        const locked = await lockInventories(sql, reported);
        const held = reported.flatMap(({ serverId, sessionId, changes }) => {
          const server = locked.get(serverId);
          if (server?.sessionId !== sessionId) return [];
          const { environmentId } = server;
          return [{ serverId, sessionId, environmentId, news: newsOf(changes) }];
        });
        const scopes = await store(sql, held);
        const found = scopes.length === 0 ? null : await runDiscovery(sql, scopes);
        const sessions = new Map<string, Applied>(
          reported.map(({ sessionId }) => [sessionId, "replaced"]),
        );
        for (const { serverId, sessionId } of held) {
          sessions.set(sessionId, found?.lookAgainAt.get(serverId) ?? null);
        }
        // What a complete inventory finds unchanged may still wait for a decision that was cut short.
        const whole = held.filter(({ news }) => news.complete).map(({ serverId }) => serverId);
        return { applied: sessions, changed: new Set([...(found?.changed ?? []), ...whole]) };
      });
      await decideOnUpdates([...changed]);
      return applied;
    },
    lookAgain,
    async sweep() {
      for (const serverId of await serversToLookAt(database)) await lookAgain(serverId);
    },
  };
}

interface ServerNews {
  serverId: string;
  environmentId: string;
  news: InventoryNews;
}

/** Stores the news of servers. @returns what discovery has to look at */
async function store(sql: Sql, all: readonly ServerNews[]): Promise<DiscoveryScope[]> {
  const whole = all.filter(({ news }) => news.complete).map(({ serverId }) => serverId);
  const present = all.flatMap(({ serverId, news }) =>
    news.present.map((report) => ({ serverId, report })),
  );
  const removed = all.flatMap(({ serverId, news }) =>
    news.removedIds.map((containerId) => ({ serverId, containerId })),
  );
  if (whole.length > 0) {
    const complete = new Set(whole);
    const ids = present
      .filter(({ serverId }) => complete.has(serverId))
      .map(({ serverId, report }) => ({ serverId, containerId: report.id }));
    await removeOthers(sql, whole, ids);
  }
  const gone = removed.length === 0 ? [] : await removeContainers(sql, removed);
  const written = present.length === 0 ? [] : await upsertContainers(sql, present);
  if (whole.length > 0) await announceInventories(sql, whole);

  const goneOn = byServer(gone);
  const writtenOn = byServer(written);
  return all.flatMap(({ serverId, environmentId, news }): DiscoveryScope[] => {
    const changes = writtenOn.get(serverId) ?? [];
    const newIds = changes.filter(({ nameBefore }) => nameBefore === null);
    const scope = { serverId, environmentId, newIds: newIds.map(({ containerId }) => containerId) };
    if (news.complete) return [{ ...scope, names: null, otherImageIds: null }];
    // A renamed container leaves its old name, which may be a service's.
    const names = changes.flatMap(({ name, nameBefore }) =>
      nameBefore === null ? [name] : [name, nameBefore],
    );
    for (const { name } of goneOn.get(serverId) ?? []) names.push(name);
    if (names.length === 0) return [];
    const others = changes.filter(({ otherImage }) => otherImage);
    const otherImageIds = others.map(({ containerId }) => containerId);
    return [{ ...scope, names: [...new Set(names)], otherImageIds }];
  });
}
