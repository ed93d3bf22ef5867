import { expect, test } from "vitest";
import { hiddenChange, seesValues, withHiddenValues } from "./hidden-values.ts";

test("operators see values, viewers do not", () => {
  expect((["viewer", "operator", "admin"] as const).map((role) => seesValues({ role }))).toEqual([
    false,
    true,
    true,
  ]);
});

test("a description keeps the names of its variables and nothing of their values", () => {
  const spec = { Env: ["A=1", "B=x=y", "BARE"], User: "root", env: { C: "2" } };
  expect(withHiddenValues(spec)).toEqual({
    Env: ["A=***", "B=***", "BARE=***"],
    User: "root",
    env: { C: "***" },
  });
  expect(withHiddenValues(null)).toBeNull();
});

test("a change of a variable says that it changes, and whether it was or will be set", () => {
  const change = { origin: "plan", before: "secret", after: null };
  expect(hiddenChange({ ...change, field: "Config.Env.PASSWORD" })).toEqual({
    field: "Config.Env.PASSWORD",
    origin: "plan",
    before: "***",
    after: null,
  });
  expect(hiddenChange({ ...change, field: "Config.Env.PASSWORD", after: "x" })).toMatchObject({
    before: "***",
    after: "*** (another value)",
  });
  expect(hiddenChange({ ...change, field: "Config.Env.PASSWORD", after: "secret" })).toMatchObject({
    before: "***",
    after: "***",
  });
  expect(hiddenChange({ ...change, field: "Config.Env", after: ["A=b"] }).after).toEqual(["A=***"]);
  expect(hiddenChange({ ...change, field: "Config.User" }).before).toBe("secret");
  expect(hiddenChange({ ...change, field: "Config.Environment" }).before).toBe("secret");
});
