import { expect, test } from "vitest";
import { Problem } from "../problem.ts";
import { requireRecent } from "./signed-time.ts";

const now = 1_700_000_000_000;

function codeOf(headers: Record<string, string>): string | null {
  const sent = new Headers(headers);
  try {
    requireRecent({ header: (name) => sent.get(name) ?? undefined, query: "" }, now);
    return null;
  } catch (error) {
    return error instanceof Problem ? error.code : "?";
  }
}

test.each([
  ["1700000000", null],
  ["1699999700", null],
  ["1700000300", null],
  ["1699999699", "stale_timestamp"],
  ["1700000301", "stale_timestamp"],
  ["0", "stale_timestamp"],
  ["999999999999", "stale_timestamp"],
  ["1700000000000", "bad_timestamp"],
  ["-1700000000", "bad_timestamp"],
  ["1.7e9", "bad_timestamp"],
  ["2023-11-14T22:13:20Z", "bad_timestamp"],
  ["", "bad_timestamp"],
])("a time that was signed: %j: %s", (timestamp, code) => {
  expect(codeOf({ "X-Webhook-Delivery": "d-1", "X-Webhook-Timestamp": timestamp })).toBe(code);
});

test.each([
  ["run-17_b", null],
  ["", "bad_delivery_id"],
  ["a.b", "bad_delivery_id"],
  ["x".repeat(201), "bad_delivery_id"],
])("with a delivery called %j: %s", (id, code) => {
  const timestamp = { "X-Webhook-Timestamp": "1700000000" };
  expect(codeOf(id === "" ? timestamp : { ...timestamp, "X-Webhook-Delivery": id })).toBe(code);
});

test("what was signed without a time is as it was", () => {
  expect(codeOf({ "X-Webhook-Delivery": "a.b" })).toBeNull();
});
