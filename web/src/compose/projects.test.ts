import { describe, expect, it } from "vitest";
import type { Image, Service } from "$lib/api/model.ts";
import { matchPath } from "$lib/router/match.ts";
import {
  compareProjects,
  inProjects,
  projectLook,
  projectNamed,
  projectNames,
  projectPath,
  projectsOfImage,
  sectionsOf,
  serversOf,
} from "./projects.ts";

const image = (...projects: (string | null)[]) =>
  ({ services: projects.map((composeProject) => ({ composeProject })) }) as Pick<Image, "services">;

describe("projectPath", () => {
  it.each(["shop", ".", "..", "~", "~..", "a/b", "a b?c#d", "50%25", "%2e%2e", "köln 🚢", "null"])(
    "leads to the page of %j, as a browser reads addresses",
    (name) => {
      const { pathname } = new URL(`/e/production/${projectPath(name)}`, "http://localhost");
      const params = matchPath("/e/:env/projects/:name", pathname);
      expect(params?.env).toBe("production");
      expect(projectNamed(params?.name ?? "")).toBe(name);
    },
  );
});

it("orders projects as people do, the same each time, and none last", () => {
  const names = ["web-10", null, "Web-2", "web-2", "api", null];
  const sorted = ["api", "Web-2", "web-2", "web-10", null, null];
  expect([...names].sort(compareProjects)).toEqual(sorted);
  expect([...names].reverse().sort(compareProjects)).toEqual(sorted);
});

it("knows the projects of an image by its services", () => {
  expect(projectsOfImage(image("shop", null, "blog", "shop"))).toEqual(["shop", "blog"]);
  expect(projectsOfImage(image(null))).toEqual([null]);
  expect(projectsOfImage(image())).toEqual([null]);
  expect(projectNames([image("shop"), image(), image("blog", "shop")])).toEqual(["blog", "shop"]);
});

describe("rows by project", () => {
  const rows = [
    { id: "a", projects: ["shop"] },
    { id: "b", projects: [null] },
    { id: "c", projects: ["blog", "shop"] },
  ];
  it("are in each of their projects, in their own order", () => {
    const entries = inProjects(rows, ({ projects }) => projects);
    const sections = sectionsOf(entries);
    expect(sections.map(({ project, rows }) => [project, rows.map(({ id }) => id)])).toEqual([
      ["blog", ["c"]],
      ["shop", ["a", "c"]],
      [null, ["b"]],
    ]);
  });
  it("are none without rows", () => {
    expect(sectionsOf(inProjects([], () => [null]))).toEqual([]);
  });
});

it("counts services by server", () => {
  const on = (id: string, name: string) => ({ server: { id, name } });
  expect(serversOf([on("2", "edge-10"), on("1", "edge-2"), on("2", "edge-10")])).toEqual([
    { id: "1", name: "edge-2", services: 1 },
    { id: "2", name: "edge-10", services: 2 },
  ]);
});

it("says how a project does, the worst first", () => {
  const look = (...statuses: Service["status"][]) =>
    projectLook(statuses.map((status) => ({ status })));
  expect(look("healthy", "running", "starting")).toEqual({ tone: "ok", text: "All 3 run" });
  expect(look("running")).toEqual({ tone: "ok", text: "It runs" });
  expect(look("running", "stopped")).toEqual({ tone: "neutral", text: "1 of 2 run" });
  expect(look("stopped", "unknown")).toEqual({ tone: "neutral", text: "Nothing runs" });
  expect(look("missing", "running")).toEqual({ tone: "warn", text: "1 of 2 needs care" });
  expect(look("missing", "failed")).toEqual({ tone: "bad", text: "2 of 2 need care" });
});
