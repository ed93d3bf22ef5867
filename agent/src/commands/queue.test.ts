import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Lane } from "./lanes.ts";
import { CommandQueue, type Held, holdAll } from "./queue.ts";

/** A queue whose tasks run until the test ends them. */
function bench(limits = { change: 4, pull: 4, watch: 4 }) {
  const queue = new CommandQueue(() => limits);
  const running = new Map<string, () => void>();
  const log: string[] = [];
  const task = (id: string) => ({
    id,
    run: () =>
      new Promise<void>((resolve) => {
        log.push(id);
        running.set(id, resolve);
      }),
  });
  return {
    queue,
    log,
    running: () => [...running.keys()],
    add: (id: string, lane: Lane, ...locks: string[]) => queue.add({ ...task(id), lane, locks }),
    addAlone: (id: string, lane: Lane) => queue.add({ ...task(id), lane, locks: [], alone: true }),
    async end(id: string) {
      running.get(id)?.();
      running.delete(id);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe("the queue", () => {
  test("limits the changes that run in parallel, and runs pulls beside them", () => {
    const { add, running } = bench({ change: 2, pull: 1, watch: 4 });
    add("a", "change", "a");
    add("b", "change", "b");
    add("c", "change", "c");
    add("p", "pull");
    add("q", "pull");
    expect(running()).toEqual(["a", "b", "p"]);
  });

  test("runs what wants its lane for itself when the lane is empty, and others after it", async () => {
    const { add, addAlone, running, end } = bench();
    add("first pull", "pull");
    addAlone("prune", "pull");
    add("second pull", "pull");
    add("change", "change", "web");
    expect(running()).toEqual(["first pull", "second pull", "change"]);
    await end("first pull");
    expect(running()).toEqual(["second pull", "change"]);
    await end("second pull");
    expect(running()).toEqual(["change", "prune"]);
    add("third pull", "pull");
    expect(running()).toEqual(["change", "prune"]);
    await end("prune");
    expect(running()).toEqual(["change", "third pull"]);
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

  test("keeps the order on a container, also where a task only waits for a slot", async () => {
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

  test("a waiting task can be removed, and no longer delays those behind it", async () => {
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

  test("once closed it starts no task, and resolves when the running ones are done", async () => {
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

  test("for any tasks: never two on a container, order and limits are kept, all are done", async () => {
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

describe("a task that needs more containers than it began with", () => {
  /** Tasks that record their locks as soon as they have all of them, and end when the test says so. */
  function bench(limits = { change: 4, pull: 4, watch: 4 }) {
    const queue = new CommandQueue(() => limits);
    const holding = new Map<string, readonly string[]>();
    const ends = new Map<string, () => void>();
    const settle = () => new Promise((resolve) => setImmediate(resolve));
    return {
      queue,
      holding: () => Object.fromEntries(holding),
      settle,
      add(id: string, first: string[], all: string[], signal?: AbortSignal): Promise<void> {
        const ended = new Promise<void>((resolve) => ends.set(id, resolve));
        return new Promise((resolve, reject) => {
          const run = async (held: Held): Promise<void> => {
            try {
              await holdAll(
                held,
                async () => all,
                (names) => names,
                signal,
              );
              holding.set(id, held.names);
              await ended;
              resolve();
            } catch (error) {
              reject(error);
            } finally {
              holding.delete(id);
            }
          };
          queue.add({ id, lane: "change", locks: first, run });
        });
      },
      async end(id: string) {
        ends.get(id)?.();
        await settle();
      },
    };
  }

  test("locks all of them at once, and runs before tasks that were added after it", async () => {
    const { add, holding, end, settle } = bench();
    void add("app", ["app"], ["app"]);
    void add("vpn", ["vpn"], ["vpn", "app"]);
    void add("later", ["app"], ["app"]);
    await settle();
    expect(holding()).toEqual({ app: ["app"] });
    await end("app");
    expect(holding()).toEqual({ vpn: ["vpn", "app"] });
    await end("vpn");
    expect(holding()).toEqual({ later: ["app"] });
  });

  test("releases its locks and its slot while it waits, so that there is no deadlock", async () => {
    const { add, holding, end, settle } = bench({ change: 1, pull: 1, watch: 1 });
    void add("1", ["a"], ["a", "b"]);
    void add("2", ["b"], ["b", "a"]);
    await settle();
    expect(Object.keys(holding())).toHaveLength(1);
    const [first = ""] = Object.keys(holding());
    await end(first);
    expect(Object.keys(holding())).toEqual([first === "1" ? "2" : "1"]);
  });

  test("stops waiting when it is cancelled, and no longer delays the others", async () => {
    const { add, holding, end, settle } = bench();
    const cancel = new AbortController();
    void add("app", ["app"], ["app"]);
    const vpn = add("vpn", ["vpn"], ["vpn", "app"], cancel.signal);
    void add("other", ["vpn"], ["vpn"]);
    await settle();
    cancel.abort(new Error("cancelled"));
    await expect(vpn).rejects.toThrow("cancelled");
    await settle();
    expect(holding()).toEqual({ app: ["app"], other: ["vpn"] });
    await end("app");
    expect(holding()).toEqual({ other: ["vpn"] });
  });

  test("cannot be removed from the queue, as it has started", async () => {
    const { queue, add, settle } = bench();
    void add("app", ["app"], ["app"]);
    void add("vpn", ["vpn"], ["vpn", "app"]);
    await settle();
    expect(queue.remove("vpn")).toBe(false);
  });

  test("looks again after it has waited, as it may need more by then", async () => {
    const queue = new CommandQueue(() => ({ change: 4, pull: 4, watch: 4 }));
    const looks = [
      ["a", "b"],
      ["a", "b", "c"],
      ["a", "b", "c"],
    ];
    let seen = 0;
    const names = await new Promise<readonly string[]>((resolve) => {
      const run = async (held: Held): Promise<void> => {
        const look = async () => looks[seen++] ?? [];
        await holdAll(held, look, (needed) => needed);
        resolve(held.names);
      };
      queue.add({ id: "1", lane: "change", locks: ["a"], run });
    });
    expect(names).toEqual(["a", "b", "c"]);
    expect(seen).toBe(3);
  });
});
