import type { PruneEstimateResult, PruneMode, PruneResult } from "@bridgeport/proto";
import type { Actor } from "../actor.ts";
import { runCommand } from "../commands/await-command.ts";
import type { Database } from "../database/connection.ts";
import { auditAsked } from "../identity/audit.store.ts";
import { serverEntry } from "../servers/server-for.ts";
import { imagesInUseByPlans, type ServerRow } from "../servers/servers.store.ts";

// Deleting many large images takes a while on a slow disk.
const pruneTimeoutMs = 5 * 60_000;

/**
 * Prunes a server's images by its engine's own prune, and waits for the engine's figure. Images
 * that a plan at work on the server needs are left alone in both modes.
 * @throws {Problem} 503 when the agent is not connected
 */
export async function pruneImages(
  database: Database,
  actor: Actor,
  server: ServerRow,
  mode: PruneMode,
): Promise<PruneResult> {
  const protect = await imagesInUseByPlans(database, server.id);
  const body = { kind: "prune" as const, mode, protect };
  return runCommand<"prune">(database, server, body, pruneTimeoutMs, {
    asked: (sql) => auditAsked(sql, actor, serverEntry("prune_images", server, { mode })),
  });
}

// The engine counts all its layers for this.
const estimateTimeoutMs = 60_000;

/**
 * What such a prune would remove now. Nothing is changed.
 * @throws {Problem} 503 when the agent is not connected
 */
export async function estimatePrune(
  database: Database,
  server: ServerRow,
  mode: PruneMode,
): Promise<PruneEstimateResult> {
  const protect = await imagesInUseByPlans(database, server.id);
  const body = { kind: "prune_estimate" as const, mode, protect };
  return runCommand<"prune_estimate">(database, server, body, estimateTimeoutMs);
}
