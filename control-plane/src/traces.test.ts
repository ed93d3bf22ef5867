import { expect, test } from "vitest";
import { derivedId, readParent, writtenParent } from "./traces.ts";

test("a parent is read as it was written", () => {
  for (const sampled of [true, false]) {
    const parent = { traceId: "a".repeat(32), spanId: "b".repeat(16), sampled };
    expect(readParent(writtenParent(parent))).toEqual(parent);
  }
});

test("ids follow from what they are of", () => {
  expect(derivedId.span("step 1")).toBe(derivedId.span("step 1"));
  expect(derivedId.span("step 1")).not.toBe(derivedId.span("step 2"));
  expect(derivedId.trace("1")).toMatch(/^[0-9a-f]{32}$/);
});
