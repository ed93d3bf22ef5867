import { expect, it } from "vitest";
import { TypedAddress } from "$lib/lists/typed-address.fixture.svelte.ts";
import { ServiceList } from "./service-list.svelte.ts";

const filterAt = (search: string) => new ServiceList(new TypedAddress(search)).filter;

it("asks for the first page of all where the address says nothing", () => {
  expect(filterAt("")).toEqual({ limit: 50, offset: 0 });
});

it("asks for what the address says, and for no status that there is not", () => {
  expect(
    filterAt("?q=api&status=failed&image=i1&drift=yes&project=shop&by=project&page=3"),
  ).toEqual({
    limit: 50,
    offset: 100,
    q: "api",
    status: "failed",
    imageId: "i1",
    drift: "true",
    composeProject: "shop",
    sort: "composeProject",
  });
  expect(filterAt("?status=odd").status).toBeUndefined();
});
