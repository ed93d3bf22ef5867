import type { Database } from "../database/connection.ts";
import { readTogether } from "../database/connection.ts";
import type { TargetRequest } from "../plans/read-target.ts";
import { type LeftOut, nothingToDeploy } from "../plans/taking-part.ts";
import { Problem } from "../problem.ts";
import { allBehind, type BehindService } from "./behind.store.ts";

/**
 * All that is behind in an environment, as targets of one plan: each service goes to its own update, so
 * an image whose services follow different lines of tags has several targets. What was skipped or is in
 * quarantine is no update; what is snoozed or pinned, and what would be a lower version, is left out.
 * @throws {Problem} 400 where nothing is left
 */
export async function everythingBehind(
  database: Database,
  environmentId: string,
  now = new Date(),
): Promise<{ targets: TargetRequest[]; leftOut: LeftOut[] }> {
  const services = await readTogether(database, (sql) => allBehind(sql, environmentId));
  if (services.length === 0) {
    throw new Problem("invalid", "nothing_behind", "Nothing is behind in this environment.");
  }
  const { targets, leftOut } = behindTargets(services, now);
  if (targets.length === 0) {
    throw new Problem("invalid", "nothing_to_deploy", nothingToDeploy(leftOut));
  }
  return { targets, leftOut };
}

/** Sorts services that are behind into targets, by image and digest, and those that are not to be moved. Pure. */
export function behindTargets(
  services: readonly BehindService[],
  now: Date,
): { targets: TargetRequest[]; leftOut: LeftOut[] } {
  const targets = new Map<string, TargetRequest & { serviceIds: string[] }>();
  const leftOut: LeftOut[] = [];
  for (const service of services) {
    const { serviceId, name, serverName, imageId, digestId } = service;
    const reason = whyHeld(service, now);
    if (reason !== null) {
      leftOut.push({ serviceId, name, serverName, reason });
      continue;
    }
    const key = `${imageId} ${digestId}`;
    const target = targets.get(key) ?? {
      imageId,
      imageDigestId: digestId,
      tag: null,
      serviceIds: [],
    };
    target.serviceIds.push(serviceId);
    targets.set(key, target);
  }
  return { targets: [...targets.values()], leftOut };
}

/** null: it may be moved */
function whyHeld(
  { imageName, kind, pinned, snoozedUntil, holdReason }: BehindService,
  now: Date,
): string | null {
  const because = holdReason === null ? "" : ` (${holdReason})`;
  if (pinned) return `Its image ${imageName} is pinned${because}: deploy that image by itself.`;
  if (snoozedUntil !== null && snoozedUntil > now) {
    return `Its image ${imageName} is snoozed until ${snoozedUntil.toISOString()}${because}: deploy that image by itself.`;
  }
  if (kind !== "older") return null;
  return `What was pushed later of ${imageName} is a lower version than what it runs: deploy that image by itself if it is wanted.`;
}
