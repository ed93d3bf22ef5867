import { setImmediate } from "node:timers/promises";
import { expect, test } from "vitest";
import { activity, concerns, during } from "./activity.ts";

test("what is done is known in all that it awaits, and nowhere else", async () => {
  const seen = await Promise.all(
    ["one", "two"].map((planId) =>
      during({ planId }, async () => {
        await setImmediate();
        return during({ serverId: "s" }, async () => {
          await setImmediate();
          return activity();
        });
      }),
    ),
  );
  expect(seen).toEqual([
    { planId: "one", serverId: "s" },
    { planId: "two", serverId: "s" },
  ]);
  expect(activity()).toEqual({});
});

test("what becomes known later is known to what began before", async () => {
  await during({ requestId: "r" }, async () => {
    await setImmediate().then(() => concerns({ planId: "p" }));
    expect(activity()).toEqual({ requestId: "r", planId: "p" });
  });
  concerns({ planId: "nobody's" });
  expect(activity()).toEqual({});
});

test("a copy is given", () => {
  during({ planId: "p" }, () => {
    Object.assign(activity(), { planId: "changed" });
    expect(activity()).toEqual({ planId: "p" });
  });
});
