import type { PlanService } from "../api/model.ts";
import { layoutByLevel } from "./graph-layout.ts";

/** How a graph is drawn; lengths in pixels. */
export interface Frame {
  /** levels go downwards, not to the right */
  upright: boolean;
  node: { width: number; height: number };
  /** between two levels, and between two nodes of a level */
  gap: { level: number; node: number };
}

/** A node as far as its place goes. */
export interface Drawn {
  level: number;
  /** by where they are in the list */
  dependsOn: readonly Pick<PlanService["dependsOn"][number], "position" | "type">[];
}

export interface Drawing {
  width: number;
  height: number;
  /** by where they are in the list; where its left upper corner is */
  nodes: { position: number; x: number; y: number }[];
  edges: {
    from: number;
    to: number;
    type: PlanService["dependsOn"][number]["type"];
    /** of an SVG path */
    path: string;
  }[];
}

const margin = 20;

/** A dependency graph as rectangles and curves. */
export function drawing(services: readonly Drawn[], { upright, node, gap }: Frame): Drawing {
  const links = services.flatMap(({ dependsOn }, to) =>
    dependsOn.map(({ position, type }) => ({ from: position, to, type })),
  );
  const along = (upright ? node.height : node.width) + gap.level;
  const across = (upright ? node.width : node.height) + gap.node;
  const nodes = layoutByLevel(
    services.map(({ level }, position) => ({ id: String(position), level })),
    links.map(({ from, to }) => ({ from: String(from), to: String(to) })),
    { level: along, node: across },
  ).map(({ id, x, y }) => ({
    position: Number(id),
    x: margin + (upright ? y : x),
    y: margin + (upright ? x : y),
  }));
  const at = new Map(nodes.map((placed) => [placed.position, placed]));
  const edges = links.flatMap(({ from, to, type }) => {
    const start = at.get(from);
    const end = at.get(to);
    if (!start || !end) return [];
    const path = upright
      ? curve(start.x + node.width / 2, start.y + node.height, end.x + node.width / 2, end.y, true)
      : curve(
          start.x + node.width,
          start.y + node.height / 2,
          end.x,
          end.y + node.height / 2,
          false,
        );
    return [{ from, to, type, path }];
  });
  return {
    width: Math.max(0, ...nodes.map(({ x }) => x)) + node.width + margin,
    height: Math.max(0, ...nodes.map(({ y }) => y)) + node.height + margin,
    nodes,
    edges,
  };
}

/** Leaves and arrives in the direction of the levels, a little before the node for its arrowhead. */
function curve(x1: number, y1: number, x2: number, y2: number, upright: boolean): string {
  if (upright) {
    const bend = (y2 - y1) / 2;
    return `M${x1} ${y1}C${x1} ${y1 + bend} ${x2} ${y2 - bend} ${x2} ${y2 - 2}`;
  }
  const bend = (x2 - x1) / 2;
  return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 2} ${y2}`;
}
