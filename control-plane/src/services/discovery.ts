import type { ContainerReport } from "@bridgeport/proto";
import {
  isImageId,
  nameAsWritten,
  normalizedName,
  parseReference,
} from "../registries/reference.ts";

/*
 * Which of a server's containers are services. Rules: domain.md, "Discovery". Pure: what is known
 * goes in, what has to be written comes out.
 */

export interface DiscoveredContainer {
  report: ContainerReport;
  /** when we heard of it first, epoch milliseconds by our clock */
  firstSeenAt: number;
  /** it was not known before the report that is being looked at */
  isNew: boolean;
}

export interface KnownService {
  id: string;
  containerName: string;
  /** of its container image, as names are compared */
  imageName: string;
  discoveryStatus: "found" | "missing";
  /** a container of its name has been seen before */
  everFound: boolean;
  /** a plan is at work on it: its container may be away for a moment */
  inActivePlan: boolean;
}

/** What a container was asked to run. */
export interface AskedImage {
  /** as it was written, without tag and digest */
  name: string;
  tag: string | null;
}

export type DiscoveryAction =
  | { kind: "create"; report: ContainerReport; image: AskedImage }
  /** its container is there; `image` is set where the service now runs another image */
  | { kind: "present"; serviceId: string; report: ContainerReport; image: AskedImage | null }
  | { kind: "missing"; serviceId: string };

export interface Discovery {
  actions: DiscoveryAction[];
  /** when something may have become a service by age alone, epoch milliseconds; null: never */
  lookAgainAt: number | null;
}

/** How long a `--rm` container, or one of an image without a name, has to be there before it is more than a one-off. */
export const oneOffMs = 10_000;

/**
 * Compares containers with services of one server. To look at a few names only, pass just their
 * containers and services.
 */
export function discover(
  containers: DiscoveredContainer[],
  services: KnownService[],
  now: number,
): Discovery {
  const byName = new Map<string, DiscoveredContainer>();
  for (const container of containers) {
    if (whyNoService(container.report) !== null) continue;
    const { name } = container.report;
    const other = byName.get(name);
    byName.set(name, other ? moreCurrent(container, other) : container);
  }

  const actions: DiscoveryAction[] = [];
  for (const service of services) {
    const container = byName.get(service.containerName);
    byName.delete(service.containerName);
    if (container) {
      actions.push({
        kind: "present",
        serviceId: service.id,
        report: container.report,
        image: otherImage(service, container),
      });
    } else if (service.discoveryStatus === "found" && !service.inActivePlan) {
      actions.push({ kind: "missing", serviceId: service.id });
    }
  }

  let lookAgainAt: number | null = null;
  for (const container of byName.values()) {
    const due = becomesServiceAt(container);
    if (due === null) continue;
    if (due > now) {
      lookAgainAt = Math.min(lookAgainAt ?? due, due);
    } else {
      const { report } = container;
      actions.push({ kind: "create", report, image: askedImage(report) ?? unnamed(report) });
    }
  }
  return { actions, lookAgainAt };
}

// `<12 hex>_name` is Compose's, the others are our own agent's: see its engine/names.ts.
const composeTransient = /^[0-9a-f]{12}_/;
const agentTransient = /-bp-(?:new-|old-|guard\d+-)?[0-9a-f]{10}$/;

/** Whether a container's name is one that it bears in passing only. */
export function isTransientName(name: string): boolean {
  return composeTransient.test(name) || agentTransient.test(name);
}

export const noServiceReasons = [
  "agent",
  "transient",
  "ignored",
  "swarm_task",
  "no_image",
  "ending",
] as const;
/**
 * Why a container is no service: it runs the agent, bears its name in passing, is labelled
 * `bridgeport.ignore=true`, is looked after by Swarm, was made from nothing (as a step of an image's
 * build), or is going away.
 */
export type NoServiceReason = (typeof noServiceReasons)[number];

