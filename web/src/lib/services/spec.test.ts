import { expect, it } from "vitest";
import { parseSpec, specText } from "./spec.ts";

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
