import { expect, it } from "vitest";
import type { Server } from "$lib/api/model.ts";
import { TypedAddress } from "$lib/lists/typed-address.fixture.svelte.ts";
import { ServerList } from "./server-list.svelte.ts";

const server = (name: string, more: Partial<Server> = {}): Server =>
  ({ name, hostname: null, tags: [], status: "online", serviceCount: 0, ...more }) as Server;
const servers = [
  server("edge-10", { tags: ["gpu"], serviceCount: 3, diskFreeBytes: 10 }),
  server("edge-2", { status: "offline", diskFreeBytes: null }),
];
const shownAt = (search: string) =>
  new ServerList(new TypedAddress(search), () => servers).page?.map(({ name }) => name);

it("shows servers by name, status, tag and what a column shows", () => {
  expect(shownAt("")).toEqual(["edge-2", "edge-10"]);
  expect(shownAt("?q=gpu")).toEqual(["edge-10"]);
  expect(shownAt("?status=offline")).toEqual(["edge-2"]);
  expect(shownAt("?status=pending")).toEqual([]);
  expect(shownAt("?sort=-services")).toEqual(["edge-10", "edge-2"]);
  expect(shownAt("?sort=disk")).toEqual(["edge-2", "edge-10"]);
});
