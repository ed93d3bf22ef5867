import { expect, it } from "vitest";
import { platformOf } from "./inspection.ts";

it.each([
  [{ Os: "linux", Architecture: "arm", Variant: "v7" }, "linux/arm/v7"],
  [{ Os: "linux", Architecture: "arm64", Variant: "" }, "linux/arm64"],
  [{ Os: "", Architecture: "", Variant: "" }, "linux/amd64"],
  [{}, "linux/amd64"],
])("the platform of an image that says %j is %s", (image, platform) => {
  expect(platformOf(image)).toBe(platform);
});
