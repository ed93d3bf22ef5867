import { describe, expect, it } from "vitest";
import type { Hooks } from "$lib/api/model.ts";
import {
  type Hook,
  hookFacts,
  withChangedHook,
  withHook,
  withMovedHook,
  withoutHook,
} from "./hooks.ts";

const hook = (name: string, more: Partial<Hook> = {}): Hook => ({
  ...{ name, url: `https://${name}.test/`, method: "POST", headers: {}, body: null },
  ...{ timeoutMs: 10_000, ...more },
});
const hooks: Hooks = { before: [hook("a"), hook("b"), hook("c")], after: [hook("a")] };
const names = ({ before, after }: Hooks) =>
  [before, after].map((list) => list.map(({ name }) => name).join(""));
const b = { moment: "before", name: "b" } as const;

describe("a change of one hook", () => {
  it("leaves all others where they are", () => {
    expect(names(withHook(hooks, "after", hook("d")))).toEqual(["abc", "ad"]);
    expect(names(withChangedHook(hooks, b, hook("x")))).toEqual(["axc", "a"]);
    expect(names(withoutHook(hooks, b))).toEqual(["ac", "a"]);
    expect(names(withoutHook(hooks, { moment: "after", name: "a" }))).toEqual(["abc", ""]);
    expect(names(hooks)).toEqual(["abc", "a"]);
  });
  it("moves it by one place, and not past the ends", () => {
    expect(names(withMovedHook(hooks, b, "earlier"))).toEqual(["bac", "a"]);
    expect(names(withMovedHook(hooks, b, "later"))).toEqual(["acb", "a"]);
    expect(names(withMovedHook(hooks, { ...b, name: "a" }, "earlier"))).toEqual(["abc", "a"]);
    expect(names(withMovedHook(hooks, { ...b, name: "c" }, "later"))).toEqual(["abc", "a"]);
  });
  it("is refused where somebody has removed it meanwhile", () => {
    const gone = { moment: "after", name: "b" } as const;
    expect(() => withoutHook(hooks, gone)).toThrow("The hook b is no longer there");
    expect(() => withMovedHook(hooks, gone, "later")).toThrow("no longer there");
    expect(() => withChangedHook(hooks, gone, hook("b"))).toThrow("no longer there");
  });
});

it("says in short what is called", () => {
  expect(hookFacts(hook("a"))).toBe("POST a.test, 10 s at most");
  const full = {
    method: "PUT",
    headers: { A: "***", B: "***" },
    body: "x",
    timeoutMs: 500,
  } as const;
  expect(hookFacts(hook("a", full))).toBe(
    "PUT a.test, 500 ms at most, 2 headers, a body of its own",
  );
});
