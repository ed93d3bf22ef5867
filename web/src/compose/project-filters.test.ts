import { expect, it } from "vitest";
import type { Image } from "$lib/api/model.ts";
import { ListState } from "$lib/lists/list-state.ts";
import { TypedAddress } from "$lib/lists/typed-address.fixture.svelte.ts";
import { isByProject, projectFilters } from "./project-filters.ts";

const listAt = (search: string) =>
  new ListState(new TypedAddress(search), { filters: ["project"], views: ["by"] });
const images = [{ services: [{ composeProject: "shop" }] }] as Image[];
const offered = (search: string) =>
  projectFilters(listAt(search), images)[0]?.options.map(({ value }) => value);

it("offers the projects that are there, and the chosen one that is gone", () => {
  expect(offered("")).toEqual(["shop"]);
  expect(offered("?project=shop")).toEqual(["shop"]);
  expect(offered("?project=gone")).toEqual(["gone", "shop"]);
  expect(projectFilters(listAt(""), undefined)[0]?.options).toEqual([]);
});

it("shows rows by project where the address says so", () => {
  expect(isByProject(listAt("?by=project"))).toBe(true);
  expect(isByProject(listAt("?by=server"))).toBe(false);
});
