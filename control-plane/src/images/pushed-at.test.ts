import { expect, test } from "vitest";
import { pushedAt } from "./pushed-at.ts";

const firstSeen = Date.parse("2026-06-01T00:00:00Z");
const at = (text: string) => Date.parse(text);

test.each([
  ["the registry's word", at("2026-05-01"), at("2026-04-01"), at("2026-05-01")],
  ["the build", null, at("2026-04-01"), at("2026-04-01")],
  ["first seen", null, null, firstSeen],
  ["not 1970", null, 0, firstSeen],
  ["not the epoch of zip files", null, at("1980-01-01"), firstSeen],
  ["not the year 1", null, at("0001-01-01T00:00:00Z"), firstSeen],
  ["not the future", null, at("2036-01-01"), firstSeen],
  ["not a registry's nonsense", 0, at("2026-04-01"), at("2026-04-01")],
])("%s", (_name, registry, created, wanted) => {
  expect(pushedAt({ registry, created, firstSeen })).toBe(wanted);
});
