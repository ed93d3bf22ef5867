import { expect, test } from "vitest";
import { type NeedyService, type TypedDependency, withImplied } from "./implied-dependencies.ts";

const idOf = (name: string) => name.repeat(64).slice(0, 64);

function service(name: string, needs: string[] = [], serverId = "one"): NeedyService {
  const container = { id: idOf(name), needs };
  return { id: name, serverId, containerName: name, container, spec: null };
}

const edges = (of: TypedDependency[]) =>
  of.map(({ serviceId, dependsOnId, type }) => `${serviceId} ${type} ${dependsOnId}`);

test.each([
  ["id", idOf("a")],
  ["short id", idOf("a").slice(0, 12)],
  ["name", "a"],
])("who needs a container, by its %s, is deployed after it", (_, need) => {
  expect(edges(withImplied([service("a"), service("b", [need])], []))).toEqual([
    "b deploy_after a",
  ]);
});

test("a description says so before there is a container", () => {
  const spec = { HostConfig: { NetworkMode: "container:a", PidMode: "host" } };
  const planned = { ...service("b"), container: null, spec };
  expect(edges(withImplied([service("a"), planned], []))).toEqual(["b deploy_after a"]);
});

test("containers of other servers, of no service, and one's own are not meant", () => {
  const all = [service("a", ["a", "c", "aaaa"]), service("b", ["a"], "two")];
  expect(withImplied(all, [])).toEqual([]);
});

test("what was declared stays as it is, and no circle comes of it", () => {
  const declared: TypedDependency[] = [
    { serviceId: "b", dependsOnId: "a", type: "health_before" },
    { serviceId: "a", dependsOnId: "c", type: "health_before" },
  ];
  const all = [service("a"), service("b", ["a"]), service("c", ["b"])];
  expect(edges(withImplied(all, declared))).toEqual(["b health_before a", "a health_before c"]);
});

test("an agent that does not tell needs nothing", () => {
  const silent = { ...service("b"), container: { id: idOf("b") } } as unknown as NeedyService;
  expect(withImplied([service("a"), silent], [])).toEqual([]);
});
