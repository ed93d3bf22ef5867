import { describe, expect, it } from "vitest";
import { findRoute, matchPath, withQuery } from "./match.ts";

describe("matchPath", () => {
  it("takes parameters out of a path and decodes them", () => {
    expect(matchPath("/e/:env/images/:id", "/e/eu%20west/images/1")).toEqual({
      env: "eu west",
      id: "1",
    });
  });
  it("ignores a trailing slash and refuses other lengths", () => {
    expect(matchPath("/e/:env", "/e/production/")).toEqual({ env: "production" });
    expect(matchPath("/e/:env", "/e/production/images")).toBeNull();
    expect(matchPath("/e/:env", "/e")).toBeNull();
  });
  it("refuses a path that is not valid text", () => {
    expect(matchPath("/e/:env", "/e/%E0%A4%A")).toBeNull();
  });
});

describe("findRoute", () => {
  it("takes the first that fits", () => {
    const routes = [{ path: "/e/:env/images" }, { path: "/e/:env/:place" }];
    expect(findRoute(routes, "/e/a/images")?.route.path).toBe("/e/:env/images");
    expect(findRoute(routes, "/e/a/plans")?.params).toEqual({ env: "a", place: "plans" });
    expect(findRoute(routes, "/login")).toBeNull();
  });
});

describe("withQuery", () => {
  it("sets, replaces and removes, and keeps the rest", () => {
    expect(withQuery("?q=api&page=3", { page: null, status: "offline" })).toBe(
      "?q=api&status=offline",
    );
    expect(withQuery("?q=api", { q: "" })).toBe("");
  });
});
