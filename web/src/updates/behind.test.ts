import { describe, expect, it } from "vitest";
import type { ImageBehind, Service } from "$lib/api/model.ts";
import { filterBehind, groupsOf, notSelectable, plannedUpdates } from "./behind.ts";

function service(id: string, more: Partial<Service> = {}): Service {
  const update = { digestId: "d2", bestTag: "v2", kind: "minor", reason: "v2 was pushed later." };
  return {
    id,
    name: id,
    server: { id: "s", name: "edge" },
    composeProject: null,
    behind: true,
    update,
    ...more,
  } as Service;
}
function behind(id: string, services: Service[]): ImageBehind {
  return {
    image: { id, name: id, imageName: `registry.test/${id}` },
    update: { digestId: "d2", bestTag: "v2", kind: "minor", reason: "" },
    services,
  } as unknown as ImageBehind;
}
const shop = { composeProject: "shop" };

describe("groupsOf", () => {
  const updates = [
    behind("api", [service("a", shop), service("b")]),
    behind("web", [service("c", { composeProject: "blog" })]),
    behind("idle", []),
  ];
  it("is one list without projects", () => {
    const groups = groupsOf(updates, false);
    expect(groups.map(({ project }) => project)).toEqual([null]);
    expect(groups[0]?.rows.map(({ id }) => id)).toEqual(["api", "web", "idle"]);
    expect(groupsOf([], false)).toEqual([]);
  });
  it("has a row for each project of an image, those of none last", () => {
    const groups = groupsOf(updates, true);
    const shape = groups.map(({ project, rows }) => [
      project,
      rows.map((row) => [row.behind.image.id, row.services.map(({ id }) => id).join()]),
    ]);
    expect(shape).toEqual([
      ["blog", [["web", "c"]]],
      ["shop", [["api", "a"]]],
      [
        null,
        [
          ["api", "b"],
          ["idle", ""],
        ],
      ],
    ]);
    const ids = groups.flatMap(({ rows }) => rows.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
  });
});

describe("filterBehind", () => {
  const updates = [behind("api", [service("a")]), behind("web", [service("front")])];
  it("searches images and services, and keeps a kind", () => {
    const ids = (q: string, kind: "" | "minor" | "major") =>
      filterBehind(updates, { q, kind }).map(({ image }) => image.id);
    expect(ids("", "")).toEqual(["api", "web"]);
    expect(ids("front", "")).toEqual(["web"]);
    expect(ids("", "minor")).toEqual(["api", "web"]);
    expect(ids("", "major")).toEqual([]);
  });
});

describe("plannedUpdates", () => {
  it("is a plan for each digest, without lower versions", () => {
    const other = { digestId: "d3", bestTag: "16", kind: "rebuild", reason: "" } as const;
    const older = service("o", { behind: false });
    const image = behind("api", [service("a"), service("b", { update: other }), older]);
    const plans = plannedUpdates(groupsOf([image], false).flatMap(({ rows }) => rows));
    expect(plans.map((plan) => [plan.digestId, plan.services.map(({ id }) => id)])).toEqual([
      ["d2", ["a"]],
      ["d3", ["b"]],
    ]);
  });
  it("takes two rows of one image together", () => {
    const image = behind("api", [service("a", shop), service("b")]);
    const rows = groupsOf([image], true).flatMap((group) => group.rows);
    expect(plannedUpdates(rows).map(({ services }) => services.length)).toEqual([2]);
  });
});

it("says why a row cannot be chosen", () => {
  const row = (services: Service[]) => ({ id: "r", behind: behind("api", services), services });
  expect(notSelectable(row([service("a")]))).toBeNull();
  expect(notSelectable(row([]))).toContain("No service");
  expect(notSelectable(row([service("a", { behind: false })]))).toContain("lower version");
});
