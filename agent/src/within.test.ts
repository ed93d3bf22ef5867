import { expect, test } from "vitest";
import { within } from "./within.ts";

test("gives what the work gives, or `late` after the timeout", async () => {
  expect(await within(60_000, Promise.resolve("done"))).toBe("done");
  await expect(within(60_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await within(1, new Promise(() => undefined))).toBe("late");
});
