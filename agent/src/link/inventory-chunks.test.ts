import type { ContainerReport } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { inventoryChunks } from "./inventory-chunks.ts";

function container(id: string, labelLength = 0): ContainerReport {
  return {
    id,
    name: id,
    imageName: "app",
    imageId: "sha256:1",
    repoDigests: [],
    state: "running",
    health: "none",
    exitCode: 0,
    restartCount: 0,
    createdAt: 1,
    startedAt: null,
    finishedAt: null,
    labels: { long: "é".repeat(labelLength) },
    ports: [],
    self: false,
    autoRemove: false,
    imagePlatform: null,
    stopLimitMs: 10_000,
    checkLimitMs: 0,
    needs: [],
  };
}

test("an empty inventory is one empty chunk", () => {
  expect(inventoryChunks([])).toEqual([[]]);
});

test("chunks keep the order and the size limit, and a container above the limit has its own chunk", () => {
  const all = [container("a"), container("b"), container("c", 2_000), container("d")];
  const chunks = inventoryChunks(all, 1_000);
  expect(chunks.flat()).toEqual(all);
  expect(chunks.map((chunk) => chunk.map(({ id }) => id).join(""))).toEqual(["ab", "c", "d"]);
});
