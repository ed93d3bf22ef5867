import { describe, expect, it } from "vitest";
import { bytes, count, label, list, shortDigest } from "./wording.ts";

describe("bytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1_000, "1 kB"],
    [1_500_000_000, "1.5 GB"],
    [123_400_000, "123 MB"],
    [null, "unknown"],
  ])("%s", (size, text) => expect(bytes(size)).toBe(text));
});

it("shortens a digest to what people compare", () => {
  expect(shortDigest(`sha256:${"ab".repeat(32)}`)).toBe("abababababab");
});

it("counts in words", () => {
  expect(count(1, "service")).toBe("1 service");
  expect(count(12_000, "service")).toBe("12,000 services");
});

it("joins names and stops before the list is long", () => {
  expect(list([])).toBe("");
  expect(list(["a"])).toBe("a");
  expect(list(["a", "b", "c"])).toBe("a, b and c");
  expect(list(["a", "b", "c", "d", "e"])).toBe("a, b and 3 more");
});

it("writes codes as words", () => {
  expect(label("rolled_back")).toBe("Rolled back");
});
