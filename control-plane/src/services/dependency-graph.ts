import { Problem } from "../problem.ts";

/** `serviceId` needs `dependsOnId` first. */
export interface Dependency {
  serviceId: string;
  dependsOnId: string;
}

/**
 * Who can go at the same time, by Kahn's algorithm: every service stands one level after the
 * last of those it depends on. Dependencies on services outside of the list are left aside.
 * Inside a level the given order is kept.
 * @throws {Problem} 400 with the path when the dependencies form a circle
 */
export function deploymentLevels(
  services: readonly { id: string; name: string }[],
  dependencies: readonly Dependency[],
): string[][] {
  const placeOf = new Map(services.map(({ id }, place) => [id, place]));
  const edges = dependencies.filter(
    ({ serviceId, dependsOnId }) => placeOf.has(serviceId) && placeOf.has(dependsOnId),
  );
  const waitingFor = new Map(services.map(({ id }) => [id, 0]));
  const dependents = new Map<string, string[]>(services.map(({ id }) => [id, []]));
  for (const { serviceId, dependsOnId } of edges) {
    waitingFor.set(serviceId, (waitingFor.get(serviceId) ?? 0) + 1);
    dependents.get(dependsOnId)?.push(serviceId);
  }
  const levels: string[][] = [];
  let level = services.map(({ id }) => id).filter((id) => waitingFor.get(id) === 0);
  let placed = 0;
  while (level.length > 0) {
    levels.push(level);
    placed += level.length;
    const next: string[] = [];
    for (const dependent of level.flatMap((id) => dependents.get(id) ?? [])) {
      const left = (waitingFor.get(dependent) ?? 0) - 1;
      waitingFor.set(dependent, left);
      if (left === 0) next.push(dependent);
    }
    level = next.sort((one, other) => (placeOf.get(one) ?? 0) - (placeOf.get(other) ?? 0));
  }
  if (placed < services.length) {
    const stuck = services.map(({ id }) => id).filter((id) => (waitingFor.get(id) ?? 0) > 0);
    throw circular(services, edges, stuck);
  }
  return levels;
}

/**
 * The path of a circle, its first service again at the end; null when there is none.
 * @param from looks only at circles that can be reached from here; without it, at all
 */
export function findCycle(dependencies: readonly Dependency[], from?: string): string[] | null {
  const needs = new Map<string, string[]>();
  for (const { serviceId, dependsOnId } of dependencies) {
    needs.set(serviceId, [...(needs.get(serviceId) ?? []), dependsOnId]);
  }
  const done = new Set<string>();
  for (const start of from === undefined ? needs.keys() : [from]) {
    // Depth first without recursion: a chain may be long.
    const path: string[] = [];
    const onPath = new Set<string>();
    const stack: { id: string; next: number }[] = [{ id: start, next: 0 }];
    while (stack.length > 0) {
      const top = stack[stack.length - 1];
      if (!top) break;
      if (top.next === 0) {
        if (onPath.has(top.id)) return [...path.slice(path.indexOf(top.id)), top.id];
        if (done.has(top.id)) {
          stack.pop();
          continue;
        }
        path.push(top.id);
        onPath.add(top.id);
      }
      const following = needs.get(top.id)?.[top.next];
      top.next++;
      if (following !== undefined) {
        stack.push({ id: following, next: 0 });
      } else {
        stack.pop();
        path.pop();
        onPath.delete(top.id);
        done.add(top.id);
      }
    }
  }
  return null;
}

export function circularProblem(names: readonly string[]): Problem {
  return new Problem(
    "invalid",
    "circular_dependency",
    `Circular dependency detected: ${names.join(" -> ")}`,
  );
}

function circular(
  services: readonly { id: string; name: string }[],
  edges: readonly Dependency[],
  left: readonly string[],
): Problem {
  const stuck = new Set(left);
  const cycle = findCycle(
    edges.filter((edge) => stuck.has(edge.serviceId) && stuck.has(edge.dependsOnId)),
  ) ?? [...left];
  const nameOf = new Map(services.map(({ id, name }) => [id, name]));
  return circularProblem(cycle.map((id) => nameOf.get(id) ?? id));
}
