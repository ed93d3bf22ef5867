import {
  type ContainerReport,
  isComposeOneOff,
  isTransientName,
  labels as knownLabels,
} from "@bridgeport/proto";
import { type AskedImage, askedImage } from "../images/asked-image.ts";
import { normalizedName, parseReference } from "../registries/reference.ts";

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

/** How long a `--rm` container has to run before it is more than a one-off. */
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
      const image = askedImage(report);
      if (image !== null) actions.push({ kind: "create", report, image });
    }
  }
  return { actions, lookAgainAt };
}

export const noServiceReasons = [
  "agent",
  "transient",
  "ignored",
  "one_off",
  "swarm_task",
  "no_image",
  "unnamed_image",
  "ending",
] as const;
/**
 * Why a container is no service: it runs the agent, has its name only in passing, is labelled
 * `bridgeport.ignore=true`, is one run of its own beside a Compose service, is looked after by Swarm,
 * was made from nothing (as a step of an image's build), runs an image without a known name,
 * or is going away.
 */
export type NoServiceReason = (typeof noServiceReasons)[number];

/** The same as the end of a sentence that begins with the container. */
export const noServiceSentences: Record<NoServiceReason, string> = {
  agent: "is the one that Bridgeport's agent runs in",
  transient: "has that name only while something is replaced",
  ignored: "is labelled bridgeport.ignore=true, so it is left alone",
  one_off: "is one run of its own by docker compose run, not the service",
  swarm_task: "is a task of Docker Swarm, which looks after it",
  no_image: "was made from no image",
  unnamed_image: "runs an image that has no name, so there is nothing to deploy from",
  ending: "is being removed",
};

/** null: it is one, or its name is that of one, or it becomes one when it has run long enough */
export function whyNoService({
  name,
  labels,
  self,
  state,
  imageId,
}: ContainerReport): NoServiceReason | null {
  if (self) return "agent";
  if (isTransientName(name)) return "transient";
  if (labels[knownLabels.ignore]?.toLowerCase() === "true") return "ignored";
  if (isComposeOneOff(labels)) return "one_off";
  if (labels[knownLabels.swarmTask] !== undefined) return "swarm_task";
  if (imageId === "") return "no_image";
  return state === "removing" || state === "dead" ? "ending" : null;
}

/**
 * Why a container that bears no service's name does not become one. One of a known service stays its
 * container though its image has no name: it runs something else than was deployed, which is shown.
 */
export function whyNoNewService(report: ContainerReport): NoServiceReason | null {
  return whyNoService(report) ?? (askedImage(report) === null ? "unnamed_image" : null);
}

/** A name is one container's; while a rename is on its way two may report it. */
function moreCurrent(a: DiscoveredContainer, b: DiscoveredContainer): DiscoveredContainer {
  const running = (container: DiscoveredContainer) => container.report.state === "running";
  if (running(a) !== running(b)) return running(a) ? a : b;
  return a.report.createdAt >= b.report.createdAt ? a : b;
}

/** Epoch milliseconds; null: not as it is now. */
function becomesServiceAt({ report, firstSeenAt }: DiscoveredContainer): number | null {
  if (whyNoNewService(report) !== null) return null;
  if (!report.autoRemove) return 0;
  if (report.state !== "running") return null;
  // A container that was there before us is older than we know it.
  return Math.min(firstSeenAt, report.startedAt ?? firstSeenAt) + oneOffMs;
}

/**
 * The image that a service changed to, where its container was re-created from another one.
 * A service that a person has linked elsewhere, and that still runs its old container, stays linked;
 * one that was named after the id of its image, as earlier versions did, gets that image's name.
 */
function otherImage(
  service: KnownService,
  { report, isNew }: DiscoveredContainer,
): AskedImage | null {
  if (!service.everFound || service.inActivePlan) return null;
  if (!isNew && !isNamedById(service.imageName, report)) return null;
  const asked = askedImage(report);
  if (asked === null) return null;
  const parsed = parseReference(asked.name);
  return parsed.ok && normalizedName(parsed.reference) !== service.imageName ? asked : null;
}

function isNamedById(imageName: string, { imageId }: ContainerReport): boolean {
  const [, hex] = /^docker\.io\/(?:library|untagged)\/([0-9a-f]{4,64})$/.exec(imageName) ?? [];
  return hex !== undefined && imageId.replace("sha256:", "").startsWith(hex);
}
