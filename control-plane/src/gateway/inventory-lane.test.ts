import { expect, test } from "vitest";
import type { InventoryChange } from "../servers/inventory.ts";
import { inventoryLane } from "./inventory-lane.ts";

const removed = (id: string): InventoryChange => ({ kind: "removed", id });

function rig() {
  const writes: { ids: string; done(): void; fail(error: Error): void }[] = [];
  const failures: unknown[] = [];
  const lane = inventoryLane(
    (changes) =>
      new Promise((done, fail) => {
        const ids = changes.map((change) => (change.kind === "removed" ? change.id : "")).join("");
        writes.push({ ids, done, fail });
      }),
    (error) => failures.push(error),
  );
  return { lane, writes, failures };
}

test("what comes during a write is written together by the next, in its order", async () => {
  const { lane, writes } = rig();
  for (const id of ["a", "b", "c"]) lane.add(removed(id));
  expect(writes.map(({ ids }) => ids)).toEqual(["a"]);
  expect(lane.waiting).toBe(2);
  writes[0]?.done();
  await expect.poll(() => writes.length).toBe(2);
  expect(writes[1]?.ids).toBe("bc");
  const written = lane.written();
  writes[1]?.done();
  await written;
  lane.add(removed("d"));
  expect(writes[2]?.ids).toBe("d");
});

test("a write that fails is told once, and nothing follows it", async () => {
  const { lane, writes, failures } = rig();
  lane.add(removed("a"));
  lane.add(removed("b"));
  writes[0]?.fail(new Error("gone"));
  await lane.written();
  lane.add(removed("c"));
  expect(writes).toHaveLength(1);
  expect(failures).toEqual([new Error("gone")]);
});

test("a stopped lane writes nothing more", async () => {
  const { lane, writes } = rig();
  lane.add(removed("a"));
  lane.add(removed("b"));
  lane.stop();
  writes[0]?.done();
  await lane.written();
  expect(writes).toHaveLength(1);
});
