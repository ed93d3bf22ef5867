import { expect, it } from "vitest";
import { breakable } from "./break-points.ts";

it("breaks addresses and paths after what separates their parts", () => {
  expect(breakable("admin@example.com")).toEqual(["admin@", "example.", "com"]);
  expect(breakable("https://ghcr.io:443/a/b")).toEqual([
    "https://",
    "ghcr.",
    "io:",
    "443/",
    "a/",
    "b",
  ]);
  expect(breakable("nightly")).toEqual(["nightly"]);
  expect(breakable("")).toEqual([""]);
  expect(breakable("a@b.c").join("")).toBe("a@b.c");
});
