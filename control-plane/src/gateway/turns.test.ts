import { expect, test } from "vitest";
import { type Turn, Turns } from "./turns.ts";

function line(atOnce: number) {
  const turns = new Turns(atOnce);
  const begun: string[] = [];
  const all = new Map<string, Turn>();
  return {
    begun,
    /** By name; its first letter is its network. */
    take: (name: string) =>
      void all.set(
        name,
        turns.take(name.charAt(0), () => begun.push(name)),
      ),
    over: (name: string) => all.get(name)?.over(),
  };
}

test("as many begin as may, and another one when one is over", () => {
  const { begun, take, over } = line(2);
  for (const name of ["a1", "b1", "c1", "d1"]) take(name);
  expect(begun).toEqual(["a1", "b1"]);
  over("b1");
  over("b1");
  expect(begun).toEqual(["a1", "b1", "c1"]);
  over("a1");
  expect(begun).toEqual(["a1", "b1", "c1", "d1"]);
});

test("networks take turns, and in each the last one that came begins first", () => {
  const { begun, take, over } = line(1);
  for (const name of ["a1", "a2", "a3", "a4", "b1", "b2"]) take(name);
  for (const name of ["a1", "a4", "b2", "a3", "b1", "a2"]) over(name);
  expect(begun).toEqual(["a1", "a4", "b2", "a3", "b1", "a2"]);
});

test("one that is no longer waited for never begins, and takes no other's turn", () => {
  const { begun, take, over } = line(1);
  for (const name of ["a1", "a2", "a3", "b1"]) take(name);
  over("a3");
  over("b1");
  over("a1");
  over("a2");
  take("c1");
  expect(begun).toEqual(["a1", "a2", "c1"]);
});
