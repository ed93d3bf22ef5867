import type { ContainerReport } from "@bridgeport/proto";
import { type Dependency, findCycle } from "../services/dependency-graph.ts";
import type { DependencyType } from "./plan.ts";

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

function needsOf({ container, spec }: NeedyService): string[] {
  // An agent of an earlier version does not tell.
  if (container !== null) return container.needs ?? [];
  const host = (spec?.HostConfig ?? {}) as Record<string, unknown>;
  return [host.NetworkMode, host.IpcMode, host.PidMode].flatMap((mode) =>
    typeof mode === "string" && mode.startsWith("container:") ? [mode.slice(10)] : [],
  );
}

/** By id, a short id, or name: as it was written when the container was made. */
function isMeant(need: string, service: NeedyService, other: NeedyService): boolean {
  if (other.serverId !== service.serverId) return false;
  if (need === other.containerName) return true;
  return /^[0-9a-f]{12,64}$/.test(need) && other.container?.id.startsWith(need) === true;
}
