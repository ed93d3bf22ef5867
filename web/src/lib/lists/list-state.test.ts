import { describe, expect, it } from "vitest";
import { ListState } from "./list-state.ts";
import { TypedAddress } from "./typed-address.fixture.svelte.ts";

const listAt = (search: string) => {
  const address = new TypedAddress(search);
  const list = new ListState(address, {
    filters: ["status", "server"],
    views: ["by"],
    size: 2,
    order: "name",
  });
  return { address, list };
};
const rows = ["web-10", "web-2", "api"];
const how = {
  texts: (row: string) => [row],
  columns: [{ id: "name", sort: (row: string) => row }],
};

describe("what the address says", () => {
  it("is searched for, sorted, and shown a page at a time", () => {
    const { list } = listAt("?q=web");
    expect(list.rows(rows, how)).toEqual(["web-2", "web-10"]);
    expect(listAt("?sort=-name&page=2").list.range).toEqual({ limit: 2, offset: 2 });
    const sorted = listAt("?sort=-name&page=2").list;
    expect(sorted.pageOf(sorted.rows(rows, how) ?? [])).toEqual(["api"]);
  });
  it("may be typed wrongly", () => {
    const { list } = listAt("?page=-3&status=odd&sort=nothing");
    expect(list.page).toBe(1);
    expect(list.oneOf("status", ["online", "offline"])).toBeUndefined();
    expect(list.rows(rows, how)).toEqual(rows);
    expect(listAt("?page=x").list.page).toBe(1);
    expect(listAt("?page=2.9").list.page).toBe(2);
    expect(listAt("?page=99").list.pageOf(rows)).toEqual(["api"]);
  });
  it("is not answered before the rows are there", () => {
    expect(listAt("").list.rows(undefined, how)).toBeUndefined();
  });
});

describe("a change", () => {
  it("of a filter begins at the first page and keeps the rest", () => {
    const { address, list } = listAt("?q=web&page=3&by=project");
    list.set("status", "online");
    expect(address.search).toBe("?q=web&by=project&status=online");
    list.set("q", "");
    expect(address.search).toBe("?by=project&status=online");
  });
  it("to every row leaves the view and the order as they are", () => {
    const { address, list } = listAt("?q=web&status=online&by=project&sort=-name&page=2");
    expect(list.narrowed).toBe(true);
    list.clear();
    expect(address.search).toBe("?by=project&sort=-name");
    expect(list.narrowed).toBe(false);
  });
  it("of the order goes up, down and back", () => {
    const { address, list } = listAt("?page=2");
    expect(list.direction("name")).toBeUndefined();
    list.toggle("name");
    expect([address.search, list.direction("name")]).toEqual(["?sort=name", "ascending"]);
    list.toggle("name");
    expect([address.search, list.direction("name")]).toEqual(["?sort=-name", "descending"]);
    list.toggle("name");
    expect([address.search, list.direction("name")]).toEqual(["", undefined]);
  });
  it("of the page can be gone back from; the first one is not named", () => {
    const { address, list } = listAt("?q=web");
    list.goTo(2);
    expect([address.search, address.kept]).toEqual(["?q=web&page=2", 1]);
    list.goTo(1);
    expect(address.search).toBe("?q=web");
  });
});
