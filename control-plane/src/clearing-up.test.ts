import { expect, test } from "vitest";
import { clearingUp, clearUpAll } from "./clearing-up.ts";

test("clears up once, after the work or in the middle of it, what was begun last first", async () => {
  const order: string[] = [];
  const clear = (name: string) => () => void order.push(name);
  expect(await clearingUp(clear("whole"), async () => 1)).toBe(1);
  await expect(
    clearingUp(clear("failed"), () => Promise.reject(new Error("of the work"))),
  ).rejects.toThrow("of the work");
  await clearingUp(clear("outer"), () =>
    clearingUp(
      () => {
        order.push("inner");
        throw new Error("cannot");
      },
      () => clearUpAll(),
    ),
  );
  expect(order).toEqual(["whole", "failed", "inner", "outer"]);
});
