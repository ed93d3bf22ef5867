import { expect, it } from "vitest";
import type { Image } from "$lib/api/model.ts";
import { TypedAddress } from "$lib/lists/typed-address.fixture.svelte.ts";
import { ImageList } from "./image-list.svelte.ts";

const image = (name: string, more: Partial<Image> = {}): Image =>
  ({
    name,
    imageName: `ghcr.io/acme/${name}`,
    bestTag: null,
    updateAvailable: false,
    autoUpdate: false,
    registryConnectionId: null,
    lastError: null,
    updateReason: "current",
    services: [],
    latest: null,
    lastCheckedAt: null,
    ...more,
  }) as unknown as Image;
const of = (...projects: (string | null)[]) =>
  projects.map((composeProject) => ({ composeProject })) as Image["services"];
const images = [
  image("web-10", { updateAvailable: true, services: of("shop", "blog") }),
  image("web-2", { lastError: "401", services: of(null), registryConnectionId: "r1" }),
  image("api", {
    services: of("shop"),
    latest: { pushedAt: "2026-02-01T00:00:00Z" } as Image["latest"],
  }),
];
const shownAt = (search: string) => {
  const { page } = new ImageList(new TypedAddress(search), () => images);
  return page?.map(({ project, row }) => (project === null ? row.name : `${project}/${row.name}`));
};

it("shows all by name, and those that the address asks for", () => {
  expect(shownAt("")).toEqual(["api", "web-2", "web-10"]);
  expect(shownAt("?q=acme+web")).toEqual(["web-2", "web-10"]);
  expect(shownAt("?show=updates")).toEqual(["web-10"]);
  expect(shownAt("?show=errors&registry=r1")).toEqual(["web-2"]);
  expect(shownAt("?registry=r2")).toEqual([]);
  expect(shownAt("?project=shop")).toEqual(["api", "web-10"]);
  expect(shownAt("?show=odd")).toEqual([]);
});

it("sorts by what a column shows", () => {
  expect(shownAt("?sort=-newest")?.[0]).toBe("api");
  expect(shownAt("?sort=-services")?.[0]).toBe("web-10");
});

it("shows an image in each of its projects, or in the one that is chosen", () => {
  expect(shownAt("?by=project")).toEqual(["blog/web-10", "shop/api", "shop/web-10", "web-2"]);
  expect(shownAt("?by=project&project=blog")).toEqual(["blog/web-10"]);
});

it("shows another page by itself when the address changes", () => {
  const many = Array.from({ length: 60 }, (_, at) => image(`i${at}`));
  const address = new TypedAddress("?page=2");
  const list = new ImageList(address, () => many);
  expect([list.page?.length, list.rows?.length]).toEqual([10, 60]);
  list.list.goTo(1);
  expect(list.page?.length).toBe(50);
});

it("waits for the images", () => {
  const list = new ImageList(new TypedAddress(), () => undefined);
  expect([list.rows, list.page]).toEqual([undefined, undefined]);
});
