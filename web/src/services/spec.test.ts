import { expect, it } from "vitest";
import { hidesValues, parseSpec, specText, withValues } from "./spec.ts";

it("takes an object, or nothing", () => {
  expect(parseSpec('{"env": ["A=1"]}')).toEqual({ spec: { env: ["A=1"] } });
  expect(parseSpec("  ")).toEqual({ spec: null });
});

it("says what is wrong with anything else", () => {
  for (const text of ["{", "[]", "3", "null", '"x"']) {
    expect(parseSpec(text)).toHaveProperty("problem");
  }
});

it("shows what it reads", () => {
  const spec = { ports: { "80/tcp": [{ HostPort: "8080" }] } };
  expect(parseSpec(specText(spec))).toEqual({ spec });
  expect(specText(null)).toBe("");
});

it("knows whether it hides values, and shows them where they are known", () => {
  const spec = { Env: ["A=***", "B=mine", "NEW=***", "BARE"], User: "root" };
  expect(hidesValues(spec)).toBe(true);
  expect(withValues(spec, { A: "1=2", B: "theirs", constructor: "x" })).toEqual({
    Env: ["A=1=2", "B=mine", "NEW=***", "BARE"],
    User: "root",
  });
  for (const without of [
    null,
    {},
    { Env: ["A=1"] },
    { Env: "***" },
    { Cmd: ["***"] },
    { Env: ["A=b=***"] },
  ]) {
    expect(hidesValues(without)).toBe(false);
  }
  expect(withValues({ User: "root" }, { A: "1" })).toEqual({ User: "root" });
});
