import { expect, test } from "vitest";
import { canonicalPlatform, commonPlatform } from "./server-platform.ts";

test.each([
  ["linux/x86_64", "linux/amd64"],
  ["linux/aarch64", "linux/arm64"],
  ["linux/armv7l", "linux/arm/v7"],
  ["linux/arm64/v8", "linux/arm64"],
  ["linux/amd64", "linux/amd64"],
  ["linux/riscv64", "linux/riscv64"],
])("%s is %s", (engine, image) => {
  expect(canonicalPlatform(engine)).toBe(image);
});

test("most servers decide, and linux/amd64 where none is known", () => {
  expect(commonPlatform([])).toBe("linux/amd64");
  expect(commonPlatform(["linux/aarch64", "linux/x86_64", "linux/arm64"])).toBe("linux/arm64");
});
