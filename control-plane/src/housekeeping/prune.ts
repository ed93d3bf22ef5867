import type { Logger } from "pino";
import { system } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import type { JobRequest } from "../jobs/jobs.store.ts";
import { Problem } from "../problem.ts";
import { activePlanOn, findServer } from "../servers/servers.store.ts";
import { pruneModeOf, serversToPrune } from "./prune.store.ts";
import { pruneImages } from "./prune-images.ts";

/** Servers that are pruned at the same time, over all replicas. */
const serversAtOnce = 3;
const notYetMs = 60_000;
/** An hour of waiting for plans to end; then it is for the next time. */
const mostPostponements = 60;

/** Why a server is pruned; after a deploy goes before the weekly round. */
export type PruneOccasion = "deploy" | "weekly";

let nextQueue = Math.floor(Math.random() * serversAtOnce);

/** The pruning of one server. Each queue runs one job at a time, so there are as many as queues. */
export function serverPrune(
  serverId: string,
  occasion: PruneOccasion,
  delayMs = 0,
  postponed = 0,
): JobRequest {
  nextQueue = (nextQueue + 1) % serversAtOnce;
  return {
    task: "prune_server",
    payload: { serverId, occasion, postponed },
    key: `prune:${serverId}`,
    queue: `prune:${nextQueue}`,
    priority: occasion === "deploy" ? 0 : 1,
    delayMs,
    attempts: 2,
  };
}

/** The weekly round. */
export async function weeklyPrunes(database: Database): Promise<JobRequest[]> {
  return (await serversToPrune(database)).map((id) => serverPrune(id, "weekly"));
}

/**
 * Prunes a server as its environment wants it, best effort: what fails is logged and waits for the
 * next time. While a plan is at work there nothing is pruned.
 * @returns the same again for later, when a plan is at work now
 */
export async function pruneServer(
  { database, log }: { database: Database; log: Logger },
  serverId: string,
  occasion: PruneOccasion,
  postponed: number,
): Promise<JobRequest | null> {
  const mode = await pruneModeOf(database, serverId);
  const server = await findServer(database, serverId);
  if (mode === null || server === null || server.status !== "online") return null;
  if ((await activePlanOn(database, serverId)) !== null) {
    return postponed < mostPostponements
      ? serverPrune(serverId, occasion, notYetMs, postponed + 1)
      : null;
  }
  const about = { serverId, server: server.name, mode };
  try {
    const { spaceReclaimedBytes, imagesDeleted } = await pruneImages(
      database,
      system,
      server,
      mode,
    );
    log.info({ ...about, spaceReclaimedBytes, imagesDeleted }, "pruned images");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    log.warn({ ...about, reason: error.message }, "images could not be pruned");
  }
  return null;
}
