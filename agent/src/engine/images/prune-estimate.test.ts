import { expect, test } from "vitest";
import { type DiskImage, prunedImages } from "./prune-estimate.ts";

const image = (Id: string, more: Partial<DiskImage> = {}): DiskImage => ({
  Id,
  RepoTags: [`${Id}:latest`],
  Size: 100,
  SharedSize: 0,
  Containers: 0,
  ...more,
});

test("counts images without a container: untagged ones or all, never those that a plan needs", () => {
  const images = [
    image("tagged"),
    image("untagged", { RepoTags: null }),
    image("nameless", { RepoTags: ["<none>:<none>"] }),
    image("needed", { RepoTags: [] }),
    image("running", { RepoTags: [], Containers: 2 }),
  ];
  const ids = (mode: "dangling" | "all") =>
    prunedImages(images, mode, new Set(["needed"])).map(({ Id }) => Id);
  expect(ids("dangling")).toEqual(["untagged", "nameless"]);
  expect(ids("all")).toEqual(["tagged", "untagged", "nameless"]);
});
