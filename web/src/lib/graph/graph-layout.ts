export interface GraphNode {
  id: string;
  /** column: everything that a node depends on has a smaller one */
  level: number;
}

export interface GraphEdge {
  /** is needed by `to` */
  from: string;
  to: string;
}

export interface Placed {
  id: string;
  x: number;
  y: number;
}

export interface Spacing {
  /** between the left edges of two levels */
  level: number;
  /** between the tops of two nodes of a level */
  node: number;
}

/**
 * Places nodes by level, each level centred on the others, and orders a level by where its
 * neighbours are, so that edges cross little. The same graph always gives the same picture.
 */
export function layoutByLevel(
  nodes: readonly GraphNode[],
  edges: readonly GraphEdge[],
  spacing: Spacing,
): Placed[] {
  const columns = new Map<number, string[]>();
  for (const { id, level } of nodes) {
    const column = columns.get(level);
    if (column) column.push(id);
    else columns.set(level, [id]);
  }
  const levels = [...columns.keys()].sort((a, b) => a - b);
  const ordered = levels.map((level) => columns.get(level) ?? []);
  const before = neighbours(edges, "to", "from");
  const after = neighbours(edges, "from", "to");
  const where = new Map<string, number>();
  for (const column of ordered) notePositions(column, where);
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const forward = sweep % 2 === 0;
    const sequence = forward ? ordered : [...ordered].reverse();
    for (const column of sequence) {
      sortByNeighbours(column, forward ? before : after, where);
      notePositions(column, where);
    }
  }
  const tallest = Math.max(0, ...ordered.map((column) => column.length));
  return ordered.flatMap((column, index) =>
    column.map((id, row) => ({
      id,
      x: index * spacing.level,
      y: (row + (tallest - column.length) / 2) * spacing.node,
    })),
  );
}

function neighbours(
  edges: readonly GraphEdge[],
  key: "from" | "to",
  value: "from" | "to",
): Map<string, string[]> {
  const map = new Map<string, string[]>();
  for (const edge of edges) {
    const found = map.get(edge[key]);
    if (found) found.push(edge[value]);
    else map.set(edge[key], [edge[value]]);
  }
  return map;
}

/** Notes where each node is in its column, 0 at the top and 1 at the bottom. */
function notePositions(column: readonly string[], where: Map<string, number>): void {
  column.forEach((id, row) => {
    where.set(id, (row + 0.5) / column.length);
  });
}

function sortByNeighbours(
  column: string[],
  near: Map<string, string[]>,
  where: Map<string, number>,
): void {
  const wanted = new Map(
    column.map((id) => {
      const at = (near.get(id) ?? []).flatMap((other) => where.get(other) ?? []);
      const mean = at.reduce((sum, y) => sum + y, 0) / at.length;
      return [id, at.length === 0 ? (where.get(id) ?? 0) : mean];
    }),
  );
  column.sort((a, b) => (wanted.get(a) ?? 0) - (wanted.get(b) ?? 0));
}
