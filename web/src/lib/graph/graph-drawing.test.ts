import { describe, expect, it } from "vitest";
import { drawing, type Frame, within } from "./graph-drawing.ts";

const sideways: Frame = {
  upright: false,
  node: { width: 100, height: 40 },
  gap: { level: 50, node: 10 },
};
const services = [
  { level: 0, dependsOn: [] },
  { level: 1, dependsOn: [{ position: 0, name: "a", type: "health_before" as const }] },
  { level: 1, dependsOn: [{ position: 0, name: "a", type: "deploy_after" as const }] },
];

describe("drawing", () => {
  it("puts levels side by side, and everything within its size", () => {
    const { nodes, width, height } = drawing(services, sideways);
    expect(nodes).toEqual([
      { position: 0, x: 20, y: 45 },
      { position: 1, x: 170, y: 20 },
      { position: 2, x: 170, y: 70 },
    ]);
    expect([width, height]).toEqual([290, 130]);
  });

  it("puts levels below each other where it is narrow", () => {
    const { nodes, width } = drawing(services, { ...sideways, upright: true });
    expect(nodes.map(({ y }) => y)).toEqual([20, 110, 110]);
    expect(width).toBe(250);
  });

  it("draws an edge from the end of one node to the beginning of the other", () => {
    const { edges } = drawing(services, sideways);
    expect(edges.map(({ from, to, type }) => [from, to, type])).toEqual([
      [0, 1, "health_before"],
      [0, 2, "deploy_after"],
    ]);
    expect(edges[0]?.path).toBe("M120 65C145 65 145 40 168 40");
  });
});

it("has in a part what touches it, and the edges that pass through", () => {
  const picture = drawing(services, sideways);
  const part = (left: number, right: number, bottom: number) => {
    const { nodes, edges } = within(picture, sideways, { left, top: 0, right, bottom });
    return [nodes.map(({ position }) => position), edges.map(({ to }) => to)];
  };
  expect(part(0, 290, 130)).toEqual([
    [0, 1, 2],
    [1, 2],
  ]);
  expect(part(130, 160, 50)).toEqual([[], [1]]);
  expect(part(0, 110, 130)).toEqual([[0], []]);
  expect(part(171, 290, 60)).toEqual([[1], []]);
});
