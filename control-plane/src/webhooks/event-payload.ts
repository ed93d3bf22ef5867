import type { Sql } from "../database/connection.ts";
import type { DomainEvent } from "../events/events.store.ts";
import { getBestTag } from "../images/best-tag.ts";
import { noteUpdateTold } from "../images/digests.store.ts";
import { storedTagFilter } from "../images/tag-filter.ts";
import type { ConsoleLinks } from "./console-links.ts";
import {
  brokenService,
  driftingService,
  imageWithUpdate,
  quarantinedDigest,
  registryNamed,
  serverDisk,
  serverNamed,
  serverThatIs,
} from "./event-subjects.store.ts";
import { type EventData, type EventName, type EventPayload, isEventName } from "./events.ts";

/** What a plan's trigger writes down. */
interface PlanData {
  imageId: string | null;
  imageName: string;
  tag: string | null;
  digest: string;
  error: string | null;
  /** not in events of an earlier version */
  approvalsRequired?: number;
  pausedReason?: string | null;
  pausedBy?: string | null;
  triggerType: string;
  triggeredBy: string;
  /** absent in events of earlier versions */
  targets?: { imageId: string | null; imageName: string; tag: string | null; digest: string }[];
  services: { id: string | null; name: string; serverName: string }[];
}

type BrokenContainer = NonNullable<EventData["container"]["was"]>;
type Quarantine = Pick<EventData["quarantine"], "digestId" | "planId" | "reason">;

/**
 * What is told of an event, in the transaction that acts on it; null: nothing, because it no longer
 * holds or was told before.
 */
export async function eventPayload(
  sql: Sql,
  event: DomainEvent,
  links: ConsoleLinks,
): Promise<(EventPayload & { event: EventName }) | null> {
  const { name, subjectId, environmentName } = event;
  if (!isEventName(name)) return null;
  const head = {
    at: event.at.toISOString(),
    environment: { id: event.environmentId, name: environmentName },
  };
  switch (name) {
    case "plan.waiting": {
      const { approvalsRequired = 0 } = event.data as unknown as PlanData;
      return {
        event: name,
        ...head,
        data: { ...deploymentData(event, links), approvalsRequired },
      };
    }
    case "plan.paused": {
      const { pausedReason: reason, pausedBy = null } = event.data as unknown as PlanData;
      const data = { ...deploymentData(event, links), reason: reason ?? "", pausedBy };
      return { event: name, ...head, data };
    }
    case "container.unhealthy":
    case "container.crash_looping":
    case "container.missing":
    case "container.recovered": {
      const { was = null, since } = event.data as { was?: BrokenContainer; since?: string };
      const service = await brokenService(sql, subjectId, was === null ? name : null);
      return (
        service && {
          event: name,
          ...head,
          data: {
            service: { id: service.id, name: service.name },
            server: { id: service.serverId, name: service.serverName },
            containerName: service.containerName,
            since: new Date(since ?? service.since ?? event.at).toISOString(),
            was,
            url: links.service(environmentName, subjectId),
          },
        }
      );
    }
    case "digest.quarantined": {
      const { digestId, planId, reason } = event.data as Quarantine;
      const found = await quarantinedDigest(sql, subjectId, digestId);
      return (
        found && {
          event: name,
          ...head,
          data: {
            image: { id: subjectId, name: found.name, imageName: found.imageName },
            tag: getBestTag(found.tags, storedTagFilter(found.tagFilter).patterns),
            digest: found.manifestDigest,
            ...{ digestId, planId, reason },
            url: links.image(environmentName, subjectId),
          },
        }
      );
    }
    case "registry.failing":
    case "registry.recovered": {
      const { error } = event.data as { error: string };
      const registry = await registryNamed(sql, subjectId);
      const url = links.registries(environmentName);
      return registry && { event: name, ...head, data: { registry, error, url } };
    }
    case "server.disk_low":
    case "server.disk_recovered": {
      const found = await serverDisk(sql, subjectId);
      if (found === null) return null;
      const { freeBytes, ...server } = found;
      const url = links.server(environmentName, subjectId);
      return { event: name, ...head, data: { server, freeBytes, url } };
    }
    case "deployment.started":
    case "deployment.succeeded":
    case "deployment.failed":
    case "deployment.rolled_back":
      return { event: name, ...head, data: deploymentData(event, links) };
    case "image.update_available": {
      const { digestId } = event.data as { digestId: string };
      const image = await imageWithUpdate(sql, subjectId, digestId);
      // Once for each digest, however often it becomes an update again.
      const isNews = image !== null && (await noteUpdateTold(sql, digestId));
      return (
        (isNews || null) &&
        image && {
          event: name,
          ...head,
          data: {
            image: { id: image.id, name: image.name, imageName: image.imageName },
            tag: getBestTag(image.tags, storedTagFilter(image.tagFilter).patterns),
            digest: image.manifestDigest,
            digestId,
            pushedAt: image.pushedAt.toISOString(),
            url: links.image(environmentName, subjectId),
          },
        }
      );
    }
    case "server.offline":
    case "server.online": {
      const server = await serverThatIs(
        sql,
        subjectId,
        name === "server.offline" ? "offline" : "online",
      );
      const url = links.server(environmentName, subjectId);
      return server && { event: name, ...head, data: { server, url } };
    }
    case "server.two_agents": {
      const { reason, address } = event.data as { reason: string; address: string };
      const server = await serverNamed(sql, subjectId);
      const url = links.server(environmentName, subjectId);
      return server && { event: name, ...head, data: { server, reason, address, url } };
    }
    case "agent.outdated": {
      const { agentVersion, version } = event.data as { agentVersion: string; version: string };
      const server = await serverNamed(sql, subjectId);
      const url = links.server(environmentName, subjectId);
      return server && { event: name, ...head, data: { server, agentVersion, version, url } };
    }
    case "environment.frozen":
    case "environment.unfrozen": {
      const { until, ...freeze } = event.data as Omit<EventData["freeze"], "url">;
      const url = links.overview(environmentName);
      return {
        event: name,
        ...head,
        data: { ...freeze, until: new Date(until).toISOString(), url },
      };
    }
    case "service.drift": {
      const service = await driftingService(sql, subjectId);
      return (
        service && {
          event: name,
          ...head,
          data: {
            service: { id: service.id, name: service.name },
            server: { id: service.serverId, name: service.serverName },
            expected: service.expected,
            actual: service.actual,
            url: links.service(environmentName, subjectId),
          },
        }
      );
    }
  }
}

function deploymentData(
  { data, subjectId, environmentName }: DomainEvent,
  links: ConsoleLinks,
): EventData["deployment"] {
  const plan = data as unknown as PlanData;
  return {
    planId: subjectId,
    image: { id: plan.imageId, imageName: plan.imageName },
    tag: plan.tag,
    digest: plan.digest,
    targets: (plan.targets ?? []).map(({ imageId, imageName, tag, digest }) => ({
      image: { id: imageId, imageName },
      ...{ tag, digest },
    })),
    triggerType: plan.triggerType,
    triggeredBy: plan.triggeredBy,
    error: plan.error,
    services: plan.services,
    url: links.plan(environmentName, subjectId),
  };
}
