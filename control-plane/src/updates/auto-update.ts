import type { UpdateReason } from "../images/update-available.ts";
import { nextOpening, type UpdateWindow } from "../images/update-window.ts";
import { whyNone } from "../images/verdict.ts";
import { type LeftOut, nothingToDeploy } from "../plans/taking-part.ts";
import type { UpdateKind } from "../update-kinds.ts";

/** All that decides on whether an image is updated now. Times are epoch milliseconds. */
export interface AutoUpdateInput {
  autoUpdate: boolean;
  /** what the last check of the registry came to */
  updateReason: UpdateReason;
  /** the newer digest that an update would deploy; null: there is none */
  update: { digestId: string; kind: UpdateKind } | null;
  /**
   * the newest one that is of a kind that the policy allows, and since when its tag has pointed to it;
   * null: none is
   */
  automatic: { digestId: string; since: number } | null;
  /** kinds that the policy allows */
  kinds: readonly UpdateKind[];
  /** not before then; null: it is not snoozed */
  snoozedUntil: number | null;
  pinned: boolean;
  /** why a person has snoozed or pinned it */
  holdReason: string | null;
  lastCheckedAt: number | null;
  /** why the last check failed; null: it did not */
  lastError: string | null;
  services: number;
  /** those of them that the update is for: they are deployed at something older */
  behind: number;
  /** those of these that it does not touch, such as one whose container is gone */
  leftOut: readonly LeftOut[];
  /** names of servers of the other services that are not connected */
  offlineServers: readonly string[];
  /** a plan that is at work on one of the services */
  activePlan: { planId: string; serviceName: string } | null;
  /** a plan for this very digest that waits for approval; null: none does */
  waitingPlanId: string | null;
  /** plans of auto-update for this very digest that did not complete */
  attempts: { failed: number; lastEndedAt: number; lastError: string | null; cancelled: boolean };
  /** nothing is deployed until then; null: no freeze */
  freeze: { until: number; sentence: string } | null;
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
  "skipped",
  "older_version",
  "auto_update_off",
  "pinned",
  "snoozed",
  "kind_not_allowed",
  "no_services",
  "plan_active",
  "waiting_for_approval",
  "cancelled",
  "failed_before",
  "too_young",
  "frozen",
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
  if (image.pinned) return wait("pinned", `It is pinned${because(image)}.`);
  if (image.snoozedUntil !== null && now < image.snoozedUntil) {
    return wait("snoozed", `It is snoozed${because(image)}.`, image.snoozedUntil);
  }
  if (image.automatic === null) {
    return wait(
      "kind_not_allowed",
      `What is newer is ${kindNames[image.update.kind]}; the update policy allows ${image.kinds.join(", ") || "nothing"}. Deploy it by hand if it is wanted.`,
    );
  }
  if (image.services === 0) return wait("no_services", "No services are linked to this image.");
  if (image.behind === 0) {
    return wait(
      "no_services",
      "None of its services is known to be deployed at something older: deploy it by hand once.",
    );
  }
  if (image.leftOut.length === image.behind) {
    return wait("no_services", nothingToDeploy(image.leftOut));
  }
  if (image.activePlan !== null) {
    const { serviceName, planId } = image.activePlan;
    return wait("plan_active", `It waits for plan ${planId}, which is at work on ${serviceName}.`);
  }
  if (image.waitingPlanId !== null) {
    return wait("waiting_for_approval", `Plan ${image.waitingPlanId} waits for approval.`);
  }
  const { attempts } = image;
  if (attempts.cancelled) {
    return wait(
      "cancelled",
      "The update to this version was cancelled: deploy it by hand, or wait for a newer one.",
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
  const ripe = image.automatic.since + image.minimumAgeMinutes * minute;
  if (image.minimumAgeMinutes > 0 && now < ripe) {
    return wait(
      "too_young",
      `The newer version has to be ${duration(image.minimumAgeMinutes)} old first.`,
      ripe,
    );
  }
  if (image.freeze !== null && now < image.freeze.until) {
    return wait("frozen", image.freeze.sentence, image.freeze.until);
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
  return { kind: "deploy", digestId: image.automatic.digestId };
}

const kindNames: Readonly<Record<UpdateKind, string>> = {
  rebuild: "a rebuild",
  patch: "a patch",
  minor: "a minor version",
  major: "a major version",
  older: "a lower version",
  other: "of a kind that its tags do not tell (other)",
};

function because({ holdReason }: AutoUpdateInput): string {
  return holdReason === null ? "" : `: ${holdReason.replace(/(?<![.\s])[.\s]+$/, "")}`;
}

function noUpdate({ updateReason, lastError, lastCheckedAt }: AutoUpdateInput): AutoUpdateDecision {
  const checkedAt = lastCheckedAt === null ? null : new Date(lastCheckedAt);
  const { sentence: message } = whyNone({ reason: updateReason, lastError, checkedAt });
  const open = lastError !== null ? "check_failed" : checkedAt === null ? "never_checked" : null;
  const reason =
    updateReason === "newer_digest" || updateReason === "up_to_date"
      ? (open ?? "up_to_date")
      : updateReason;
  return { kind: "wait", reason, message, until: null };
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
