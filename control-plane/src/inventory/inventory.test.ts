import type { ContainerReport } from "@bridgeport/proto";
import { expect, test } from "vitest";
import { type InventoryChange, newsOf } from "./inventory.ts";

const report = (id: string, name = id) => ({ id, name }) as ContainerReport;
const upsert = (id: string, name = id): InventoryChange => ({
  kind: "upsert",
  container: report(id, name),
});
const removed = (id: string): InventoryChange => ({ kind: "removed", id });

test("of each container the last word counts", () => {
  expect(
    newsOf([upsert("a", "web"), upsert("b"), upsert("a", "web-old"), removed("b"), removed("c")]),
  ).toEqual({ complete: false, present: [report("a", "web-old")], removedIds: ["b", "c"] });
  expect(newsOf([removed("a"), upsert("a")])).toMatchObject({
    present: [report("a")],
    removedIds: [],
  });
});

test("a complete report makes what came before it void, and later changes are part of it", () => {
  expect(
    newsOf([
      upsert("gone"),
      removed("b"),
      { kind: "complete", containers: [report("a"), report("b")] },
      upsert("c"),
      removed("a"),
    ]),
  ).toEqual({ complete: true, present: [report("b"), report("c")], removedIds: ["a"] });
});
