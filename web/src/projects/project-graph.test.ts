import { expect, it } from "vitest";
import { type DependencyGraph, projectGraph } from "./project-graph.ts";

const node = (id: string) => ({ id, name: id, serverId: "s", serverName: "edge" });
const edge = (from: string, to: string) => ({
  ...{ id: `${from}-${to}`, from, to },
  type: "health_before" as const,
});

/** The database of another project is needed by api, which web and a stranger's job need. */
const graph: DependencyGraph = {
  nodes: ["alone", "api", "db", "job", "other", "web"].map(node),
  edges: [edge("db", "api"), edge("api", "web"), edge("api", "job"), edge("db", "other")],
  deploymentOrder: [
    ["alone", "db"],
    ["api", "other"],
    ["job", "web"],
  ],
};
const shape = (ids: string[]) =>
  projectGraph(graph, new Set(ids)).map(({ id, inside, level, dependsOn }) => [
    ...[id, inside, level],
    dependsOn.map(({ position }) => position),
  ]);

it("has the project's services that have dependencies, and those at the other end", () => {
  expect(shape(["alone", "api", "web"])).toEqual([
    ["db", false, 0, []],
    ["api", true, 1, [0]],
    ["job", false, 2, [1]],
    ["web", true, 2, [1]],
  ]);
});

it("counts levels by what is shown, and leaves out what only others depend on", () => {
  expect(shape(["web"])).toEqual([
    ["api", false, 0, []],
    ["web", true, 1, [0]],
  ]);
  expect(shape(["alone"])).toEqual([]);
});
