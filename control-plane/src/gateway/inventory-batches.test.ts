import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Applied, InventoryChange, ReportedChanges } from "../inventory/inventory.ts";
import { inventoryBatches } from "./inventory-batches.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const removed = (count: number): InventoryChange[] =>
  Array.from({ length: count }, (_, at) => ({ kind: "removed", id: String(at) }));
const reported = (stream: string, count = 1): ReportedChanges => ({
  serverId: `server of ${stream}`,
  sessionId: stream,
  changes: removed(count),
});

/** @param failing what writing this stream's changes fails with */
function rig(failing: Record<string, Error> = {}) {
  const applied: string[] = [];
  const pending: (() => void)[] = [];
  const batches = inventoryBatches(async (all) => {
    applied.push(all.map(({ sessionId }) => sessionId).join(""));
    await new Promise<void>((resolve) => pending.push(resolve));
    for (const { sessionId } of all) {
      if (failing[sessionId]) throw failing[sessionId];
    }
    return new Map<string, Applied>(all.map(({ sessionId }) => [sessionId, sessionId.length]));
  });
  const finish = async (): Promise<void> => {
    pending.shift()?.();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { batches, applied, finish };
}

test("the first stream's changes are written at once, those of others that come meanwhile together", async () => {
  const { batches, applied, finish } = rig();
  const first = batches.write(reported("a"));
  const more = ["b", "c", "d"].map((stream) => batches.write(reported(stream)));
  expect(applied).toEqual(["a"]);
  await finish();
  expect((await first).applied).toBe(1);
  expect(applied).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(75);
  expect(applied).toEqual(["a", "bcd"]);
  await finish();
  expect((await Promise.all(more)).map((written) => written.applied)).toEqual([1, 1, 1]);
});

test("who waits for what was reported has it written without a rest", async () => {
  const { batches, applied, finish } = rig();
  void batches.write(reported("a"));
  void batches.write(reported("b"));
  await finish();
  expect(applied).toEqual(["a"]);
  batches.hurry();
  await vi.advanceTimersByTimeAsync(0);
  expect(applied).toEqual(["a", "b"]);
  void batches.write(reported("c"));
  batches.hurry();
  await finish();
  expect(applied).toEqual(["a", "b", "c"]);
});

// However many turns of promises lie between.
test.each(Array.from({ length: 12 }, (_, turns) => turns))(
  "what a stream reports %i turns after its last changes were written is written, too",
  async (turns) => {
    const { batches, applied, finish } = rig();
    const again = batches.write(reported("a")).then(async () => {
      for (let turn = 0; turn < turns; turn++) await null;
      return batches.write(reported("b"));
    });
    batches.hurry();
    await finish();
    await vi.advanceTimersByTimeAsync(75);
    expect(applied).toEqual(["a", "b"]);
    await finish();
    expect((await again).applied).toBe(1);
  },
);

test("a stream that reports much is written alone, and nobody waits for it", async () => {
  const { batches, applied } = rig();
  void batches.write(reported("large", 101));
  void batches.write(reported("a"));
  await vi.advanceTimersByTimeAsync(0);
  expect(applied.toSorted()).toEqual(["a", "large"]);
});

test("no more is written together than is soon written, and the rest without a pause", async () => {
  const { batches, applied, finish } = rig();
  void batches.write(reported("-"));
  for (let stream = 0; stream < 300; stream++) void batches.write(reported("s"));
  await finish();
  await vi.advanceTimersByTimeAsync(75);
  await finish();
  await vi.advanceTimersByTimeAsync(75);
  expect(applied.map((streams) => streams.length)).toEqual([1, 250, 50]);
  const containers = rig();
  void containers.batches.write(reported("-"));
  for (let stream = 0; stream < 8; stream++) void containers.batches.write(reported("s", 100));
  await containers.finish();
  await vi.advanceTimersByTimeAsync(75);
  expect(containers.applied).toEqual(["-", "sssss"]);
});

test("what cannot be written fails alone", async () => {
  const { batches, applied, finish } = rig({ b: new Error("unusable") });
  void batches.write(reported("-"));
  const [a, b, c] = ["a", "b", "c"].map((stream) => batches.write(reported(stream)));
  const failure = expect(b).rejects.toThrow("unusable");
  await finish();
  await vi.advanceTimersByTimeAsync(75);
  for (let write = 0; write < 4; write++) await finish();
  await failure;
  expect((await Promise.all([a, c])).map((written) => written?.applied)).toEqual([1, 1]);
  expect(applied).toEqual(["-", "abc", "a", "b", "c"]);
});

test("while the database is away nothing is tried in smaller parts", async () => {
  const away = Object.assign(new Error("closed"), { code: "CONNECTION_CLOSED" });
  const { batches, applied, finish } = rig({ a: away });
  void batches.write(reported("-"));
  const all = ["a", "b"].map((stream) => batches.write(reported(stream)));
  const failures = Promise.all(all.map((each) => expect(each).rejects.toBe(away)));
  await finish();
  await vi.advanceTimersByTimeAsync(75);
  await finish();
  await failures;
  expect(applied).toEqual(["-", "ab"]);
});
