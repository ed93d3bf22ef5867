import { describe, expect, test } from "vitest";
import { everywhere } from "../actor.ts";
import {
  hiddenRecorded,
  shownChange,
  variablesOf,
  withHiddenValues,
  withStoredValues,
} from "./hidden-values.ts";

test("a description keeps the names of its variables and nothing of their values", () => {
  const spec = { Env: ["A=1", "B=x=y", "BARE"], User: "root", env: { C: "2" } };
  expect(withHiddenValues(spec)).toEqual({
    Env: ["A=***", "B=***", "BARE=***"],
    User: "root",
    env: { C: "***" },
  });
  expect(withHiddenValues(null)).toBeNull();
});

describe("a change of a variable", () => {
  const operator = { roles: everywhere("operator") };
  const change = { origin: "plan", before: "secret", after: null };

  test("says that it changes, and whether it was or will be set", () => {
    const shown = (more: object) =>
      shownChange({ ...change, field: "Config.Env.A", ...more }, operator, "here");
    expect(shown({})).toEqual({
      field: "Config.Env.A",
      origin: "plan",
      before: "***",
      after: null,
    });
    expect(shown({ after: "x" })).toMatchObject({ before: "***", after: "*** (another value)" });
    expect(shown({ after: "secret" })).toMatchObject({ before: "***", after: "***" });
    expect(shown({ field: "Config.Env", after: ["A=b"] }).after).toEqual(["A=***"]);
    expect(shown({ field: "Config.User" }).before).toBe("secret");
    expect(shown({ field: "Config.Environment" }).before).toBe("secret");
  });

  test.each([
    ["image", "operator", "secret"],
    ["image", "viewer", "***"],
    ["kept", "admin", "***"],
    ["plan", "admin", "***"],
  ] as const)("of origin %s shows the role %s %s", (origin, role, before) => {
    const of = { ...change, field: "Config.Env.A", origin };
    expect(shownChange(of, { roles: everywhere(role) }, "here").before).toBe(before);
    const elsewhere = { roles: [...everywhere("viewer"), { environmentId: "there", role }] };
    expect(shownChange(of, elsewhere, "here").before).toBe("***");
  });
});

test("variables are read with their values, the last of one name, without those that have none", () => {
  expect(variablesOf({ Env: ["A=1", "B=x=y", "BARE", "E=", "A=2"] })).toEqual({
    A: "2",
    B: "x=y",
    E: "",
  });
  expect(variablesOf({ Env: ["__proto__=x"] })).toEqual(Object.fromEntries([["__proto__", "x"]]));
  expect([variablesOf(null), variablesOf({}), variablesOf({ Env: "A=1" })]).toEqual([{}, {}, {}]);
});

describe("a description that is written back with hidden values", () => {
  const stored = { Env: ["A=1", "B=x=y", "BARE", "A=2"], User: "root" };

  test("is what is stored, where nothing was changed", () => {
    const shown = withHiddenValues({ Env: ["A=1", "B=x=y", "BARE"] }) ?? {};
    expect(withStoredValues(shown, { Env: ["A=1", "B=x=y", "BARE"] }, null)).toEqual({
      spec: { Env: ["A=1", "B=x=y", "BARE"] },
    });
  });

  test("keeps values by their names, and takes those that were written", () => {
    const written = { Env: ["NEW=3", "B=***", "A=other", "NOT=****"], Cmd: ["***"] };
    expect(withStoredValues(written, stored, null)).toEqual({
      spec: { Env: ["NEW=3", "B=x=y", "A=other", "NOT=****"], Cmd: ["***"] },
    });
  });

  test("names those that have none", () => {
    expect(withStoredValues({ Env: ["A=***", "C=***", "D=***"] }, stored, null)).toEqual({
      missing: ["C", "D"],
    });
    expect(withStoredValues({ Env: ["A=***"] }, null, stored)).toEqual({ missing: ["A"] });
  });

  test("tells what was recorded from what is specified", () => {
    const recorded = { Env: ["A=recorded", "C=old"] };
    const shown = withHiddenValues(recorded, hiddenRecorded) ?? {};
    expect(shown).toEqual({ Env: ["A=*** (recorded)", "C=*** (recorded)"] });
    expect(withStoredValues(shown, stored, recorded)).toEqual({ spec: recorded });
    expect(withStoredValues({ Env: ["B=*** (recorded)"] }, stored, recorded)).toEqual({
      missing: ["B"],
    });
  });

  test("is never what only says that a value differs", () => {
    expect(withStoredValues({ Env: ["A=*** (another value)"] }, stored, stored)).toEqual({
      missing: ["A"],
    });
  });

  test("without variables stays without", () => {
    expect(withStoredValues({ User: "root" }, stored, null)).toEqual({ spec: { User: "root" } });
  });
});
