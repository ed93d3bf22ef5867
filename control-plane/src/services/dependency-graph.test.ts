import fc from "fast-check";
import { expect, test } from "vitest";
import { deploymentLevels, findCycle } from "./dependency-graph.ts";

const named = (...names: string[]) => names.map((name) => ({ id: name, name }));
const edge = (serviceId: string, dependsOnId: string) => ({ serviceId, dependsOnId });

test("services without dependencies stand in one level, in the given order", () => {
  expect(deploymentLevels(named("b", "a"), [])).toEqual([["b", "a"]]);
});

test("each stands one level after the last of those it depends on", () => {
  const edges = [edge("web", "api"), edge("api", "db"), edge("web", "cache")];
  expect(deploymentLevels(named("web", "api", "cache", "db"), edges)).toEqual([
    ["cache", "db"],
    ["api"],
    ["web"],
  ]);
});

test("a dependency on a service that is not deployed does not matter", () => {
  expect(deploymentLevels(named("web"), [edge("web", "db")])).toEqual([["web"]]);
});

test("a circle is refused with its path", () => {
  const edges = [edge("a", "b"), edge("b", "c"), edge("c", "a"), edge("x", "a")];
  expect(() => deploymentLevels(named("x", "a", "b", "c"), edges)).toThrow(
    "Circular dependency detected: a -> b -> c -> a",
  );
});

const graph = fc
  .tuple(
    fc.integer({ min: 1, max: 12 }),
    fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 11 })), { maxLength: 30 }),
  )
  .map(([count, pairs]) => ({
    services: named(...Array.from({ length: count }, (_, index) => `s${index}`)),
    edges: pairs
      .filter(([a, b]) => a < count && b < count && a !== b)
      .map(([a, b]) => edge(`s${a}`, `s${b}`)),
  }));

test("any graph: either every service once and after its dependencies, or a real circle", () => {
  fc.assert(
    fc.property(graph, ({ services, edges }) => {
      const cycle = findCycle(edges);
      if (cycle) {
        expect(cycle.length).toBeGreaterThan(2);
        expect(cycle[0]).toBe(cycle.at(-1));
        for (let i = 0; i + 1 < cycle.length; i++) {
          expect(edges).toContainEqual({ serviceId: cycle[i], dependsOnId: cycle[i + 1] });
        }
        expect(() => deploymentLevels(services, edges)).toThrow("Circular dependency");
        return;
      }
      const levels = deploymentLevels(services, edges);
      expect(levels.flat().toSorted()).toEqual(services.map(({ id }) => id).toSorted());
      const levelOf = new Map(levels.flatMap((ids, level) => ids.map((id) => [id, level])));
      for (const { serviceId, dependsOnId } of edges) {
        expect(levelOf.get(serviceId)).toBeGreaterThan(levelOf.get(dependsOnId) ?? 0);
      }
    }),
  );
});
