import { expect, test } from "vitest";
import { connectEngine } from "./client.ts";
import { sharedLook } from "./shared-look.ts";

/** A look that the test answers, and how often it was begun. */
function scripted() {
  const begun: { answer(value: string): void; fail(error: Error): void }[] = [];
  const look = (): Promise<string> =>
    new Promise((resolve, reject) => begun.push({ answer: resolve, fail: reject }));
  return { begun, look };
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("those that ask during a look are all answered by one that begins afterwards", async () => {
  const engine = connectEngine("unix:///none");
  const { begun, look } = scripted();
  const first = sharedLook(engine, "list", look);
  const second = sharedLook(engine, "list", look);
  const third = sharedLook(engine, "list", look);
  expect(begun).toHaveLength(1);
  begun[0]?.answer("before");
  expect(await first).toBe("before");
  await settle();
  expect(begun).toHaveLength(2);
  const fourth = sharedLook(engine, "list", look);
  begun[1]?.answer("after");
  expect(await Promise.all([second, third])).toEqual(["after", "after"]);
  await settle();
  begun[2]?.answer("last");
  expect(await fourth).toBe("last");
  const fifth = sharedLook(engine, "list", look);
  expect(begun).toHaveLength(4);
  begun[3]?.answer("alone");
  expect(await fifth).toBe("alone");
});

test("a look that fails fails for those that it was for", async () => {
  const engine = connectEngine("unix:///none");
  const { begun, look } = scripted();
  const first = sharedLook(engine, "list", look);
  const second = sharedLook(engine, "list", look);
  begun[0]?.fail(new Error("gone"));
  await expect(first).rejects.toThrow("gone");
  await settle();
  begun[1]?.answer("here");
  expect(await second).toBe("here");
});

test("looks at other things, and of other engines, do not wait", async () => {
  const { begun, look } = scripted();
  const engine = connectEngine("unix:///none");
  void sharedLook(engine, "a", look);
  void sharedLook(engine, "b", look);
  void sharedLook(connectEngine("unix:///other"), "a", look);
  expect(begun).toHaveLength(3);
});
