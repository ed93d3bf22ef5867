import { describe, expect, it } from "vitest";
import { layoutByLevel } from "./graph-layout.ts";

const spacing = { level: 100, node: 10 };
const at = (placed: ReturnType<typeof layoutByLevel>, id: string) =>
  placed.find((node) => node.id === id);

describe("layoutByLevel", () => {
  it("gives each level its column and centres the shorter ones", () => {
    const nodes = ["a", "b", "c"].map((id) => ({ id, level: 0 }));
    const placed = layoutByLevel([...nodes, { id: "d", level: 1 }], [], spacing);
    expect(at(placed, "a")).toEqual({ id: "a", x: 0, y: 0 });
    expect(at(placed, "d")).toEqual({ id: "d", x: 100, y: 10 });
  });

  it("orders a level by its neighbours, so that edges do not cross", () => {
    const placed = layoutByLevel(
      [
        { id: "a", level: 0 },
        { id: "b", level: 0 },
        { id: "x", level: 1 },
        { id: "y", level: 1 },
      ],
      [
        { from: "a", to: "y" },
        { from: "b", to: "x" },
      ],
      spacing,
    );
    const crosses =
      ((at(placed, "a")?.y ?? 0) - (at(placed, "b")?.y ?? 0)) *
        ((at(placed, "y")?.y ?? 0) - (at(placed, "x")?.y ?? 0)) <
      0;
    expect(crosses).toBe(false);
  });

  it("leaves no empty columns, no overlaps and no node out", () => {
    const nodes = Array.from({ length: 200 }, (_, i) => ({ id: `n${i}`, level: (i % 7) * 2 }));
    const edges = nodes.slice(1).map((node, i) => ({ from: `n${i}`, to: node.id }));
    const placed = layoutByLevel(nodes, edges, spacing);
    expect(new Set(placed.map(({ x, y }) => `${x}/${y}`)).size).toBe(200);
    expect(Math.max(...placed.map(({ x }) => x))).toBe(600);
  });

  it("is empty for nothing", () => {
    expect(layoutByLevel([], [], spacing)).toEqual([]);
  });
});
