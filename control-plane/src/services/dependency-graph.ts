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
  const inside = new Set(services.map(({ id }) => id));
  const edges = dependencies.filter(
    ({ serviceId, dependsOnId }) => inside.has(serviceId) && inside.has(dependsOnId),
  );
  const waitingFor = new Map(services.map(({ id }) => [id, 0]));
  const dependents = new Map<string, string[]>();
  for (const { serviceId, dependsOnId } of edges) {
    waitingFor.set(serviceId, (waitingFor.get(serviceId) ?? 0) + 1);
    dependents.set(dependsOnId, [...(dependents.get(dependsOnId) ?? []), serviceId]);
  }
  const levels: string[][] = [];
  let left = services.map(({ id }) => id);
  while (left.length > 0) {
    const level = left.filter((id) => waitingFor.get(id) === 0);
    if (level.length === 0) throw circular(services, edges, left);
    for (const id of level) {
      for (const dependent of dependents.get(id) ?? []) {
        waitingFor.set(dependent, (waitingFor.get(dependent) ?? 0) - 1);
      }
    }
    levels.push(level);
    const placed = new Set(level);
    left = left.filter((id) => !placed.has(id));
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
