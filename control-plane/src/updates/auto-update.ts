import type { UpdateReason } from "../images/update-available.ts";
import type { UpdateKind } from "../images/update-kind.ts";
import { type LeftOut, nothingToDeploy } from "../plans/taking-part.ts";
import { nextOpening, type UpdateWindow } from "./update-window.ts";

/** All that decides on whether an image is updated now. Times are epoch milliseconds. */
export interface AutoUpdateInput {
  autoUpdate: boolean;
  /** what the last check of the registry came to */
  updateReason: UpdateReason;
  /** the newer digest that an update would deploy; null: there is none */
  update: { digestId: string; kind: UpdateKind; pushedAt: number } | null;
  lastCheckedAt: number | null;
  /** why the last check failed; null: it did not */
  lastError: string | null;
  services: number;
  /** those of them that an update does not touch, such as one whose container is gone */
  leftOut: readonly LeftOut[];
  /** names of servers of the other services that are not connected */
  offlineServers: readonly string[];
  /** a plan that is at work on one of the services */
  activePlan: { planId: string; serviceName: string } | null;
  /** plans of auto-update for this very digest that did not complete */
  attempts: { failed: number; lastEndedAt: number; lastError: string | null; cancelled: boolean };
  minimumAgeMinutes: number;
  windows: readonly UpdateWindow[];
  timeZone: string;
}

/** Why nothing happens, as a stable word. */
export const waitReasons = [
  "no_registry",
  "check_failed",
  "never_checked",
  "nothing_deployed",
  "deployed_unknown",
  "up_to_date",
  "undated",
  "quarantined",
  "older_version",
  "auto_update_off",
  "no_services",
  "plan_active",
  "cancelled",
  "failed_before",
  "too_young",
  "outside_window",
  "server_offline",
] as const;
export type WaitReason = (typeof waitReasons)[number];

export type AutoUpdateDecision =
  | { kind: "deploy"; digestId: string }
  | {
      kind: "wait";
      reason: WaitReason;
      /** a sentence for people */
      message: string;
      /** from when it may be otherwise, epoch milliseconds; null: when something changes */
      until: number | null;
    };

const minute = 60_000;
const firstPause = 5 * minute;
const longestPause = 24 * 60 * minute;

/** How long a digest whose plans failed is left alone: 5 minutes, twice as long each time, a day at most. */
export function pauseAfterFailures(failed: number): number {
  return Math.min(longestPause, firstPause * 2 ** Math.min(20, Math.max(0, failed - 1)));
}

/**
 * Whether an image is to be updated now, and if not, why. Detecting an update and applying it are
 * separate: an update that waits for its age, its window or a running plan is applied when that is
 * over.
 */
export function decideAutoUpdate(image: AutoUpdateInput, now: number): AutoUpdateDecision {
  const wait = (reason: WaitReason, message: string, until: number | null = null) =>
    ({ kind: "wait", reason, message, until }) as const;

  if (image.updateReason === "no_registry") {
    return wait("no_registry", "It is linked to no registry, so nobody knows of newer versions.");
  }
  if (image.update === null) return noUpdate(image);
  if (image.update.kind === "older") {
    return wait(
      "older_version",
      "What was pushed later is a lower version than the deployed one: it is never installed automatically. Deploy it by hand if it is wanted.",
    );
  }
  if (!image.autoUpdate) {
    return wait("auto_update_off", "A newer version is there; auto-update is off for this image.");
  }
  if (image.services === 0) return wait("no_services", "No services are linked to this image.");
  if (image.leftOut.length === image.services) {
    return wait("no_services", nothingToDeploy(image.leftOut));
  }
  if (image.activePlan !== null) {
    const { serviceName, planId } = image.activePlan;
    return wait("plan_active", `It waits for plan ${planId}, which is at work on ${serviceName}.`);
  }
  const { attempts } = image;
  if (attempts.cancelled) {
    return wait(
      "cancelled",
      "Somebody cancelled the update to this version: deploy it by hand, or wait for a newer one.",
    );
  }
  if (attempts.failed > 0) {
    const until = attempts.lastEndedAt + pauseAfterFailures(attempts.failed);
    if (now < until) {
      const why = attempts.lastError ?? "The reason is in its plan.";
      return wait(
        "failed_before",
        `The last try failed and it is tried again later. ${why}`,
        until,
      );
    }
  }
  const ripe = image.update.pushedAt + image.minimumAgeMinutes * minute;
  if (image.minimumAgeMinutes > 0 && now < ripe) {
    return wait(
      "too_young",
      `The newer version has to be ${duration(image.minimumAgeMinutes)} old first.`,
      ripe,
    );
  }
  const opening = nextOpening(image.windows, image.timeZone, now);
  if (opening !== now) {
    return wait("outside_window", "It waits for the next update window.", opening);
  }
  if (image.offlineServers.length > 0) {
    return wait(
      "server_offline",
      `It waits until these servers are connected: ${image.offlineServers.join(", ")}.`,
    );
  }
  return { kind: "deploy", digestId: image.update.digestId };
}

function noUpdate(image: AutoUpdateInput): AutoUpdateDecision {
  const wait = (reason: WaitReason, message: string) =>
    ({ kind: "wait", reason, message, until: null }) as const;
  switch (image.updateReason) {
    case "quarantined":
      return wait(
        "quarantined",
        "The newer version failed or was rolled back here: release it, or wait for a newer one.",
      );
    case "undated":
      return wait(
        "undated",
        "Nobody says when the other versions were pushed, so none of them counts as newer: deploy one by hand. What is pushed from now on is noticed.",
      );
    case "nothing_deployed":
      return wait(
        "nothing_deployed",
        "Nothing that runs is known as a digest of this image, so there is nothing to compare with: check for updates, or deploy once.",
      );
    case "deployed_unknown":
      return wait(
        "deployed_unknown",
        "The deployed digest is not known any more, so nobody can say what is newer: deploy once.",
      );
    default:
      break;
  }
  if (image.lastError !== null) {
    return wait("check_failed", `The last check of the registry failed: ${image.lastError}`);
  }
  if (image.lastCheckedAt === null) {
    return wait("never_checked", "The registry was not checked yet.");
  }
  return wait("up_to_date", "The newest version that matches the tag filter is deployed.");
}

function duration(minutes: number): string {
  const [count, unit] =
    minutes % 1440 === 0
      ? [minutes / 1440, "day"]
      : minutes % 60 === 0
        ? [minutes / 60, "hour"]
        : [minutes, "minute"];
  return `${count} ${unit}${count === 1 ? "" : "s"}`;
}
