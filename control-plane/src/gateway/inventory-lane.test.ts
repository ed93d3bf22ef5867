import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { InventoryChange } from "../inventory/inventory.ts";
import { inventoryLane } from "./inventory-lane.ts";

const removed = (id: string): InventoryChange => ({ kind: "removed", id });

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function rig() {
  const writes: { ids: string; done(): void; fail(error: Error): void }[] = [];
  const failures: unknown[] = [];
  const took: number[] = [];
  const lane = inventoryLane({
    write: (changes) =>
      new Promise((resolve, fail) => {
        const ids = changes.map((change) => (change.kind === "removed" ? change.id : "")).join("");
        const began = Date.now();
        writes.push({ ids, done: () => resolve(Date.now() - began), fail });
      }),
    hurry: () => undefined,
    took: (seconds) => took.push(seconds),
    failed: (error) => failures.push(error),
  });
  return { lane, writes, took, failures };
}

test("the first is written at once, what follows it together and after a rest", async () => {
  const { lane, writes } = rig();
  for (const id of ["a", "b"]) lane.add(removed(id), performance.now());
  expect(writes.map(({ ids }) => ids)).toEqual(["a"]);
  expect(lane.waiting).toBe(1);
  writes[0]?.done();
  await vi.advanceTimersByTimeAsync(100);
  lane.add(removed("c"), performance.now());
  expect(writes).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(50);
  expect(writes[1]?.ids).toBe("bc");
  writes[1]?.done();
  await vi.advanceTimersByTimeAsync(150);
  lane.add(removed("d"), performance.now());
  expect(writes[2]?.ids).toBe("d");
});

test.each([
  [100, 300],
  [5000, 3000],
])("what took %i ms to write is followed by a rest of %i ms", async (took, rest) => {
  const { lane, writes } = rig();
  for (const id of ["a", "b"]) lane.add(removed(id), performance.now());
  await vi.advanceTimersByTimeAsync(took);
  writes[0]?.done();
  await vi.advanceTimersByTimeAsync(rest - 1);
  expect(writes).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(writes[1]?.ids).toBe("b");
});

test("no rest is taken while a caller waits for what was added", async () => {
  const { lane, writes } = rig();
  lane.add(removed("a"), performance.now());
  writes[0]?.done();
  await vi.advanceTimersByTimeAsync(1);
  lane.add(removed("b"), performance.now());
  const written = vi.fn();
  void lane.written().then(written);
  await vi.advanceTimersByTimeAsync(0);
  expect(writes[1]?.ids).toBe("b");
  expect(written).not.toHaveBeenCalled();
  writes[1]?.done();
  await vi.advanceTimersByTimeAsync(0);
  expect(written).toHaveBeenCalledOnce();
  lane.add(removed("c"), performance.now());
  expect(writes[2]?.ids).toBe("c");
  writes[2]?.done();
  await vi.advanceTimersByTimeAsync(1);
  lane.add(removed("d"), performance.now());
  expect(writes).toHaveLength(3);
});

test("a write that fails is told once, and nothing follows it", async () => {
  const { lane, writes, failures } = rig();
  lane.add(removed("a"), performance.now());
  lane.add(removed("b"), performance.now());
  writes[0]?.fail(new Error("gone"));
  await lane.written();
  lane.add(removed("c"), performance.now());
  expect(writes).toHaveLength(1);
  expect(failures).toEqual([new Error("gone")]);
});

test("a stopped lane writes nothing more", async () => {
  const { lane, writes } = rig();
  lane.add(removed("a"), performance.now());
  lane.add(removed("b"), performance.now());
  lane.stop();
  writes[0]?.done();
  await lane.written();
  expect(writes).toHaveLength(1);
});

test("of a container that changes again and again only its last state waits", async () => {
  const { lane, writes } = rig();
  lane.add(removed("a"), performance.now());
  for (let round = 0; round < 100; round++) lane.add(removed("b"), performance.now());
  expect(lane.waiting).toBe(1);
  lane.add({ kind: "complete", containers: [] }, performance.now());
  expect(lane.waiting).toBe(1);
  lane.add(removed("c"), performance.now());
  writes[0]?.done();
  await vi.advanceTimersByTimeAsync(150);
  // A complete inventory stands for everything before it.
  expect(writes.map(({ ids }) => ids)).toEqual(["a", "c"]);
});

test("what was written is told with the time since the first report that it stands for", async () => {
  const { lane, writes, took } = rig();
  const at = performance.now();
  lane.add(removed("a"), at - 1000);
  await vi.advanceTimersByTimeAsync(2000);
  expect(took).toEqual([]);
  writes[0]?.done();
  await vi.advanceTimersByTimeAsync(0);
  expect(took).toEqual([3]);
  // All of them wait for the next write, and the complete inventory stands for the rest.
  lane.add(removed("b"), at + 1000);
  lane.add(removed("c"), at + 1500);
  lane.add(removed("b"), at + 2000);
  lane.add({ kind: "complete", containers: [] }, at + 2000);
  lane.add(removed("d"), at + 2000);
  await vi.advanceTimersByTimeAsync(6000);
  writes[1]?.done();
  await vi.advanceTimersByTimeAsync(0);
  expect(took).toEqual([3, 7, 6]);
});
