import { expect, test } from "vitest";
import { pushedAt } from "./pushed-at.ts";

const now = Date.parse("2026-06-01T00:00:00Z");
const at = (text: string) => Date.parse(text);

test.each([
  ["the registry's word", at("2026-05-01"), at("2026-04-01"), at("2026-05-01")],
  ["the build", null, at("2026-04-01"), at("2026-04-01")],
  ["nothing", null, null, null],
  ["not 1970", null, 0, null],
  ["not the epoch of zip files", null, at("1980-01-01"), null],
  ["not the year 1", null, at("0001-01-01T00:00:00Z"), null],
  ["not the future", null, at("2036-01-01"), null],
  ["not a registry's nonsense", 0, at("2026-04-01"), at("2026-04-01")],
])("%s", (_name, registry, created, wanted) => {
  expect(pushedAt({ registry, created, now })).toBe(wanted);
});
