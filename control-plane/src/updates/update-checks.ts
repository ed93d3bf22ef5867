import { system } from "../actor.ts";
import type { Database } from "../database/connection.ts";
import { audit } from "../identity/audit.store.ts";
import type { CheckedImage } from "../images/check-registry.ts";
import { imageEntry } from "../images/image-for.ts";
import { findImage } from "../images/images.store.ts";
import type { SyncOutcome } from "../images/sync.ts";
import type { JobRequest } from "../jobs/jobs.store.ts";
import {
  claimRegistryCheck,
  imagesNeverChecked,
  type RegistryUnderCheck,
  registriesDueWithin,
} from "./update-checks.store.ts";

/** What asks registries; see images/sources.ts. */
export interface ImageChecks {
  check(imageId: string): Promise<SyncOutcome>;
  checkRegistry(registryId: string, options?: { withinMs: number }): Promise<CheckedImage[]>;
}

const mostJitterMs = 60_000;
const newImagesAtOnce = 200;
/** A registry that takes longer goes on at its next check, so that it does not hold up others. */
const longestCheckMs = 10 * 60_000;

/**
 * What the schedule finds to do until it looks again: each registry no more often than its own
 * interval, at a moment of its own, and images that were never checked at once. Each registry is a
 * job by itself, so that one that is broken or slow harms its own images only.
 */
export async function dueChecks(
  database: Database,
  lookEverySeconds: number,
  random: () => number = Math.random,
): Promise<JobRequest[]> {
  const registries = await registriesDueWithin(database, lookEverySeconds);
  const fresh = await imagesNeverChecked(database, newImagesAtOnce);
  return [
    ...registries.map(({ id, refreshIntervalMinutes, dueInMs }) => {
      const shortest = Math.min(lookEverySeconds, refreshIntervalMinutes * 60) * 1000;
      return {
        task: "check_registry",
        payload: { registryId: id },
        key: `check_registry:${id}`,
        delayMs: Math.ceil(dueInMs + random() * Math.min(mostJitterMs, shortest / 10)),
      };
    }),
    // One after the other of each registry: one that is slow must not take every place.
    ...fresh.map(({ id, registryId }) => ({
      ...imageCheck(id, "schedule"),
      queue: `registry:${registryId}`,
    })),
  ];
}

/** @param source who says that there may be something new: the schedule, or which webhook */
export function imageCheck(imageId: string, source: string, delayMs = 0): JobRequest {
  return {
    task: "check_image",
    payload: { imageId, source },
    key: `check_image:${imageId}`,
    delayMs,
  };
}

/** Checks a registry's images if it is due. @param attempt after the first it is, whatever the time */
export async function checkDueRegistry(
  parts: { database: Database; images: ImageChecks },
  registryId: string,
  attempt: number,
): Promise<void> {
  const registry = await claimRegistryCheck(parts.database, registryId, attempt > 1);
  if (registry === null) return;
  const checked = await parts.images.checkRegistry(registryId, {
    withinMs: longestCheckMs,
  });
  await auditRegistryCheck(parts.database, registry, checked);
}

/** The audit log is for what happened: a check that finds everything as it was is not in it. */
async function auditRegistryCheck(
  database: Database,
  registry: RegistryUnderCheck,
  checked: CheckedImage[],
): Promise<void> {
  const sum = (count: (outcome: SyncOutcome) => number) =>
    checked.reduce((total, { outcome }) => total + count(outcome), 0);
  const details = {
    checked: checked.length,
    newDigests: sum((outcome) => (outcome.ok ? outcome.value.newDigests : 0)),
    updatedDigests: sum((outcome) => (outcome.ok ? outcome.value.updatedDigests : 0)),
    errors: sum((outcome) => (outcome.ok ? 0 : 1)),
  };
  if (details.newDigests + details.updatedDigests + details.errors === 0) return;
  await audit(database, system, {
    action: "check_updates",
    resourceType: "registry",
    resourceId: registry.id,
    resourceName: registry.name,
    environmentId: registry.environmentId,
    details,
  });
}

/** Checks one image, because a caller says that there is something new. */
export async function checkImage(
  parts: { database: Database; images: Pick<ImageChecks, "check"> },
  imageId: string,
  source: string,
): Promise<SyncOutcome> {
  const outcome = await parts.images.check(imageId);
  const changed = outcome.ok && outcome.value.newDigests + outcome.value.updatedDigests > 0;
  const image = changed ? await findImage(parts.database, imageId) : null;
  if (outcome.ok && image !== null) {
    const { newDigests, updatedDigests } = outcome.value;
    const entry = imageEntry("check_updates", image, { source, newDigests, updatedDigests });
    await audit(parts.database, system, entry);
  }
  return outcome;
}
