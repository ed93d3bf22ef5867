import { describe, expect, it } from "vitest";
import { leaps, shortcutOf } from "./shortcuts.ts";

const press = (key: string, more = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  ...more,
});
const calm = { typing: false, covered: false, prefixed: false, single: true };

describe("shortcutOf", () => {
  it("opens the palette anywhere, also while the user types", () => {
    const typing = { ...calm, typing: true, single: false };
    expect(shortcutOf(press("k", { ctrlKey: true }), typing)).toEqual({ kind: "palette" });
    expect(shortcutOf(press("K", { metaKey: true }), calm)).toEqual({ kind: "palette" });
  });
  it("goes to a place after g", () => {
    expect(shortcutOf(press("g"), calm)).toEqual({ kind: "prefix" });
    expect(shortcutOf(press("s"), { ...calm, prefixed: true })).toEqual({
      kind: "go",
      path: "services",
    });
    expect(shortcutOf(press("s"), calm)).toBeNull();
    expect(shortcutOf(press("x"), { ...calm, prefixed: true })).toBeNull();
  });
  it("leaves single keys to fields, dialogs and those who turned them off", () => {
    expect(shortcutOf(press("?"), calm)).toEqual({ kind: "help" });
    expect(shortcutOf(press("/"), calm)).toEqual({ kind: "search" });
    for (const situation of [{ typing: true }, { covered: true }, { single: false }]) {
      expect(shortcutOf(press("?"), { ...calm, ...situation })).toBeNull();
    }
  });
  it("leaves what the browser and the system use alone", () => {
    expect(shortcutOf(press("g", { ctrlKey: true }), calm)).toBeNull();
    expect(shortcutOf(press("/", { altKey: true }), calm)).toBeNull();
  });
});

it("gives each place a key of its own", () => {
  expect(new Set(leaps.map(({ key }) => key)).size).toBe(leaps.length);
  expect(leaps.map(({ key }) => key)).not.toContain("g");
});
