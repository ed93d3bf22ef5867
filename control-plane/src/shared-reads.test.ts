import { expect, test } from "vitest";
import { SharedReads } from "./shared-reads.ts";

/** Readings that end when they are told to. */
function readings() {
  const ends: ((text: string) => void)[] = [];
  const fails: ((error: Error) => void)[] = [];
  const make = () =>
    new Promise<string>((resolve, reject) => {
      ends.push(resolve);
      fails.push(reject);
    });
  return { ends, fails, make };
}

test("who comes while something is read shares the next reading", async () => {
  const reads = new SharedReads<string>();
  const { ends, make } = readings();
  const first = reads.read("a", make);
  const second = reads.read("a", make);
  const third = reads.read("a", make);
  expect(ends).toHaveLength(1);
  ends[0]?.("one");
  expect(await first).toBe("one");
  await expect.poll(() => ends.length).toBe(2);
  const fourth = reads.read("a", make);
  ends[1]?.("two");
  expect(await Promise.all([second, third])).toEqual(["two", "two"]);
  await expect.poll(() => ends.length).toBe(3);
  ends[2]?.("three");
  expect(await fourth).toBe("three");
});

test("something else is read at the same time", async () => {
  const reads = new SharedReads<string>();
  const { ends, make } = readings();
  const answers = [reads.read("a", make), reads.read("b", make)];
  expect(ends).toHaveLength(2);
  for (const [at, end] of ends.entries()) end(String(at));
  expect(await Promise.all(answers)).toEqual(["0", "1"]);
});

test("what fails does so for those who wait for it, and is tried for the next", async () => {
  const reads = new SharedReads<string>();
  const { ends, fails, make } = readings();
  const first = reads.read("a", make);
  const second = reads.read("a", make);
  fails[0]?.(new Error("away"));
  await expect(first).rejects.toThrow("away");
  await expect.poll(() => ends.length).toBe(2);
  ends[1]?.("back");
  expect(await second).toBe("back");
});

test("nothing is kept of what has ended", async () => {
  const reads = new SharedReads<string>();
  const { ends, make } = readings();
  for (const text of ["one", "two"]) {
    const answer = reads.read("a", make);
    ends.at(-1)?.(text);
    expect(await answer).toBe(text);
  }
});
