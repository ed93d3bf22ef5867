import type { ContainerReport } from "@bridgeport/proto";
import { type Dependency, findCycle } from "../services/dependency-graph.ts";
import type { DependencyType, OutsideNeed } from "./plan.ts";

/** What of a service tells which other container its own cannot be without. */
export interface NeedyService {
  id: string;
  serverId: string;
  containerName: string;
  container: Pick<ContainerReport, "id" | "needs"> | null;
  /** what its first container is made from */
  spec: Record<string, unknown> | null;
}

export type TypedDependency = Dependency & { type: DependencyType };

/**
 * The dependencies that somebody declared, and those that follow from containers living in others'
 * namespaces or being linked to them: replacing such a provider makes its dependents anew, so they
 * must not be replaced, or watched, at the same time. What would close a circle with what was
 * declared is left out.
 */
export function withImplied(
  services: readonly NeedyService[],
  declared: readonly TypedDependency[],
): TypedDependency[] {
  const all = [...declared];
  for (const service of services) {
    for (const need of needsOf(service)) {
      const provider = services.find((other) => other !== service && isMeant(need, service, other));
      if (provider === undefined) continue;
      const edge = { serviceId: service.id, dependsOnId: provider.id };
      const known = all.some(
        ({ serviceId, dependsOnId }) => serviceId === edge.serviceId && dependsOnId === provider.id,
      );
      if (known || findCycle([...all, edge], service.id) !== null) continue;
      all.push({ ...edge, type: "deploy_after" });
    }
  }
  return all;
}

/** A service that is not in the plan, on the server of one that is. */
export interface Neighbour {
  id: string;
  name: string;
  serverId: string;
  serverName: string;
  containerName: string;
  /** of its container; null: it has none */
  containerId: string | null;
}

/**
 * What services need of others outside of the plan because their containers live in those ones'
 * namespaces, or are linked to them. Only of a container that runs: one that does not is replaced without
 * being started.
 */
export function impliedOutside(
  services: readonly (NeedyService & { container: Pick<ContainerReport, "state"> | null })[],
  neighbours: readonly Neighbour[],
): (OutsideNeed & { dependentId: string })[] {
  return services.flatMap((service) => {
    if (service.container !== null && service.container.state !== "running") return [];
    return neighbours
      .filter(({ containerId, ...other }) => {
        const container = containerId === null ? null : { id: containerId };
        return needsOf(service).some((need) => isMeant(need, service, { ...other, container }));
      })
      .map(({ id, name, serverName }) => ({
        dependentId: service.id,
        serviceId: id,
        serviceName: name,
        serverName,
        type: "deploy_after" as const,
      }));
  });
}

function needsOf({ container, spec }: NeedyService): string[] {
  // An agent of an earlier version does not tell.
  if (container !== null) return container.needs ?? [];
  const host = (spec?.HostConfig ?? {}) as Record<string, unknown>;
  return [host.NetworkMode, host.IpcMode, host.PidMode].flatMap((mode) =>
    typeof mode === "string" && mode.startsWith("container:") ? [mode.slice(10)] : [],
  );
}

/** By id, a short id, or name: as it was written when the container was made. */
function isMeant(
  need: string,
  service: NeedyService,
  other: Pick<NeedyService, "serverId" | "containerName"> & { container: { id: string } | null },
): boolean {
  if (other.serverId !== service.serverId) return false;
  if (need === other.containerName) return true;
  return /^[0-9a-f]{12,64}$/.test(need) && other.container?.id.startsWith(need) === true;
}
