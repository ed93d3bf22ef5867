import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CommandQueue, type Lane } from "./queue.ts";

/** A queue whose tasks run until they are told to end. */
function bench(limits = { change: 4, pull: 4, watch: 4 }) {
  const queue = new CommandQueue(limits);
  const running = new Map<string, () => void>();
  const log: string[] = [];
  return {
    queue,
    log,
    running: () => [...running.keys()],
    add: (id: string, lane: Lane, ...locks: string[]) =>
      queue.add({
        id,
        lane,
        locks,
        run: () =>
          new Promise((resolve) => {
            log.push(id);
            running.set(id, resolve);
          }),
      }),
    async end(id: string) {
      running.get(id)?.();
      running.delete(id);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("the queue", () => {
  test("runs at most so many changes, and pulls beside them", () => {
    const { add, running } = bench({ change: 2, pull: 1, watch: 4 });
    add("a", "change", "a");
    add("b", "change", "b");
    add("c", "change", "c");
    add("p", "pull");
    add("q", "pull");
    expect(running()).toEqual(["a", "b", "p"]);
  });

  test("runs one at a time for each container, in order", async () => {
    const { add, running, end } = bench();
    add("1", "change", "web");
    add("2", "change", "web");
    add("3", "change", "web");
    expect(running()).toEqual(["1"]);
    await end("1");
    expect(running()).toEqual(["2"]);
    await end("2");
    expect(running()).toEqual(["3"]);
  });

  test("lets nothing overtake on a container, even if only the slots are missing", async () => {
    const { add, running, end, log } = bench({ change: 1, pull: 1, watch: 4 });
    add("1", "change", "other");
    add("2", "change", "web");
    add("3", "watch", "web");
    expect(running()).toEqual(["1"]);
    await end("1");
    await end("2");
    expect(log).toEqual(["1", "2", "3"]);
  });

  test("a command for two containers waits for both and holds both", async () => {
    const { add, running, end } = bench();
    add("1", "change", "a");
    add("2", "change", "a", "b");
    add("3", "change", "b");
    expect(running()).toEqual(["1"]);
    await end("1");
    expect(running()).toEqual(["2"]);
    await end("2");
    expect(running()).toEqual(["3"]);
  });

  test("a waiting task can be taken out, and lets those behind it pass", async () => {
    const { queue, add, running, end } = bench();
    add("1", "change", "a");
    add("2", "change", "a", "b");
    add("3", "change", "b");
    expect(queue.remove("2")).toBe(true);
    expect(running()).toEqual(["1", "3"]);
    expect(queue.remove("1")).toBe(false);
    await end("1");
    expect(running()).toEqual(["3"]);
  });

  test("once closed it starts nothing, and is done when what runs is", async () => {
    const { queue, add, running, end } = bench();
    add("1", "change", "a");
    add("2", "change", "a");
    let closed = false;
    const done = queue.close().then(() => {
      closed = true;
    });
    expect(closed).toBe(false);
    await end("1");
    await done;
    expect(running()).toEqual([]);
  });

  test("whatever comes: no two at once on a container, order kept, limits kept, all done", async () => {
    const lanes: Lane[] = ["change", "pull", "watch"];
    const task = fc.record({
      lane: fc.constantFrom(...lanes),
      locks: fc.uniqueArray(fc.constantFrom("a", "b", "c"), { maxLength: 2 }),
    });
    const limits = { change: 2, pull: 1, watch: 2 };
    await fc.assert(
      fc.asyncProperty(fc.array(task, { maxLength: 15 }), fc.nat(), async (tasks, seed) => {
        const { add, running, end, log } = bench(limits);
        for (const [i, { lane, locks }] of tasks.entries()) add(String(i), lane, ...locks);
        const of = (id: string) => tasks[Number(id)] ?? { lane: "change" as const, locks: [] };
        while (running().length > 0) {
          const held = running().flatMap((id) => of(id).locks);
          expect(new Set(held).size).toBe(held.length);
          for (const lane of lanes) {
            const used = running().filter((id) => of(id).lane === lane).length;
            expect(used).toBeLessThanOrEqual(limits[lane]);
          }
          await end(running()[seed % running().length] ?? "");
        }
        expect(log).toHaveLength(tasks.length);
        for (const lock of ["a", "b", "c"]) {
          const order = log.filter((id) => of(id).locks.some((one) => one === lock)).map(Number);
          expect(order).toEqual([...order].sort((x, y) => x - y));
        }
      }),
      { numRuns: 60 },
    );
  });
});
