import { expect, test } from "vitest";
import { type DiskImage, prunedImages } from "./disk-images.ts";

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
    image("by digest", { RepoTags: ["app@sha256:1"] }),
    image("both", { RepoTags: ["app@sha256:2", "app:v2"] }),
    image("needed", { RepoTags: [] }),
    image("running", { RepoTags: [], Containers: 2 }),
  ];
  const ids = (mode: "dangling" | "all") =>
    prunedImages(images, mode, new Set(["needed"])).map(({ Id }) => Id);
  expect(ids("dangling")).toEqual(["untagged", "nameless", "by digest"]);
  expect(ids("all")).toEqual(["tagged", "untagged", "nameless", "by digest", "both"]);
});
