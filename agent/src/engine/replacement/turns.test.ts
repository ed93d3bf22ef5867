import { expect, it } from "vitest";
import { Turns } from "./turns.ts";

it("gives a container to one at a time, and to everybody in the end", async () => {
  const turns = new Turns();
  const held = new Set<string>();
  let uses = 0;
  const use = async (names: string[]): Promise<void> => {
    const release = await turns.take(names);
    for (const name of names) {
      expect(held.has(name)).toBe(false);
      held.add(name);
    }
    for (let step = 0; step < 5; step += 1) await Promise.resolve();
    for (const name of names) held.delete(name);
    uses += 1;
    release();
  };
  await Promise.all([use(["a", "b"]), use(["b"]), use(["c"]), use(["b", "a"]), use(["c", "a"])]);
  expect(uses).toBe(5);
});

it("may be taken again after it was released", async () => {
  const turns = new Turns();
  (await turns.take(["a"]))();
  (await turns.take(["a", "a"]))();
  await expect(turns.take(["a"])).resolves.toBeTypeOf("function");
});

it("gives all of a set at once: a provider and its dependent's provider do not wait for each other", async () => {
  const turns = new Turns();
  const done: string[] = [];
  // Each first looks who depends on it, with its own turn only, and then asks for all.
  const deploy = async (name: string, dependents: string[]): Promise<void> => {
    (await turns.take([name]))();
    const release = await turns.take([name, ...dependents]);
    await Promise.resolve();
    done.push(name);
    release();
  };
  await Promise.all([deploy("base", ["app", "mid"]), deploy("mid", ["app"])]);
  expect(done.toSorted()).toEqual(["base", "mid"]);
});

it("keeps the order on each container, and lets those pass who want others", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const release = await turns.take(["a"]);
  const both = turns.take(["a", "b"]).then((end) => {
    order.push("a and b");
    end();
  });
  const late = turns.take(["b"]).then((end) => {
    order.push("b");
    end();
  });
  (await turns.take(["c"]))();
  expect(order).toEqual([]);
  release();
  await Promise.all([both, late]);
  expect(order).toEqual(["a and b", "b"]);
});

it("is not waited for any longer once the signal is aborted, and then others pass", async () => {
  const turns = new Turns();
  const release = await turns.take(["a"]);
  const abort = new AbortController();
  const given = turns.take(["a", "b"], abort.signal);
  const behind = turns.take(["b"]);
  abort.abort(new Error("cancelled"));
  await expect(given).rejects.toThrow("cancelled");
  (await behind)();
  release();
  (await turns.take(["a", "b"]))();
  await expect(turns.take(["a"], abort.signal)).rejects.toThrow("cancelled");
});