/** The same as the end of a sentence that begins with the container. */
export const noServiceSentences: Record<NoServiceReason, string> = {
  agent: "is the one that Bridgeport's agent runs in",
  transient: "has that name only while something is replaced",
  ignored: "is labelled bridgeport.ignore=true, so it is left alone",
  swarm_task: "is a task of Docker Swarm, which looks after it",
  no_image: "was made from no image",
  ending: "is being removed",
};

/** null: it is one, or becomes one when it has run long enough */
export function whyNoService({
  name,
  labels,
  self,
  state,
  imageId,
}: ContainerReport): NoServiceReason | null {
  if (self) return "agent";
  if (isTransientName(name)) return "transient";
  if (labels["bridgeport.ignore"]?.toLowerCase() === "true") return "ignored";
  if (labels["com.docker.swarm.task.id"] !== undefined) return "swarm_task";
  if (imageId === "") return "no_image";
  return state === "removing" || state === "dead" ? "ending" : null;
}

/** A name is one container's; while a rename is on its way two may report it. */
function moreCurrent(a: DiscoveredContainer, b: DiscoveredContainer): DiscoveredContainer {
  const running = (container: DiscoveredContainer) => container.report.state === "running";
  if (running(a) !== running(b)) return running(a) ? a : b;
  return a.report.createdAt >= b.report.createdAt ? a : b;
}

/** Epoch milliseconds; null: not as it is now. */
function becomesServiceAt({ report, firstSeenAt }: DiscoveredContainer): number | null {
  // An image without a name may be a step of a build, whose containers live for a moment.
  if (!report.autoRemove && askedImage(report) !== null) return 0;
  if (report.autoRemove && report.state !== "running") return null;
  // A container that was there before us is older than we know it.
  return Math.min(firstSeenAt, report.startedAt ?? firstSeenAt) + oneOffMs;
}

/**
 * The image that a service changed to, where somebody re-created its container from another one.
 * A service that a person has linked elsewhere, and that still runs its old container, stays linked.
 */
function otherImage(service: KnownService, container: DiscoveredContainer): AskedImage | null {
  if (!container.isNew || !service.everFound || service.inActivePlan) return null;
  const asked = askedImage(container.report);
  if (asked === null) return null;
  const parsed = parseReference(asked.name);
  return parsed.ok && normalizedName(parsed.reference) !== service.imageName ? asked : null;
}

/**
 * The image's name as the user wrote it. A container that was started by an image's id is asked of
 * its engine, which may know names for that image.
 * @returns null where nobody knows a name
 */
export function askedImage({ imageName, repoDigests }: ContainerReport): AskedImage | null {
  for (const text of [imageName, ...repoDigests.toSorted()]) {
    if (isImageId(text) || isOwnTag(text)) continue;
    const parsed = parseReference(text);
    if (parsed.ok) return { name: nameAsWritten(text), tag: parsed.reference.tag };
  }
  return null;
}

/**
 * The digest by which a container's image was pulled, in its engine's word: that of the name the
 * container was asked to run, else any.
 * @returns null for an image that was never pulled, such as one built there
 */
export function pulledDigest(report: ContainerReport): string | null {
  const asked = askedImage(report)?.name;
  const pulled = report.repoDigests
    .filter((text) => !isOwnTag(text))
    .toSorted()
    .flatMap((text) => {
      const parsed = parseReference(text);
      return parsed.ok && parsed.reference.digest !== null ? [parsed.reference] : [];
    });
  const wanted = asked === undefined ? null : parseReference(asked);
  const own = pulled.find(
    (reference) =>
      wanted?.ok === true && normalizedName(reference) === normalizedName(wanted.reference),
  );
  return (own ?? pulled[0])?.digest ?? null;
}

// Tags that our agent keeps on images so that a prune does not take them.
function isOwnTag(text: string): boolean {
  return text.startsWith("bridgeport.local/");
}

/** An image that has no name anywhere still needs one here; no registry will have it. */
function unnamed({ imageId }: ContainerReport): AskedImage {
  return { name: `untagged/${imageId.replace("sha256:", "").slice(0, 12)}`, tag: null };
}
