import { expect, test } from "vitest";
import { fittingPlatform, platformFits } from "./platforms.ts";

test.each([
  ["linux/amd64", "linux/amd64", true],
  ["linux/arm64/v8", "linux/arm64", true],
  ["linux/arm64", "linux/arm64/v8", true],
  ["linux/arm64", "linux/amd64", false],
  ["linux/386", "linux/amd64", true],
  ["linux/amd64", "linux/386", false],
  ["linux/arm", "linux/arm/v7", true],
  ["linux/arm/v6", "linux/arm/v7", true],
  ["linux/arm/v7", "linux/arm/v6", false],
  ["linux/arm/v7", "linux/arm64", true],
  ["linux/arm64", "linux/arm", false],
  ["windows/amd64", "linux/amd64", false],
])("an image for %s runs on %s: %s", (image, machine, runs) => {
  expect(platformFits(image, machine)).toBe(runs);
});

test.each([
  ["linux/arm64", ["linux/arm/v7", "linux/arm64"], "linux/arm64"],
  ["linux/arm64", ["linux/arm/v6", "linux/arm/v7", "linux/amd64"], "linux/arm/v7"],
  ["linux/arm/v7", ["linux/arm/v5", "linux/arm/v6", "linux/arm64"], "linux/arm/v6"],
  ["linux/arm/v6", ["linux/arm", "linux/arm/v5"], "linux/arm/v5"],
  ["linux/amd64", ["linux/386", "linux/amd64"], "linux/amd64"],
  ["linux/amd64", ["linux/386"], "linux/386"],
  ["linux/s390x", ["linux/386", "linux/amd64"], null],
  ["linux/amd64", [], null],
])("on %s, %j gives %s", (machine, platforms, best) => {
  const images = platforms.map((platform) => ({ platform }));
  expect(fittingPlatform(images, machine)?.platform ?? null).toBe(best);
});
