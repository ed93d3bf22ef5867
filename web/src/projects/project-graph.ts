import type { Answer } from "$lib/api/client.ts";

export type DependencyGraph = Answer<"get", "/api/environments/{envId}/dependency-graph">;

/** A service of a project's graph. */
export interface ProjectNode {
  id: string;
  name: string;
  serverName: string;
  /** false: of another project, or of none, and shown because of a dependency */
  inside: boolean;
  /** everything that it depends on in this graph has a smaller one */
  level: number;
  /** by where they are in the list */
  dependsOn: { position: number; type: DependencyGraph["edges"][number]["type"] }[];
}

/**
 * What depends on what around some services: those of them that have a dependency, and what is at the
 * other end of one.
 */
export function projectGraph(
  { nodes, edges, deploymentOrder }: DependencyGraph,
  ids: ReadonlySet<string>,
): ProjectNode[] {
  const near = edges.filter(({ from, to }) => ids.has(from) || ids.has(to));
  const shown = new Set(near.flatMap(({ from, to }) => [from, to]));
  const known = new Map(nodes.map((node) => [node.id, node]));
  const graph: ProjectNode[] = [];
  const positions = new Map<string, number>();
  // What something depends on comes before it in that order, so its level is known.
  for (const id of deploymentOrder.flat()) {
    const node = known.get(id);
    if (!node || !shown.has(id)) continue;
    const dependsOn = near.flatMap(({ from, to, type }) => {
      const position = positions.get(from);
      return to === id && position !== undefined ? [{ position, type }] : [];
    });
    const levels = dependsOn.map(({ position }) => graph[position]?.level ?? 0);
    positions.set(id, graph.length);
    graph.push({
      ...{ id, name: node.name, serverName: node.serverName, inside: ids.has(id), dependsOn },
      level: Math.max(-1, ...levels) + 1,
    });
  }
  return graph;
}
