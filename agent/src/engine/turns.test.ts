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
