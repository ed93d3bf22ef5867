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
    /** what it is drawn in */
    box: Box;
  }[];
}

/** A part of a drawing, in pixels from its left upper corner. */
export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
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
    const [x1, y1, x2, y2] = upright
      ? [start.x + node.width / 2, start.y + node.height, end.x + node.width / 2, end.y]
      : [start.x + node.width, start.y + node.height / 2, end.x, end.y + node.height / 2];
    const box = {
      ...{ left: Math.min(x1, x2), right: Math.max(x1, x2) },
      ...{ top: Math.min(y1, y2), bottom: Math.max(y1, y2) },
    };
    return [{ from, to, type, box, path: curve(x1, y1, x2, y2, upright) }];
  });
  return {
    width: Math.max(0, ...nodes.map(({ x }) => x)) + node.width + margin,
    height: Math.max(0, ...nodes.map(({ y }) => y)) + node.height + margin,
    nodes,
    edges,
  };
}

/** What of a drawing is in a part of it: of a thousand nodes few are in sight at the same time. */
export function within(
  { nodes, edges }: Pick<Drawing, "nodes" | "edges">,
  { node }: Pick<Frame, "node">,
  part: Box,
): Pick<Drawing, "nodes" | "edges"> {
  const touches = ({ left, top, right, bottom }: Box) =>
    left <= part.right && right >= part.left && top <= part.bottom && bottom >= part.top;
  return {
    nodes: nodes.filter(({ x, y }) =>
      touches({ left: x, top: y, right: x + node.width, bottom: y + node.height }),
    ),
    edges: edges.filter(({ box }) => touches(box)),
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
